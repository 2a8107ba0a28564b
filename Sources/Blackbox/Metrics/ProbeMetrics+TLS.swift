package import Model

extension ProbeMetrics {
  /// Adds what a handshake showed: `probe_ssl_*` and `probe_tls_*`; nothing where there was none.
  ///
  /// A handshake that was aborted over its certificate shows the certificate all the same, which upstream does not: strict
  /// leaves all of it out. So it does with our own gauges for each certificate.
  ///
  /// - Parameters:
  ///   - withCipher: whether `probe_tls_cipher_info` is among them, as it is for http alone.
  ///   - withLastChain: whether `probe_ssl_last_chain_expiry_timestamp_seconds` is, as it is for all but grpc.
  package mutating func addTLS(
    _ facts: TLSFacts?, _ compatibility: Compatibility, withCipher: Bool, withLastChain: Bool
  ) {
    guard let facts, let leaf = facts.chain.first else { return }
    if compatibility == .strict, facts.isAborted { return }
    if let earliest = facts.chain.map(\.lastSecond).min() {
      set("probe_ssl_earliest_cert_expiry", help: "Returns last SSL chain expiry in unixtime", Double(earliest))
    }
    if withLastChain {
      // Upstream verifies nothing where nothing has to be verified, even if it could be.
      let isVerified = facts.mustVerify || compatibility == .mended
      addLastChain(isVerified ? facts.verifiedChains : [], compatibility)
    }
    addLeaf(leaf)
    if !facts.version.isEmpty {
      set(
        "probe_tls_version_info", help: "Returns the TLS version used or NaN when unknown", 1,
        labels: [("version", Self.goName(ofVersion: facts.version))])
    }
    if withCipher, !facts.cipher.isEmpty {
      set(
        "probe_tls_cipher_info", help: "Returns the TLS cipher negotiated during handshake", 1,
        labels: [("cipher", Self.goName(ofCipher: facts.cipher))])
    }
    if compatibility == .mended {
      for (position, certificate) in facts.chain.enumerated() { add(certificate, at: position) }
    }
  }

  /// The verified chain that holds out longest, and the certificate in it that ends first.
  private mutating func addLastChain(_ chains: [[Certificate]], _ compatibility: Compatibility) {
    let ends = chains.compactMap { $0.map(\.lastSecond).min() }
    // Go's time before all times, the year 1, which upstream shows where nothing was verified.
    guard let last = ends.max() ?? (compatibility == .strict ? -62_135_596_800 : nil) else { return }
    set(
      "probe_ssl_last_chain_expiry_timestamp_seconds", help: "Returns last SSL chain expiry in timestamp", Double(last))
  }

  private mutating func addLeaf(_ leaf: Certificate) {
    set(
      "probe_ssl_last_chain_info", help: "Contains SSL leaf certificate information", 1,
      labels: [
        ("fingerprint_sha256", leaf.fingerprintSHA256), ("subject", GoName.text(of: leaf.subjectParts)),
        ("issuer", GoName.text(of: leaf.issuerParts)), ("subjectalternative", leaf.dnsNames.joined(separator: ",")),
        ("serialnumber", Self.goText(ofSerial: leaf.serial)),
      ])
  }

  /// Our own gauges: upstream tells when one of the certificates ends, and not which.
  private mutating func add(_ certificate: Certificate, at position: Int) {
    let labels = [
      ("position", String(position)), ("fingerprint_sha256", certificate.fingerprintSHA256),
      ("subject", GoName.text(of: certificate.subjectParts)), ("issuer", GoName.text(of: certificate.issuerParts)),
      ("serialnumber", Self.goText(ofSerial: certificate.serial)),
    ]
    set(
      "probe_ssl_certificate_not_after_timestamp_seconds",
      help: "When a certificate that the server presented ends, in unixtime; the leaf has position 0",
      Double(certificate.lastSecond), labels: labels)
    set(
      "probe_ssl_certificate_not_before_timestamp_seconds",
      help: "When a certificate that the server presented begins, in unixtime; the leaf has position 0",
      Double(certificate.firstSecond), labels: labels)
  }

  // MARK: Go's words

  private static func goName(ofVersion version: String) -> String {
    switch version {
    case "TLSv1": "TLS 1.0"
    case "TLSv1.1": "TLS 1.1"
    case "TLSv1.2": "TLS 1.2"
    case "TLSv1.3": "TLS 1.3"
    default: "unknown"
    }
  }

  /// OpenSSL calls the suites of SSLv3 as that did, IANA and Go as TLS does.
  private static func goName(ofCipher cipher: String) -> String {
    cipher.hasPrefix("SSL_") ? "TLS_" + cipher.dropFirst(4) : cipher
  }

  /// The bytes of the number: none for zero, and no sign.
  private static func goText(ofSerial serial: String) -> String {
    let digits = serial.drop { $0 == "-" }
    return digits.allSatisfy { $0 == "0" } ? "" : String(digits)
  }
}
