import Expressions
import Model

/// The facts of a DNS answer as values.
enum DNSValues {
  static func value(of name: String, in dns: DNSFacts, because: String) throws(EvaluationError) -> Value? {
    let names: Set = ["rcode", "answers", "authority", "additional", "flags", "secure"]
    guard names.contains(name) else { return nil }
    guard !dns.rcode.isEmpty else { throw EvaluationError(.host, "\(name): there was no answer\(because)") }
    switch name {
    case "rcode": return .string(dns.rcode)
    case "answers": return list(dns.answers)
    case "authority": return list(dns.authority)
    case "additional": return list(dns.additional)
    case "flags": return .list(dns.flags.map { .string($0) })
    default: return .bool(dns.isSecure)
    }
  }

  private static func list(_ records: [DNSRecord]) -> Value {
    .list(
      records.map { record in
        .map(
          MapValue([
            ("name", .string(record.name)), ("type", .string(record.type)), ("class", .string(record.recordClass)),
            ("ttl", .int(Int64(record.ttl))), ("data", .string(record.data)),
          ]))
      })
  }
}
