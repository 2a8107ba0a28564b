import Expressions
import Model

/// The facts of a TLS handshake as values.
enum TLSValues {
  static let names = ["protocol", "cipher", "alpn", "verified", "verify_error", "certificate", "chain", "ocsp"]

  static func value(of name: String, in tls: TLSFacts, now: Timestamp) -> Value? {
    switch name {
    case "protocol": .string(tls.version)
    case "cipher": .string(tls.cipher)
    case "alpn": .string(tls.alpn)
    case "verified": .bool(tls.isVerified)
    case "verify_error": .string(tls.verifyError)
    case "certificate": tls.chain.first.map { value(of: $0, now: now) } ?? .map(MapValue())
    case "chain": .list(tls.chain.map { value(of: $0, now: now) })
    case "ocsp": .string(tls.ocsp)
    default: nil
    }
  }

  private static func value(of certificate: Certificate, now: Timestamp) -> Value {
    .map(
      MapValue([
        ("subject", .string(certificate.subject)),
        ("issuer", .string(certificate.issuer)),
        ("serial", .string(certificate.serial)),
        ("names", .list(certificate.names.map { .string($0) })),
        ("not_before", .timestamp(TimestampValue(certificate.notBefore))),
        ("not_after", .timestamp(TimestampValue(certificate.notAfter))),
        ("expires_in", .duration(certificate.notAfter - now)),
        ("fingerprint_sha256", .string(certificate.fingerprintSHA256)),
        ("key", .string(certificate.key)),
        ("signature", .string(certificate.signature)),
      ]))
  }
}
