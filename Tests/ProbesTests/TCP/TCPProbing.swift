import Model
import Probes
import TestSupport
import Transport

/// A suite that probes servers of its own by TCP.
protocol TCPProbing {}

extension TCPProbing {
  func probe(
    _ server: any LocalPort, host: String = "127.0.0.1", _ exchange: SocketExchange = .none,
    timeout: Duration = .seconds(60),
    _ change: (inout TCPSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: SocketFacts) {
    defer { withExtendedLifetime(server) {} }
    var spec = TCPSpec(target: Endpoint(host: host, port: server.port), exchange: exchange)
    change(&spec)
    let observation = try await TCPProber(.forTests()).probe(
      spec, in: ProbeContext(timeout: timeout, folder: try Certificates.shared.get().folder))
    guard case .socket(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a socket")
    }
    return (observation, facts)
  }
}
