import Blackbox
import Model
import Testing

@Suite("The gauges that probers share")
struct CommonMetricsTests {
  // MARK: Addresses

  private func addresses(_ ip: String, wasAttempted: Bool = true) -> ProbeMetrics {
    var metrics = ProbeMetrics()
    metrics.addAddress(
      Facts(phases: Phases(resolve: .milliseconds(20), connect: .seconds(1)), ip: ip, detail: .tls),
      wasAttempted: wasAttempted)
    return metrics
  }

  @Test(
    "tell the address by its version and its hash",
    arguments: [
      ("127.0.0.1", 4, 3_668_918_509), ("::1", 6, 1_751_717_746), ("fe80::1%lo", 6, 3_766_760_168), ("", 0, 0),
    ])
  func address(_ ip: String, version: Double, hash: Double) {
    let metrics = addresses(ip)
    #expect(metrics.value("probe_ip_protocol") == version)
    #expect(metrics.value("probe_ip_addr_hash") == hash)
    #expect(metrics.value("probe_dns_lookup_time_seconds") == 0.02)
  }

  @Test("say nothing of an address that was never looked for")
  func noAddress() { #expect(addresses("", wasAttempted: false).text == []) }

  // MARK: TLS

  private static func certificate(_ name: String, from: Int64 = 1_000, until: Int64, serial: String = "0a")
    -> Certificate
  {
    Certificate(
      subject: "CN=\(name)", issuer: "CN=Authority", serial: serial, names: [name, "192.0.2.1"],
      dnsNames: [name, "www.\(name)"], subjectParts: [NamePart(type: "2.5.4.3", value: name)],
      issuerParts: [NamePart(type: "2.5.4.10", value: "A, B")], notBefore: Timestamp(secondsSinceEpoch: from),
      notAfter: Timestamp(secondsSinceEpoch: until), fingerprintSHA256: "f0\(name)", key: "", signature: "")
  }

  /// A leaf until 5000 by way of an intermediate until 3000 or, cross-signed, 4000.
  private static func facts(mustVerify: Bool = true, isVerified: Bool = true) -> TLSFacts {
    let leaf = certificate("shop.example", until: 5000)
    let short = certificate("short", until: 3000)
    let long = certificate("long", until: 4000)
    let root = certificate("root", until: 9000)
    return TLSFacts(
      version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", isVerified: isVerified, mustVerify: mustVerify,
      chain: [leaf, short, long], verifiedChains: isVerified ? [[leaf, short, root], [leaf, long, root]] : [])
  }

  private func metrics(
    _ facts: TLSFacts?, _ compatibility: Compatibility = .strict, withCipher: Bool = true, withLastChain: Bool = true
  ) -> ProbeMetrics {
    var metrics = ProbeMetrics()
    metrics.addTLS(facts, compatibility, withCipher: withCipher, withLastChain: withLastChain)
    return metrics
  }

  private static let lastChain = "probe_ssl_last_chain_expiry_timestamp_seconds"

  @Test("are those of blackbox_exporter to the letter when it is strict")
  func strict() {
    #expect(
      String(decoding: metrics(Self.facts()).text, as: UTF8.self) == #"""
        # HELP probe_ssl_earliest_cert_expiry Returns last SSL chain expiry in unixtime
        # TYPE probe_ssl_earliest_cert_expiry gauge
        probe_ssl_earliest_cert_expiry 3000
        # HELP probe_ssl_last_chain_expiry_timestamp_seconds Returns last SSL chain expiry in timestamp
        # TYPE probe_ssl_last_chain_expiry_timestamp_seconds gauge
        probe_ssl_last_chain_expiry_timestamp_seconds 4000
        # HELP probe_ssl_last_chain_info Contains SSL leaf certificate information
        # TYPE probe_ssl_last_chain_info gauge
        probe_ssl_last_chain_info{fingerprint_sha256="f0shop.example",issuer="O=A\\, B",serialnumber="0a",subject="CN=shop.example",subjectalternative="shop.example,www.shop.example"} 1
        # HELP probe_tls_cipher_info Returns the TLS cipher negotiated during handshake
        # TYPE probe_tls_cipher_info gauge
        probe_tls_cipher_info{cipher="TLS_AES_128_GCM_SHA256"} 1
        # HELP probe_tls_version_info Returns the TLS version used or NaN when unknown
        # TYPE probe_tls_version_info gauge
        probe_tls_version_info{version="TLS 1.3"} 1

        """#)
  }

  @Test("say when each certificate begins and ends, which upstream does not")
  func eachCertificate() {
    let metrics = metrics(Self.facts(), .mended)
    for (position, name, end) in [("0", "shop.example", 5000.0), ("1", "short", 3000), ("2", "long", 4000)] {
      let labels = [
        ("position", position), ("fingerprint_sha256", "f0\(name)"), ("subject", "CN=\(name)"), ("issuer", #"O=A\, B"#),
        ("serialnumber", "0a"),
      ]
      #expect(metrics.value("probe_ssl_certificate_not_after_timestamp_seconds", labels: labels) == end)
      #expect(metrics.value("probe_ssl_certificate_not_before_timestamp_seconds", labels: labels) == 1000)
    }
  }

  @Test("leave a chain out that was not verified; strict puts the year 1 there")
  func withoutVerification() {
    let unverified = Self.facts(mustVerify: false, isVerified: false)
    #expect(metrics(unverified, .mended).value(Self.lastChain) == nil)
    #expect(metrics(unverified, .strict).value(Self.lastChain) == -6.21355968e+10)
    // It could be verified, although it did not have to be.
    let unasked = Self.facts(mustVerify: false)
    #expect(metrics(unasked, .mended).value(Self.lastChain) == 4000)
    #expect(metrics(unasked, .strict).value(Self.lastChain) == -6.21355968e+10)
  }

  @Test("show the certificate that a handshake was aborted over; strict shows nothing then")
  func aborted() {
    var aborted = Self.facts(isVerified: false)
    aborted.version = ""
    aborted.cipher = ""
    let shown = metrics(aborted, .mended)
    #expect(shown.value("probe_ssl_earliest_cert_expiry") == 3000)
    #expect(shown.value(Self.lastChain) == nil)
    let text = String(decoding: shown.text, as: UTF8.self)
    #expect(text.contains("probe_ssl_last_chain_info{"))
    #expect(!text.contains("probe_tls_"))
    #expect(metrics(aborted, .strict).text == [])
  }

  @Test("are left out where there was no handshake, or a prober has them not")
  func leftOut() {
    #expect(metrics(nil).text == [])
    let text = String(decoding: metrics(Self.facts(), withCipher: false, withLastChain: false).text, as: UTF8.self)
    #expect(!text.contains("probe_tls_cipher_info"))
    #expect(!text.contains(Self.lastChain))
    #expect(text.contains("probe_ssl_last_chain_info"))
  }

  @Test(
    "name versions as Go does",
    arguments: [
      ("TLSv1", "TLS 1.0"), ("TLSv1.1", "TLS 1.1"), ("TLSv1.2", "TLS 1.2"), ("TLSv1.3", "TLS 1.3"),
      ("SSLv3", "unknown"),
    ])
  func versions(_ version: String, name: String) {
    var facts = Self.facts()
    facts.version = version
    #expect(metrics(facts).value("probe_tls_version_info", labels: [("version", name)]) == 1)
  }

  @Test("name the suites of SSLv3 as Go does")
  func ciphers() {
    var facts = Self.facts()
    facts.cipher = "SSL_RSA_WITH_3DES_EDE_CBC_SHA"
    #expect(
      metrics(facts).value("probe_tls_cipher_info", labels: [("cipher", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")]) == 1)
  }

  @Test("write a serial number as its bytes", arguments: [("00", ""), ("-0a1b", "0a1b"), ("0a1b", "0a1b")])
  func serials(_ serial: String, text: String) {
    let facts = TLSFacts(isVerified: true, chain: [Self.certificate("x", until: 1, serial: serial)])
    let shown = String(decoding: metrics(facts).text, as: UTF8.self)
    #expect(shown.contains("serialnumber=\"\(text)\""))
  }

  // MARK: Failures

  @Test("tell why a probe failed by a word, unless it is strict", arguments: [Compatibility.mended, .strict])
  func failures(_ compatibility: Compatibility) {
    let labels = [("reason", "template_failed"), ("phase", "resolve")]
    let failed = BlackboxModule().report(
      on: nil, spec: nil, fault: ModuleFault(.templateFailed, "\"x\" is no target"), took: .zero, timeout: .seconds(1),
      compatibility)
    #expect(failed.metrics.value("probe_failure_info", labels: labels) == (compatibility == .mended ? 1 : nil))
    let fine = BlackboxModule().report(
      on: nil, spec: nil, fault: nil, took: .zero, timeout: .seconds(1), compatibility)
    #expect(!String(decoding: fine.metrics.text, as: UTF8.self).contains("probe_failure_info"))
  }
}
