import Blackbox
import Expressions
import Model
import Testing

@Suite("The websocket section of a module")
struct WebSocketModuleTests {
  private func spec(
    _ target: String = "ws://shop.example/live", _ compatibility: Compatibility = .mended,
    files: [String: String] = [:], change: (inout WebSocketModule) -> Void = { _ in }
  ) throws -> WebSocketSpec {
    var module = WebSocketModule()
    change(&module)
    let spec = try module.spec(for: ProbeRequest(target: target), in: .forTests(compatibility, files: files))
    guard case .websocket(let spec) = spec else { throw ModuleFault(.templateFailed, "no spec of a WebSocket") }
    return spec
  }

  @Test("takes URLs of WebSockets alone", arguments: ["http://a/", "a.example", "", "ws:/a", "wsx://a", "wss:a"])
  func target(text: String) throws {
    #expect(throws: ModuleFault.self) { try spec(text) }
    for good in ["ws://a/", "wss://a/", "WSS://a"] { #expect(try spec(good).url == good) }
  }

  @Test("proves who asks by what http_config says, read from files where it names them")
  func credentials() throws {
    let basic = try spec(files: ["/word": " s3cret\n"]) {
      $0.client.basicAuth = .init(username: .value("me"), password: .file("/word"))
    }
    #expect(basic.headers.first == HeaderField("Authorization", "Basic bWU6czNjcmV0"))
    let bearer = try spec { $0.client.authorization = .init(credentials: .value(Secret("token"))) }
    #expect(bearer.headers.first == HeaderField("Authorization", "Bearer token"))
    let other = try spec(files: ["/token": "abc\n"]) {
      $0.client.authorization = .init(type: "Token", credentials: .file("/token"))
    }
    #expect(other.headers.first == HeaderField("Authorization", "Token abc"))
    #expect(throws: ModuleFault(.internal, "/none cannot be read")) {
      try spec { $0.client.authorization = .init(credentials: .file("/none")) }
    }
    #expect(throws: ModuleFault.self) {
      try spec { $0.client.authorization = .init(credentials: .reference("vault")) }
    }
  }

  @Test("sends all values of a header, secrets and files among them, and says who asks")
  func headers() throws {
    let spec = try spec(files: ["/value": "three\n"]) { module in
      var sources = HTTPClientOptions.ValueSources()
      sources.values = ["one"]
      sources.secrets = [Secret("two")]
      sources.files = ["/value"]
      module.headers = [("X-Key", sources)]
    }
    #expect(
      spec.headers
        == [
          HeaderField("X-Key", "one"), HeaderField("X-Key", "two"), HeaderField("X-Key", "three"),
          HeaderField("User-Agent", "curlew/test"),
        ])
  }

  @Test("says which keys of http_config it cannot use; strict passes over them, as upstream does")
  func unusable() throws {
    let changes: [(String, (inout WebSocketModule) -> Void)] = [
      ("proxy_url", { $0.client.proxy.url = Secret("http://proxy:3128") }),
      ("proxy_from_environment", { $0.client.proxy.isFromEnvironment = true }),
      ("oauth2", { $0.client.oauth2 = HTTPClientOptions.OAuth2() }),
      ("http_headers", { $0.client.headers = [("X-A", HTTPClientOptions.ValueSources())] }),
    ]
    for (key, change) in changes {
      #expect(
        throws: ModuleFault(
          .internal, "websocket: http_config: \(key) cannot be used with a WebSocket; take it out of the module")
      ) { try spec(change: change) }
      #expect(throws: Never.self) { try spec("ws://a/", .strict, change: change) }
    }
  }

  @Test("takes one message for an expect and sends one for a send, entry by entry")
  func dialogue() throws {
    let pattern = try RegularExpression("^hi (\\w+)")
    let spec = try spec { module in
      var first = QueryResponse()
      first.expect = pattern
      first.send = Array("hello ${1}".utf8)
      first.expectBytes = [1]
      first.startsTLS = true
      var second = QueryResponse()
      second.send = [0xff]
      module.queryResponse = [first, second]
    }
    #expect(
      spec.dialogue == [.newEntry, .expect("^hi (\\w+)"), .send("hello ${1}"), .newEntry, .sendBytes([0xff])])
  }

  @Test("speaks TLS by http_config.tls_config")
  func tls() throws {
    let spec = try spec("wss://a/", files: ["ca.pem": "PEM"]) { module in
      module.client.tls.skipsVerification = true
      module.client.tls.ca = .file("ca.pem")
    }
    #expect(!spec.tls.verify)
    #expect(spec.tls.caText == "PEM")
  }

  // MARK: What is held of an answer

  private func report(_ facts: WebSocketFacts, failure: ProbeFailure? = nil, talks: Bool = false) -> ProbeReport {
    let phases = Phases(
      resolve: .milliseconds(1), connect: .milliseconds(2), tls: .milliseconds(4), wait: .milliseconds(8),
      receive: .milliseconds(16))
    var module = BlackboxModule(prober: .websocket)
    if talks { module.websocket.queryResponse = [QueryResponse()] }
    return module.report(
      on: Observation(facts: Facts(phases: phases, ip: "127.0.0.1", detail: .websocket(facts)), failure: failure),
      spec: .websocket(WebSocketSpec(url: "ws://a/")), fault: nil, took: .milliseconds(31), timeout: .seconds(5),
      .mended)
  }

  private func phase(_ name: String, _ report: ProbeReport) -> Double? {
    report.metrics.value("probe_websocket_duration_seconds", labels: [("phase", name)])
  }

  @Test("succeeds where the connection was upgraded, with all gauges of upstream")
  func upgraded() {
    let report = report(WebSocketFacts(status: 101, isUpgraded: true), talks: true)
    #expect(report.failure == nil)
    #expect(report.metrics.value("probe_websocket_status_code") == 101)
    #expect(report.metrics.value("probe_websocket_connection_upgraded") == 1)
    #expect(report.metrics.value("probe_websocket_failed_due_to_regex") == 0)
    #expect(phase("resolve", report) == 0.001)
    #expect(phase("connect", report) == 0.002)
    #expect(phase("processing", report) == 0.012)
    #expect(phase("transfer", report) == 0.016)
    #expect(report.metrics.value("probe_ip_protocol") == 4)
  }

  @Test("has no transfer where nothing is said")
  func silent() {
    #expect(phase("transfer", report(WebSocketFacts(status: 101, isUpgraded: true))) == nil)
  }

  @Test("fails where the upgrade is refused, and tells the status")
  func refused() {
    let report = report(
      WebSocketFacts(status: 403), failure: ProbeFailure(.protocolError, during: .receive, "words"), talks: true)
    #expect(report.metrics.value("probe_websocket_status_code") == 403)
    #expect(report.metrics.value("probe_websocket_connection_upgraded") == 0)
    #expect(report.metrics.value("probe_websocket_failed_due_to_regex") == 0)
    #expect(report.metrics.value("probe_success") == 0)
    #expect(phase("transfer", report) == nil)
  }

  @Test("fails by a message that did not come or match")
  func unmet() {
    let facts = WebSocketFacts(status: 101, isUpgraded: true, socket: SocketFacts(unmet: .pattern))
    let report = report(facts, failure: ProbeFailure(.timeout, during: .receive, "words"), talks: true)
    #expect(report.metrics.value("probe_websocket_failed_due_to_regex") == 1)
    #expect(report.metrics.value("probe_success") == 0)
  }

  @Test("has its gauges where nothing could be sent, too")
  func nothingSent() {
    let report = BlackboxModule(prober: .websocket).report(
      on: nil, spec: nil, fault: ModuleFault(.templateFailed, "no URL"), took: .zero, timeout: .seconds(5), .mended)
    for name in ["status_code", "connection_upgraded", "failed_due_to_regex"] {
      #expect(report.metrics.value("probe_websocket_\(name)") == 0)
    }
    #expect(report.metrics.value("probe_ip_protocol") == nil)
  }

  @Test("shows as much of the phases as there was")
  func early() {
    let unresolved = report(WebSocketFacts(), failure: ProbeFailure(.resolveFailed, during: .resolve, "words"))
    #expect(phase("resolve", unresolved) == nil)
    #expect(unresolved.metrics.value("probe_ip_protocol") != nil)
    #expect(unresolved.metrics.value("probe_websocket_status_code") == 0)
    let refused = report(WebSocketFacts(), failure: ProbeFailure(.connectRefused, during: .connect, "words"))
    #expect(phase("connect", refused) != nil)
    #expect(phase("processing", refused) == nil)
  }
}
