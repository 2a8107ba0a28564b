package import Expressions
package import Model

/// The facts of one exchange as the names that expressions see (docs/scenarios.md, "What expressions see").
///
/// Each value is made when an expression first asks for it and kept, so that a body is decoded or parsed once however many
/// expectations read it, and not at all when none does. Belongs to one run.
package final class FactBindings: Bindings {
  /// What was seen.
  package let facts: Facts
  /// Why there may be nothing more to see.
  private let failure: ProbeFailure?
  private let attempt: Int
  private let now: Timestamp
  private var cache: [String: Value] = [:]
  private var jsonFailure: EvaluationError?

  /// The names of one observation.
  ///
  /// - Parameters:
  ///   - attempt: which attempt it was, counted from 1.
  ///   - now: when the exchange was over, against which expiry is counted.
  package init(_ observation: Observation, attempt: Int, now: Timestamp) {
    facts = observation.facts
    failure = observation.failure
    self.attempt = attempt
    self.now = now
  }

  /// The names that this exchange has, in the order of reports.
  package var names: [String] {
    let common = ["elapsed", "phases", "ip", "attempt"]
    switch facts.detail {
    case .http(let http):
      let answer =
        http.status == 0
        ? ["url", "redirects"]
        : [
          "status", "headers", "header_values", "cookies", "body", "body_bytes", "size", "json", "url", "redirects",
          "version",
        ]
      return common + answer + tlsNames
    case .tls: return common + tlsNames
    case .dns: return common + ["rcode", "answers", "authority", "additional", "flags", "secure"]
    case .icmp: return common + ["sent", "received", "loss", "rtt"]
    case .socket, .websocket: return common + ["received", "received_bytes", "messages", "matches"] + tlsNames
    case .grpc(let grpc): return common + (grpc.status == nil ? [] : ["status", "serving"]) + tlsNames
    case .exec: return common + ["exit_code", "stdout", "stderr", "metrics"]
    }
  }

  private var tlsNames: [String] {
    facts.tls == nil ? [] : TLSValues.names
  }

  package func value(of name: String) throws(EvaluationError) -> Value? {
    if let value = cache[name] { return value }
    guard let value = try make(name) else { return nil }
    cache[name] = value
    return value
  }

  private func make(_ name: String) throws(EvaluationError) -> Value? {
    switch name {
    case "elapsed": return .duration(facts.elapsed)
    case "phases":
      return .map(MapValue(Phase.allCases.map { ($0.rawValue, Value.duration(facts.phases[$0])) }))
    case "ip": return .string(facts.ip)
    case "attempt": return .int(Int64(attempt))
    default: break
    }
    if TLSValues.names.contains(name), facts.detail.mayHaveTLS {
      guard let tls = facts.tls else {
        throw EvaluationError(.host, "\(name): there was no TLS handshake\(because)")
      }
      return TLSValues.value(of: name, in: tls, now: now)
    }
    switch facts.detail {
    case .http(let http): return try value(of: name, in: http)
    case .tls: return nil
    case .dns(let dns): return try DNSValues.value(of: name, in: dns, because: because)
    case .icmp(let icmp): return ICMPValues.value(of: name, in: icmp)
    case .socket(let socket): return SocketValues.value(of: name, in: socket)
    case .websocket(let web): return SocketValues.value(of: name, in: web.socket)
    case .grpc(let grpc): return try GRPCValues.value(of: name, in: grpc, because: because)
    case .exec(let exec): return ExecValues.value(of: name, in: exec)
    }
  }

  private func value(of name: String, in http: HTTPFacts) throws(EvaluationError) -> Value? {
    if HTTPValues.answerNames.contains(name), http.status == 0 {
      throw EvaluationError(.host, "\(name): there was no answer\(because)")
    }
    guard name == "json" else { return try HTTPValues.value(of: name, in: http, now: now) }
    // A body that is no JSON stays so: what was found out is thrown again, not parsed again.
    if let jsonFailure { throw jsonFailure }
    do {
      return try JSON.parse(http.body)
    } catch {
      let failure = EvaluationError(.host, "json: the body is no JSON: \(error)")
      jsonFailure = failure
      throw failure
    }
  }

  /// What to add to "there was no answer".
  private var because: String {
    failure.map { ": \($0.words)" } ?? ""
  }
}

extension Facts.Detail {
  /// Whether TLS may have been spoken, so that its names exist.
  fileprivate var mayHaveTLS: Bool {
    switch self {
    case .http, .tls, .websocket, .grpc: true
    case .socket(let socket): !socket.isDatagram
    case .dns, .icmp, .exec: false
    }
  }
}

extension TimestampValue {
  /// The moment of wall time as CEL has it.
  init(_ timestamp: Timestamp) {
    let seconds = timestamp.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    let nanoseconds = Int32(timestamp.nanosecondsSinceEpoch.flooredRemainder(by: 1_000_000_000))
    guard let value = TimestampValue(seconds: seconds, nanoseconds: nanoseconds) else {
      preconditionFailure("the years 1678 to 2262 lie inside CEL's years 1 to 9999")
    }
    self = value
  }
}
