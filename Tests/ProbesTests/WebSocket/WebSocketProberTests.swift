import Model
import Probes
import TestSupport
import Testing

@Suite("WebSocket probe against a real server")
struct WebSocketProberTests {
  private static let server = Task { try await PythonServer.webSocket() }

  /// Probes a URL, and takes the facts apart.
  static func probe(
    _ url: String, _ dialogue: [DialogueStep] = [], timeout: Duration = .seconds(60), traceparent: String? = nil,
    _ change: (inout WebSocketSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: WebSocketFacts) {
    var spec = WebSocketSpec(url: url, dialogue: dialogue)
    change(&spec)
    let context = ProbeContext(
      timeout: timeout, traceparent: traceparent, folder: try Certificates.shared.get().folder)
    let observation = await WebSocketProber(try .forTests()).probe(spec, in: context)
    guard case .websocket(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a WebSocket")
    }
    return (observation, facts)
  }

  private static func url(_ path: String) async throws -> String {
    "ws://127.0.0.1:\(try await server.value.port)\(path)"
  }

  @Test("the upgrade is all that is asked without words")
  func upgrades() async throws {
    let (observation, facts) = try await Self.probe(try await Self.url("/silent"))
    #expect(observation.failure == nil)
    #expect(facts.status == 101)
    #expect(facts.isUpgraded)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(observation.facts.phases.wait > .zero)
    #expect(observation.facts.tls == nil)
  }

  @Test("messages are expected and sent in turn, with groups of what came")
  func dialogue() async throws {
    let (observation, facts) = try await Self.probe(
      try await Self.url("/echo?a=b%20c#part"),
      [
        .expect("^hello (?P<name>\\w+) at (.*)$"), .send("${name} asked for ${2}"), .expect("^(alice) asked for /echo"),
        .send("$1 costs $$5"), .expect("^alice costs \\$5$"),
      ]
    ) { $0.headers = [HeaderField("X-Name", "alice")] }
    #expect(observation.failure == nil)
    #expect(
      facts.socket.messages == ["hello alice at /echo?a=b%20c", "alice asked for /echo?a=b%20c", "alice costs $5"])
    #expect(facts.socket.matches == ["name": "alice"])
    #expect(
      facts.socket.received
        == Array("hello alice at /echo?a=b%20c\nalice asked for /echo?a=b%20c\nalice costs $5".utf8))
    #expect(facts.socket.unmet == nil)
  }

  @Test("groups are forgotten where a module's entry begins, and its labels are filled in")
  func entries() async throws {
    let (_, facts) = try await Self.probe(
      try await Self.url("/echo"),
      [
        .newEntry, .expect("^hello (\\w+)", labels: [HeaderField("who", "<${1}>")]), .send("first ${1}"), .newEntry,
        .send("second ${1}"), .expect("^first nobody$"), .expect("^second \\$\\{1\\}$"),
      ])
    #expect(facts.socket.messages.count == 3)
    #expect(facts.socket.labels == [[HeaderField("who", "<nobody>")]])
  }

  @Test("fragments are one message, and a ping between them is answered")
  func fragments() async throws {
    let (observation, facts) = try await Self.probe(try await Self.url("/pieces"), [.expect("^one two three$")])
    #expect(observation.failure == nil)
    #expect(facts.socket.messages == ["one two three"])
  }

  @Test("a ping is answered while a message is waited for")
  func ping() async throws {
    let (observation, _) = try await Self.probe(try await Self.url("/ping"), [.expect("^ponged$")])
    #expect(observation.failure == nil)
  }

  @Test("bytes are a message too, and can be sent")
  func bytes() async throws {
    let (observation, facts) = try await Self.probe(try await Self.url("/bytes"), [.expect("abc$")])
    #expect(observation.failure == nil)
    #expect(facts.socket.received == [0xff, 0] + Array("abc".utf8))
    let (sent, echoed) = try await Self.probe(
      try await Self.url("/echo"), [.expect("^hello"), .sendBytes([0, 1, 0x41]), .expect("A$")])
    #expect(sent.failure == nil)
    #expect(echoed.socket.received.suffix(3) == [0, 1, 0x41])
  }

  @Test("one message is taken for one expectation, and no other is looked for")
  func oneMessage() async throws {
    let (observation, facts) = try await Self.probe(try await Self.url("/echo"), [.expect("^goodbye")])
    #expect(observation.failure?.code == .expectationFailed)
    #expect(observation.failure?.message.hasSuffix("sent a message that \"^goodbye\" does not match") == true)
    #expect(observation.failure?.quote == ": \"hello nobody at /echo\"")
    #expect(facts.status == 101)
    #expect(facts.socket.unmet == .pattern)
    #expect(facts.socket.messages.isEmpty)
  }

  @Test("a message that never comes is a time-out, after the upgrade too")
  func late() async throws {
    let (observation, facts) = try await Self.probe(
      try await Self.url("/silent"), [.expect(".")], timeout: .milliseconds(300))
    #expect(observation.failure?.code == .timeout)
    #expect(observation.failure?.phase == .receive)
    #expect(facts.isUpgraded)
    #expect(facts.socket.unmet == .pattern)
  }

  @Test("a server that closes instead tells why")
  func closes() async throws {
    let url = try await Self.url("/close")
    let (observation, _) = try await Self.probe(url, [.expect(".")])
    #expect(
      observation.failure
        == ProbeFailure(
          .expectationFailed, during: .receive,
          "\(url) closed the connection with code 4001 before a message for \".\" came", quote: ": \"not today\""))
  }

  @Test("a refused upgrade tells the status")
  func refused() async throws {
    let url = try await Self.url("/refuse")
    let (observation, facts) = try await Self.probe(url)
    #expect(
      observation.failure
        == ProbeFailure(.protocolError, during: .receive, "\(url) refused the upgrade: status is 403, expected 101"))
    #expect(facts.status == 403)
    #expect(!facts.isUpgraded)
  }

  @Test("over TLS the handshake is told")
  func secure() async throws {
    let port = try await Self.server.value.ports[1]
    let url = "wss://127.0.0.1:\(port)/echo"
    let (good, facts) = try await Self.probe(url, [.expect("^hello")]) { $0.tls = TLSOptions(caFile: "root.pem") }
    #expect(good.failure == nil)
    #expect(facts.socket.messages == ["hello nobody at /echo"])
    #expect(good.facts.tls?.isVerified == true)
    #expect(good.facts.phases.tls > .zero)
    let (untrusted, none) = try await Self.probe(url)
    #expect(untrusted.failure?.code == .certificateInvalid)
    #expect(untrusted.facts.tls?.chain.isEmpty == false)
    #expect(none.status == 0)
    let (skipped, _) = try await Self.probe(url) { $0.tls = TLSOptions(verify: false) }
    #expect(skipped.failure == nil)
  }

  @Test("a subprotocol that is asked for may be spoken")
  func subprotocol() async throws {
    let (observation, _) = try await Self.probe(try await Self.url("/silent")) {
      $0.headers = [HeaderField("Sec-WebSocket-Protocol", "mqtt, chat")]
    }
    #expect(observation.failure == nil)
  }

  @Test(
    "what cannot be sent is told, and nothing is sent",
    arguments: [
      (
        "http://127.0.0.1/", [],
        "\"http://127.0.0.1/\" is no URL of a WebSocket; write ws://host/path or wss://host/path"
      ),
      ("127.0.0.1", [], "\"127.0.0.1\" is no URL of a WebSocket; write ws://host/path or wss://host/path"),
      ("ws://", [], "\"ws://\" is no URL of a WebSocket; write ws://host/path or wss://host/path"),
      (
        "ws://user:word@127.0.0.1/", [],
        "the URL of a WebSocket carries no user and password; send an Authorization header instead"
      ),
      (
        "ws://127.0.0.1/", [HeaderField("Upgrade", "h2c")],
        "header \"Upgrade\" belongs to the WebSocket handshake itself"
      ),
      ("ws://127.0.0.1/", [HeaderField("X-A", "a\r\nb: c")], "the value of header \"X-A\" holds a CR, LF or NUL"),
    ] as [(String, [HeaderField], String)])
  func unusable(url: String, headers: [HeaderField], words: String) async throws {
    let (observation, facts) = try await Self.probe(url) { $0.headers = headers }
    #expect(observation.failure == ProbeFailure(.templateFailed, during: .resolve, words))
    #expect(facts.status == 0)
  }

  @Test("a port where nobody listens refuses")
  func deaf() async throws {
    let deaf = try DeafPort()
    defer { withExtendedLifetime(deaf) {} }
    let (observation, facts) = try await Self.probe("ws://127.0.0.1:\(deaf.port)/")
    #expect(observation.failure?.code == .connectRefused)
    #expect(facts.status == 0)
  }
}
