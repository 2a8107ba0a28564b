/// What a TLS handshake showed. The facts are there even when verification failed.
package struct TLSFacts: Sendable {
  /// "TLSv1.3"; empty when the handshake did not get that far.
  package var version: String
  /// The cipher suite by its IANA or OpenSSL name.
  package var cipher: String
  /// The protocol that was agreed on (RFC 7301); empty without one.
  package var alpn: String
  /// Whether the chain and the name were verified.
  package var isVerified: Bool
  /// Why not; empty when they were.
  package var verifyError: String
  /// Whether a certificate that is not verified ends the handshake.
  package var mustVerify: Bool
  /// The certificates as the server sent them, leaf first.
  package var chain: [Certificate]
  /// Every way from the leaf to a trusted root over the certificates that came and the trusted ones, as Go's
  /// `Certificate.Verify` gives them, each leaf first; empty when it was not verified.
  package var verifiedChains: [[Certificate]]
  /// The state of the stapled OCSP answer (RFC 6066 section 8): `none`, `good`, `revoked`, `unknown`, or `invalid` with
  /// a reason.
  package var ocsp: String

  /// What a TLS handshake showed.
  package init(
    version: String = "", cipher: String = "", alpn: String = "", isVerified: Bool = false, verifyError: String = "",
    mustVerify: Bool = true, chain: [Certificate] = [], verifiedChains: [[Certificate]] = [], ocsp: String = "none"
  ) {
    self.version = version
    self.cipher = cipher
    self.alpn = alpn
    self.isVerified = isVerified
    self.verifyError = verifyError
    self.mustVerify = mustVerify
    self.chain = chain
    self.verifiedChains = verifiedChains
    self.ocsp = ocsp
  }

  /// Whether the handshake was aborted over the certificate.
  package var isAborted: Bool { mustVerify && !isVerified }

  /// When the first certificate of the chain ends.
  package var earliestExpiry: Timestamp? { chain.map(\.notAfter).min() }
}

/// An X.509 certificate (RFC 5280). A class, because the same one is seen at every run and shared between them.
package final class Certificate: Sendable {
  /// The subject as RFC 2253 text.
  package let subject: String
  /// The issuer as RFC 2253 text.
  package let issuer: String
  /// The serial number in lower-case hex.
  package let serial: String
  /// The subject's alternative names: DNS names and IP addresses as text.
  package let names: [String]
  /// Those of `names` that are DNS names.
  package let dnsNames: [String]
  /// The parts of the subject in the order of the certificate.
  package let subjectParts: [NamePart]
  /// The parts of the issuer in the order of the certificate.
  package let issuerParts: [NamePart]
  /// Good from then on.
  package let notBefore: Timestamp
  /// Good until then.
  package let notAfter: Timestamp
  /// The seconds since the Unix epoch of `notBefore`, as far back as the certificate says, where the moment ends at 1678.
  package let firstSecond: Int64
  /// Those of `notAfter`, which ends at 2262: RFC 5280 section 4.1.2.5 writes "no end" as the year 9999.
  package let lastSecond: Int64
  /// SHA-256 of the whole certificate in lower-case hex, without colons.
  package let fingerprintSHA256: String
  /// The public key: "RSA 2048", "EC P-256", "ED25519".
  package let key: String
  /// The signature algorithm: "RSA-SHA256".
  package let signature: String

  /// A certificate with everything said.
  package init(
    subject: String, issuer: String, serial: String, names: [String], dnsNames: [String] = [],
    subjectParts: [NamePart] = [], issuerParts: [NamePart] = [], notBefore: Timestamp, notAfter: Timestamp,
    firstSecond: Int64? = nil, lastSecond: Int64? = nil, fingerprintSHA256: String, key: String, signature: String
  ) {
    self.subject = subject
    self.issuer = issuer
    self.serial = serial
    self.names = names
    self.dnsNames = dnsNames
    self.subjectParts = subjectParts
    self.issuerParts = issuerParts
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.firstSecond = firstSecond ?? notBefore.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    self.lastSecond = lastSecond ?? notAfter.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    self.fingerprintSHA256 = fingerprintSHA256
    self.key = key
    self.signature = signature
  }
}

/// One attribute of a distinguished name (X.501), such as `O=Example`.
package struct NamePart: Hashable, Sendable {
  /// The attribute's type as dotted numbers: "2.5.4.10".
  package var type: String
  /// Its value as text.
  package var value: String

  /// An attribute of both its parts.
  package init(type: String, value: String) {
    self.type = type
    self.value = value
  }
}
