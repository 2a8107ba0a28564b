import Blackbox
import Glibc
import Model
import Server
import Synchronization
import TestSupport
import Testing

@Suite("/probe")
struct ProbeDoorTests {
  @Test("a probe answers with its metrics in the format of blackbox_exporter 0.28, whether it succeeded or not")
  func metrics() async throws {
    let failure = ProbeFailure(.connectRefused, during: .connect, "connection refused")
    let fixture = BlackboxFixture { request, _, _ in
      BlackboxFixture.report(failure: request.target == "down" ? failure : nil)
    }
    try await fixture.serving { client async throws in
      for (target, value) in [("up", 1), ("down", 0)] {
        let answer = try await client.get("/probe?target=\(target)")
        #expect(answer.status == 200)
        #expect(
          answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
        #expect(
          answer.text == """
            # HELP probe_success Displays whether or not the probe was a success
            # TYPE probe_success gauge
            probe_success \(value)

            """)
      }
    }
  }

  @Test("what is wrong with a request is told in the order and the words of blackbox_exporter")
  func refusals() async throws {
    var named = BlackboxModule(prober: .http)
    named.http.headers = [(name: "hoSt", value: "a.example")]
    let modules = ["http_2xx": BlackboxModule(prober: .http), "null": BlackboxModule(), "named": named]
    let cases: [(path: String, timeout: String, status: Int, text: String)] = [
      ("/probe?module=zz%22", "x", 400, "Unknown module \"zz\\\"\"\n"),
      (
        "/probe", "x", 500,
        "Failed to parse timeout from Prometheus header: strconv.ParseFloat: parsing \"x\": invalid syntax\n"
      ),
      ("/probe?module=null", "10", 400, "Target parameter is missing\n"),
      ("/probe?target=", "10", 400, "Target parameter is missing\n"),
      ("/probe?target=t&module=null&hostname=b", "10", 400, "Unknown prober \"\"\n"),
      (
        "/probe?target=t&module=named&hostname=b.example", "10", 400,
        "host header defined both in module configuration (a.example) and with URL-parameter 'hostname' (b.example)\n"
      ),
    ]
    let fixture = BlackboxFixture(modules)
    try await fixture.serving { client async throws in
      for each in cases {
        let answer = try await client.get(each.path, ["X-Prometheus-Scrape-Timeout-Seconds": each.timeout])
        #expect(answer.status == each.status)
        #expect(answer.text == each.text)
        #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
        #expect(answer.headers["x-content-type-options"] == "nosniff")
      }
      #expect(fixture.asked.withLock { $0.isEmpty })
      let metrics = try await client.get("/metrics")
      #expect(metrics.text.contains("\nblackbox_module_unknown_total 1\n"))
    }
  }

  @Test("a host that the module names already may be named again, in HTTP; tcp takes it as the name in TLS")
  func hostname() async throws {
    var named = BlackboxModule(prober: .http)
    named.http.headers = [(name: "Host", value: "a.example")]
    let seen = Mutex<[String?]>([])
    let modules = ["http_2xx": named, "tcp": BlackboxModule(prober: .tcp)]
    let fixture = BlackboxFixture(modules) { _, module, _ in
      seen.withLock { $0.append(module.prober == .tcp ? module.tcp.tls.serverName : module.http.headers.first?.value) }
      return BlackboxFixture.report()
    }
    try await fixture.serving { client async throws in
      _ = try await client.get("/probe?target=t&hostname=a.example")
      _ = try await client.get("/probe?target=t&hostname=b.example&module=tcp")
      _ = try await client.get("/probe?target=t")
    }
    #expect(seen.withLock { $0 } == ["a.example", "b.example", "a.example"])
  }

  @Test(
    "the timeout is the scraper's less the offset, or the module's",
    arguments: [
      (header: "", module: nil, milliseconds: 119_500), ("10", nil, 9_500), ("10", 5_000, 5_000), ("3", 5_000, 2_500),
      ("0.3", 5_000, 5_000), ("0.3", nil, 0), ("0", nil, 119_500), ("-4", 2_000, 2_000), ("1e1", nil, 9_500),
      ("1e300", nil, 604_800_000),
    ] as [(header: String, module: Int?, milliseconds: Int)])
  func timeout(_ header: String, _ module: Int?, _ milliseconds: Int) async throws {
    let fixture = BlackboxFixture(["http_2xx": BlackboxModule(prober: .http, timeout: module.map { .milliseconds($0) })]
    )
    try await fixture.serving { client async throws in
      let headers = header.isEmpty ? [:] : ["X-Prometheus-Scrape-Timeout-Seconds": header]
      #expect(try await client.get("/probe?target=t", headers).status == 200)
    }
    #expect(fixture.asked.withLock { $0.map(\.timeout) } == [.milliseconds(milliseconds)])
  }

  @Test("a target is decoded once, or twice where faults are to stay; what cannot be decoded twice stays as it is")
  func decoding() async throws {
    for (compatibility, expected) in [
      (Compatibility.mended, ["a+b", "100%", "x%20y"]), (.strict, ["a b", "100%", "x y"]),
    ] {
      let fixture = BlackboxFixture()
      try await fixture.serving(settings: .init(compatibility: compatibility)) { client async throws in
        for target in ["a%2Bb", "100%25", "x%2520y"] { _ = try await client.get("/probe?target=\(target)") }
      }
      #expect(fixture.asked.withLock { $0.map(\.target) } == expected)
    }
  }

  @Test("the debug page has three parts, and no secret in any of them")
  func debugPage() async throws {
    let failure = ProbeFailure(.timeout, during: .connect, "too slow")
    let fixture = BlackboxFixture(secrets: [Secret("hunter22")]) { _, _, _ in
      BlackboxFixture.report(failure: failure, message: "Sent hunter22")
    }
    try await fixture.serving { client async throws in
      let answer = try await client.get("/probe?target=t%20u&debug=true", ["X-Prometheus-Scrape-Timeout-Seconds": "2"])
      #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
      let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines[0] == "Logs for the probe:")
      #expect(
        lines[1].hasSuffix(
          #" level=INFO msg="Beginning probe" module=http_2xx target="t u" probe=http timeout_seconds=1.5"#))
      #expect(lines[1].hasPrefix("time=20"))
      #expect(lines[2].hasSuffix(#" level=INFO msg="Sent •••" module=http_2xx target="t u" ip=127.0.0.1"#))
      #expect(lines[3].contains(#" level=ERROR msg="Probe failed" module=http_2xx target="t u" duration_seconds="#))
      #expect(lines[4...6] == ["", "", ""])
      #expect(lines[7] == "Metrics that would have been returned:")
      #expect(lines[10] == "probe_success 0")
      #expect(lines[11...] == ["", "", "", "Module configuration:", "prober: http", ""])
      #expect(try await client.get("/probe?target=t&debug=1").headers["content-type"]?.contains("0.0.4") == true)
    }
  }

  @Test("the lines of failures are logged, those of successes only when they are asked for")
  func logging() async throws {
    let failure = ProbeFailure(.timeout, during: .connect, "too slow")
    for (level, count) in [(LogEntry.Level.error, 1), (.info, 6)] {
      let fixture = BlackboxFixture { request, _, _ in
        BlackboxFixture.report(failure: request.target == "down" ? failure : nil)
      }
      try await fixture.serving(settings: .init(logLevel: level)) { client async throws in
        _ = try await client.get("/probe?target=up")
        _ = try await client.get("/probe?target=down")
      }
      #expect(fixture.lines.withLock { $0.count } == count)
    }
  }

  @Test("a client that goes away cancels its probe, whether it closes or only stops sending", arguments: [false, true])
  func departure(_ isHalf: Bool) async throws {
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (ended, end) = AsyncStream.makeStream(of: Bool.self)
    let fixture = BlackboxFixture { _, _, _ in
      begin.yield()
      try? await Task.sleep(for: .seconds(60))
      end.yield(Task.isCancelled)
      return BlackboxFixture.report()
    }
    try await fixture.serving { client async throws in
      let socket = try client.stall("/probe?target=t")
      for await _ in begun { break }
      if isHalf { shutdown(socket, Int32(SHUT_WR)) } else { close(socket) }
      #expect(await ended.first { _ in true } == true)
      if isHalf { close(socket) }
      #expect(try await client.get("/-/healthy").text == "Healthy")
    }
  }
}
