import Model
import Probes
import TestSupport
import Transport

/// A prober on a loop of its own, with a resolver that knows what the tests say.
final class HTTPHarness: Sendable {
  let loops: EventLoops
  let prober: HTTPProber

  init(
    names: [String: String] = [:], userAgent: String = "curlew/test",
    tokenObserver: @escaping @Sendable (Secret) -> Void = { _ in }
  ) throws {
    loops = try EventLoops(count: 1)
    prober = HTTPProber(
      ProbeEquipment(
        loops: loops, resolver: TableResolver(names: names), userAgent: userAgent, tokenObserver: tokenObserver))
  }

  deinit {
    loops.stop()
  }

  /// Probes, and takes the facts apart.
  func probe(
    _ spec: HTTPSpec, timeout: Duration = .seconds(60), traceparent: String? = nil, folder: String = "/tmp"
  ) async throws -> Shown {
    let observation = await prober.probe(
      spec, in: ProbeContext(timeout: timeout, traceparent: traceparent, folder: folder))
    guard case .http(let facts) = observation.facts.detail else { throw HTTPTestError("no HTTP facts") }
    return Shown(observation: observation, http: facts)
  }

  /// What a probe showed.
  struct Shown {
    var observation: Observation
    var http: HTTPFacts

    var failure: ProbeFailure? { observation.failure }
    var code: ReasonCode? { observation.failure?.code }
    var phases: Phases { observation.facts.phases }
    var tls: TLSFacts? { observation.facts.tls }
    var text: String { String(decoding: http.body, as: UTF8.self) }

    /// The value of an answer's field.
    func header(_ name: String) -> String? {
      http.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }
}

/// Literals, and names from a table.
struct TableResolver: AddressResolver {
  var names: [String: String]

  func addresses(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] {
    if let address = IPAddress(names[host] ?? host) { return [address] }
    return try await Resolver().addresses(of: host, family: family, deadline: deadline)
  }
}

extension HTTPTestServer {
  /// The URL of a path on this server.
  func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }
}

extension HTTPTestServer.Action {
  /// A whole answer with a body of known length.
  static func answer(_ status: String = "200 OK", _ fields: [String] = [], body: String = "ok") -> Self {
    let head = (["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + fields).joined(separator: "\r\n")
    return .text("\(head)\r\n\r\n\(body)")
  }
}
