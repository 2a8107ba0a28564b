package import Expressions
package import Model

/// The names and types that expressions see after an exchange; whoever binds facts gives values of these types.
package enum FactDeclarations {
  /// One certificate (RFC 5280).
  package static let certificate = ValueType.record(
    name: "certificate",
    fields: [
      "subject": .string, "issuer": .string, "serial": .string, "names": .list(.string), "not_before": .timestamp,
      "not_after": .timestamp, "expires_in": .duration, "fingerprint_sha256": .string, "key": .string,
      "signature": .string,
    ])

  /// One cookie that the response set (RFC 6265).
  package static let cookie = ValueType.record(
    name: "cookie",
    fields: [
      "value": .string, "path": .string, "domain": .string, "secure": .bool, "http_only": .bool, "same_site": .string,
      "expires": .dyn,
    ])

  /// One resource record (RFC 1035).
  package static let record = ValueType.record(
    name: "record", fields: ["name": .string, "type": .string, "class": .string, "ttl": .int, "data": .string])

  /// Round trips of echo requests.
  package static let roundTrips = ValueType.record(
    name: "rtt", fields: ["min": .duration, "avg": .duration, "max": .duration, "jitter": .duration])

  /// How long each phase took.
  package static let phases = ValueType.record(
    name: "phases",
    fields: ["resolve": .duration, "connect": .duration, "tls": .duration, "wait": .duration, "receive": .duration])

  /// The identity of the run.
  package static let run = ValueType.record(
    name: "run", fields: ["id": .string, "check": .string, "region": .string, "slot": .int, "trace_id": .string])

  /// What every exchange shows.
  private static let common: [String: ValueType] = [
    "elapsed": .duration, "phases": phases, "ip": .string, "attempt": .int,
  ]

  private static let tls: [String: ValueType] = [
    "protocol": .string, "cipher": .string, "alpn": .string, "verified": .bool, "verify_error": .string,
    "certificate": certificate, "chain": .list(certificate), "ocsp": .string,
  ]

  private static let http: [String: ValueType] = [
    "status": .int, "headers": .map(key: .string, value: .string),
    "header_values": .map(key: .string, value: .list(.string)), "cookies": .map(key: .string, value: cookie),
    "body": .string, "body_bytes": .bytes, "size": .int, "json": .dyn, "url": .string, "redirects": .int,
    "version": .string,
  ]

  private static let dns: [String: ValueType] = [
    "rcode": .string, "answers": .list(record), "authority": .list(record), "additional": .list(record),
    "flags": .list(.string), "secure": .bool,
  ]

  private static let icmp: [String: ValueType] = [
    "sent": .int, "received": .int, "loss": .double, "rtt": roundTrips,
  ]

  private static let socket: [String: ValueType] = [
    "received": .string, "received_bytes": .bytes, "messages": .list(.string),
    "matches": .map(key: .string, value: .string),
  ]

  private static let exec: [String: ValueType] = [
    "exit_code": .int, "stdout": .string, "stderr": .string, "metrics": .map(key: .string, value: .double),
  ]

  private static let factsByKind: [ProbeKind: [String: ValueType]] = [
    .http: union(http, tls), .tcp: union(socket, tls), .unix: union(socket, tls), .websocket: union(socket, tls),
    .udp: union(socket), .tls: union(tls), .dns: union(dns), .icmp: union(icmp), .exec: union(exec),
    .grpc: union(["status": .int, "serving": .string], tls),
  ]

  private static func union(_ parts: [String: ValueType]...) -> [String: ValueType] {
    parts.reduce(into: common) { all, part in all.merge(part) { first, _ in first } }
  }

  /// The facts of one kind of probe, by name. None for a module and a journey.
  package static func facts(of kind: ProbeKind) -> [String: ValueType] { factsByKind[kind] ?? [:] }

  /// Facts by which an expectation speaks of the verification of certificates.
  static let verification: Set<String> = ["verified", "verify_error", "certificate"]

  /// What is expected where no `expect` is written; nothing where the exchange itself is all that is asked.
  static func defaultExpectations(of kind: ProbeKind) -> [DefaultExpectation] {
    switch kind {
    case .http: [DefaultExpectation("status >= 200 && status < 400")]
    case .dns: [DefaultExpectation("rcode == \"NOERROR\"")]
    case .icmp: [DefaultExpectation("received > 0")]
    // A server that answers that it does not serve has been reached, and is down all the same.
    case .grpc: [DefaultExpectation("status == 0"), DefaultExpectation("serving == \"SERVING\"")]
    case .exec:
      [
        DefaultExpectation("exit_code == 0", format: .exitCode),
        // A plugin's WARNING is one (Monitoring Plugins guidelines, "Plugin Return Codes").
        DefaultExpectation("exit_code == 0 || exit_code == 1", format: .nagios),
        DefaultExpectation("exit_code == 0", kind: .warn, format: .nagios),
      ]
    default: []
    }
  }
}

/// An expectation that nobody wrote.
struct DefaultExpectation {
  let source: String
  let kind: ExpectationResult.Kind
  /// The format of a program's result that it is for; nil for every exchange.
  let format: ExecSpec.Format?

  init(_ source: String, kind: ExpectationResult.Kind = .expect, format: ExecSpec.Format? = nil) {
    self.source = source
    self.kind = kind
    self.format = format
  }
}
