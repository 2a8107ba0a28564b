import Blackbox
import Model
import Server
import Synchronization
import TestSupport
import Testing

@Suite("The endpoints of curlew blackbox")
struct BlackboxServerTests {
  private static let failure = ProbeFailure(.timeout, during: .connect, "too slow")

  private static func probing(_ targets: String..., limit: Int, by fixture: BlackboxFixture = flaky()) async throws
    -> String
  {
    try await fixture.serving(settings: .init(historyLimit: limit)) { client async throws in
      for target in targets { _ = try await client.get("/probe?target=\(target)") }
      return try await client.get("/").text
    }
  }

  /// Targets that begin with "down" fail.
  private static func flaky() -> BlackboxFixture {
    BlackboxFixture { request, _, _ in
      BlackboxFixture.report(failure: request.target.hasPrefix("down") ? failure : nil)
    }
  }

  @Test("the landing page shows the last probes, newest first, with what they were asked for as text")
  func landingPage() async throws {
    let page = try await Self.probing("up", "down%3Cscript%3E", limit: 10)
    #expect(page.contains("<bdi>down&lt;script&gt;</bdi>"))
    #expect(!page.contains("<script"))
    let first = try #require(page.firstRange(of: "down&lt;"))
    let second = try #require(page.firstRange(of: "<bdi>up</bdi>"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(page.contains("href=\"/logs?id=1\""))
    #expect(page.contains("Failure</strong>"))
  }

  @Test("failures outlive the results that push them out")
  func preservedFailures() async throws {
    let page = try await Self.probing("down1", "down2", "a", "b", "c", limit: 2)
    for target in ["down1", "down2", "b", "c"] { #expect(page.contains("<bdi>\(target)</bdi>")) }
    #expect(!page.contains("<bdi>a</bdi>"))
  }

  @Test("a history without room keeps nothing")
  func emptyHistory() async throws {
    let page = try await Self.probing("a", "down", limit: 0)
    #expect(!page.contains("<bdi>"))
  }

  @Test("long logs push out what is older, whatever the limit is")
  func boundedBytes() async throws {
    let long = String(repeating: "x", count: 3 << 20)
    let fixture = BlackboxFixture { _, _, _ in BlackboxFixture.report(message: long) }
    let page = try await Self.probing("a", "b", "c", limit: 100, by: fixture)
    #expect(!page.contains("<bdi>a</bdi>"))
    #expect(page.contains("<bdi>b</bdi>"))
    #expect(page.contains("<bdi>c</bdi>"))
  }

  @Test(
    "the text of a past probe is asked for by id or by target",
    arguments: [
      ("id=0", 200, "target=up"), ("id=7", 404, "Probe id not found\n"),
      ("target=up&module=http_2xx", 200, "target=up"),
      ("target=up&module=x", 404, "Probe target not found\n"), ("target=zz", 404, "Probe target not found\n"),
      ("id=0&target=up", 400, "Probe id and target can't be defined at the same time\n"),
      ("", 400, "Probe id or target must be defined as http query parameters\n"),
      ("module=a", 400, "Probe id or target must be defined as http query parameters\n"),
      ("id=0&module=a", 400, "Probe module filter only works in conjunction with target parameter\n"),
      ("id=x", 400, "Probe id \"x\" is no number\n"),
    ])
  func logs(_ query: String, _ status: Int, _ text: String) async throws {
    try await Self.flaky().serving { client async throws in
      _ = try await client.get("/probe?target=up")
      let answer = try await client.get("/logs?\(query)")
      #expect(answer.status == status)
      #expect(status == 200 ? answer.text.contains(text) : answer.text == text)
    }
  }

  @Test("by target the newest result is given, the oldest where faults are to stay")
  func newest() async throws {
    for (compatibility, isFirst) in [(Compatibility.mended, false), (.strict, true)] {
      let fixture = BlackboxFixture { request, _, timeout in
        BlackboxFixture.report(message: "bounded by \(timeout)")
      }
      try await fixture.serving(settings: .init(compatibility: compatibility)) { client async throws in
        for seconds in ["3", "4"] {
          _ = try await client.get("/probe?target=t", ["X-Prometheus-Scrape-Timeout-Seconds": seconds])
        }
        let text = try await client.get("/logs?target=t").text
        #expect(text.contains("bounded by 2.5 seconds") == isFirst)
        #expect(text.contains("bounded by 3.5 seconds") == !isFirst)
      }
    }
  }

  @Test("a reload is asked for with POST, and says what is wrong")
  func reload() async throws {
    let fixture = BlackboxFixture()
    try await fixture.serving { client async throws in
      let get = try await client.get("/-/reload")
      #expect(get.status == 405)
      #expect(get.text == "This endpoint requires a POST request.\n")
      let post = try await client.send("POST", "/-/reload")
      #expect(post.status == 200)
      #expect(post.bytes.isEmpty)
      #expect(try await client.send("POST", "/-/reload", ["Sec-Fetch-Site": "cross-site"]).status == 403)
      fixture.reloadFailure.withLock { $0 = "line 3: field x not found" }
      let failed = try await client.send("POST", "/-/reload")
      #expect(failed.status == 500)
      #expect(failed.text == "failed to reload config: line 3: field x not found\n")
    }
  }

  @Test("without a prefix every path that is no endpoint is the landing page")
  func unknownPath() async throws {
    try await BlackboxFixture().serving { client async throws in
      let answer = try await client.get("/nothing/here")
      #expect(answer.status == 200)
      #expect(answer.text.contains("Recent Probes"))
      for method in ["GET", "PUT", "DELETE"] {
        #expect(try await client.send(method, "/-/healthy").text == "Healthy")
      }
      #expect(try await client.get("/config").text == "modules: {}\n")
    }
  }

  @Test(
    "with a prefix everything stands under it, and the root leads there", arguments: ["/probes", "probes/", "probes"])
  func routePrefix(_ prefix: String) async throws {
    let fixture = BlackboxFixture()
    try await fixture.serving(routePrefix: prefix, externalURL: "http://x.example/probes") { client async throws in
      let root = try await client.get("/")
      #expect(root.status == 302)
      #expect(root.headers["location"] == "http://x.example/probes")
      for path in ["/metrics", "/probe?target=t", "/probes"] { #expect(try await client.get(path).status == 404) }
      #expect(try await client.get("/probes/-/healthy").text == "Healthy")
      #expect(try await client.get("/probes/probe?target=t").text.contains("probe_success 1"))
      #expect(try await client.get("/probes/").text.contains("href=\"/probes/logs?id=0\""))
    }
  }

  @Test("its own metrics have blackbox_exporter's names, and never the format that was not asked for there")
  func ownMetrics() async throws {
    try await BlackboxFixture().serving { client async throws in
      let answer = try await client.get("/metrics", ["Accept": "application/openmetrics-text; version=1.0.0"])
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      #expect(answer.text.contains("blackbox_exporter_build_info{branch=\"\",goarch="))
      #expect(answer.text.contains("# TYPE blackbox_exporter_build_info gauge"))
      #expect(answer.text.contains("promhttp_metric_handler_requests_in_flight 1\n"))
      let second = try await client.get("/metrics")
      #expect(second.text.contains("promhttp_metric_handler_requests_total{code=\"200\"} 1\n"))
    }
  }
}
