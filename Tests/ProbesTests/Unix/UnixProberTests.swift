import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("Unix probe") struct UnixProberTests {
  private let folder: String

  init() throws {
    folder = try TestProgram.temporaryFolder()
  }

  private func probe(
    _ path: String, _ exchange: SocketExchange = .none, tls: TLSOptions? = nil
  ) async throws -> Observation {
    try await UnixProber(.forTests()).probe(
      UnixSpec(path: path, tls: tls, exchange: exchange), in: ProbeContext(timeout: .seconds(60), folder: folder))
  }

  @Test("a dialogue goes over a socket whose path starts from the folder")
  func dialogue() async throws {
    let server = try SocketServer(path: "\(folder)/a.sock") { peer in
      peer.send(peer.line() == "ping" ? "pong\n" : "what?\n")
    }
    let observation = try await probe("a.sock", .dialogue([.send("ping"), .expect("^pong$")]))
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "")
    #expect(observation.facts.phases.resolve + observation.facts.phases.connect > .zero)
    _ = server
  }

  @Test("a message is sent and its answer waited for")
  func message() async throws {
    let path = "\(folder)/b.sock"
    let server = try SocketServer(path: path) { peer in
      peer.send(peer.line() == "stat" ? "up 3\n" : "")
    }
    let observation = try await probe(path, .message(send: Array("stat\n".utf8), receive: .pattern("up (?P<n>\\d)\\n")))
    guard case .socket(let facts) = observation.facts.detail else { throw TestProgram.Failure(description: "no facts") }
    #expect(observation.failure == nil)
    #expect(facts.matches == ["n": "3"])
    #expect(observation.facts.elapsed < .seconds(50))
    _ = server
  }

  @Test("a path where there is nothing cannot be connected to")
  func missing() async throws {
    let path = "\(folder)/nowhere.sock"
    #expect(
      try await probe(path).failure
        == ProbeFailure(.connectFailed, during: .connect, "connection to \(path) failed: no such file or directory"))
  }

  @Test("a socket that its server has left behind refuses")
  func abandoned() async throws {
    let path = "\(folder)/c.sock"
    try SocketServer.abandon(path)
    #expect(
      try await probe(path).failure
        == ProbeFailure(
          .connectRefused, during: .connect, "connection to \(path) refused: nobody listens on the socket"))
  }

  @Test(
    "a path that is too long for a socket is none of the target's faults, the folder counted", arguments: [true, false])
  func tooLong(isAbsolute: Bool) async throws {
    let name = String(repeating: "x", count: isAbsolute ? 107 : 100)
    let path = isAbsolute ? "/\(name)" : name
    let failure = try await probe(path).failure
    #expect(failure?.code == .templateFailed)
    let bytes = isAbsolute ? 108 : folder.utf8.count + 101
    #expect(failure?.message.hasSuffix("has \(bytes) bytes; a socket's has at most 107") == true)
  }

  @Test("TLS over a path is verified for the name that is given, and for none without")
  func tls() async throws {
    let certificates = try Certificates.shared.get()
    let secure = try OpenSSLServer("good")
    let port = secure.port
    let path = "\(folder)/d.sock"
    let server = try SocketServer(path: path) { $0.relay(toPort: port) }
    let options = TLSOptions(caFile: certificates.path("root.pem"), serverName: "good.example")
    #expect(try await probe(path, tls: options).failure == nil)
    let nameless = TLSOptions(caFile: certificates.path("root.pem"))
    #expect(
      try await probe(path, tls: nameless).failure
        == ProbeFailure(
          .certificateInvalid, during: .tls,
          "the certificate of an unnamed host is not valid: there is no name to verify it for; set tls.server_name"))
    withExtendedLifetime((server, secure)) {}
  }
}
