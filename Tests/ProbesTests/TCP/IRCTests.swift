import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("A dialogue with a real IRC server")
struct IRCTests {
  /// The entries of `irc_banner` in blackbox_exporter's example.
  @Test("answers its PING with the token that it sent, and is welcomed")
  func welcome() async throws {
    let server = try IRCServer()
    let spec = TCPSpec(
      target: Endpoint(host: "127.0.0.1", port: server.port),
      exchange: .dialogue([
        .newEntry, .send("NICK prober"), .newEntry, .send("USER prober prober prober :prober"), .newEntry,
        .expect("PING :([^ ]+)"), .send("PONG ${1}"), .newEntry,
        .expect("^:(?P<server>[^ ]+) 001 ", labels: [HeaderField("server", "${server}")]),
      ]))
    let observation = try await TCPProber(.forTests()).probe(spec, in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure == nil)
    guard case .socket(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a socket")
    }
    #expect(facts.labels == [[HeaderField("server", "irc.example.test")]])
    withExtendedLifetime(server) {}
  }
}
