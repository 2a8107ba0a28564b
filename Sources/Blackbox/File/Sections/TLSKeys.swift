import Documents
import Model

/// The keys of `tls_config`.
enum TLSKeys {
  static let ca = Key("ca", .goText, "PEM of the authorities to trust in place of the system's")
  static let caFile = Key("ca_file", .goText, "a file of such PEM")
  static let caRef = Key("ca_ref", .goText, "names such PEM to a secret manager, which there is none of")
  static let certificate = Key("cert", .goText, "PEM of the certificate that we show")
  static let certificateFile = Key("cert_file", .goText, "a file of such PEM")
  static let certificateRef = Key("cert_ref", .goText, "names such PEM to a secret manager, which there is none of")
  static let key = Key("key", .goText, "PEM of the certificate's key")
  static let keyFile = Key("key_file", .goText, "a file of such PEM")
  static let keyRef = Key("key_ref", .goText, "names such PEM to a secret manager, which there is none of")
  static let serverName = Key("server_name", .goText, "the name to ask for and to verify, in place of the target's")
  static let skipsVerification = Key("insecure_skip_verify", .goBool, "takes any certificate")
  static let minVersion = Key("min_version", Form<TLSVersion>.tlsVersion, "the oldest version that is accepted")
  static let maxVersion = Key("max_version", Form<TLSVersion>.tlsVersion, "the newest version that is offered")

  static let table = SectionTable(
    "tls_config",
    [
      ca.any, caFile.any, caRef.any, certificate.any, certificateFile.any, certificateRef.any, key.any, keyFile.any,
      keyRef.any, serverName.any, skipsVerification.any, minVersion.any, maxVersion.any,
    ])

  /// The key itself, as sections that speak TLS have it.
  static let tls = Key("tls_config", Form<TLSConfiguration>.section(table, configuration), "how TLS is spoken")

  private static func configuration(_ section: Section) -> TLSConfiguration? {
    var tls = TLSConfiguration()
    tls.ca = section.source(
      ca, caFile, caRef, fault: "at most one of ca, ca_file & ca_ref must be configured")
    tls.certificate = section.source(
      certificate, certificateFile, certificateRef,
      fault: "at most one of cert, cert_file & cert_ref must be configured")
    tls.key = section.secretSource(
      key, keyFile, keyRef, fault: "at most one of key and key_file must be configured")
    if tls.certificate != nil, tls.key == nil {
      section.fault(
        "exactly one of key or key_file must be configured when a client certificate is configured",
        at: certificate.name, certificateFile.name, certificateRef.name)
    }
    if tls.key != nil, tls.certificate == nil {
      section.fault(
        "exactly one of cert or cert_file must be configured when a client key is configured", at: key.name,
        keyFile.name, keyRef.name)
    }
    tls.serverName = section.given(serverName).flatMap { $0.isEmpty ? nil : $0 }
    tls.skipsVerification = section.given(skipsVerification) ?? false
    tls.minVersion = section.given(minVersion)
    tls.maxVersion = section.given(maxVersion)
    if let oldest = tls.minVersion, let newest = tls.maxVersion, newest < oldest {
      section.warn("max_version is older than min_version: every probe fails", at: maxVersion.name)
    }
    return tls
  }
}

extension Form where Value == TLSVersion {
  /// A version of TLS in the words of prometheus/common.
  static let tlsVersion = Form<String>.goText.map { text, node, reader -> TLSVersion? in
    if let version = TLSVersion(upstream: text) { return version }
    reader.fault(
      "unknown TLS version: \(text.escaped)", at: node, allowed: TLSVersion.allCases.map(\.upstreamName))
    return nil
  }
}

extension TLSVersion {
  /// The version as upstream's files call it: `TLS12`.
  var upstreamName: String {
    switch self {
    case .v1_0: "TLS10"
    case .v1_1: "TLS11"
    case .v1_2: "TLS12"
    case .v1_3: "TLS13"
    }
  }

  /// The version that upstream's files call so.
  init?(upstream name: String) {
    guard let version = Self.allCases.first(where: { $0.upstreamName == name }) else { return nil }
    self = version
  }
}

extension Section {
  /// Where a text comes from, of three keys; an empty text is none.
  ///
  /// - Parameter message: the fault of writing more than one; nil where that is none.
  func source(
    _ value: Key<String>, _ file: Key<String>, _ reference: Key<String>, fault message: String?
  ) -> HTTPClientOptions.Source<String>? {
    let texts = [value, file, reference].map { given($0).flatMap { $0.isEmpty ? nil : $0 } }
    if let message, texts.count(where: { $0 != nil }) > 1 { fault(message, at: value.name, file.name, reference.name) }
    if let text = texts[0] { return .value(text) }
    return texts[1].map { .file($0) } ?? texts[2].map { .reference($0) }
  }

  /// The same for a text that must not be seen.
  func secretSource(
    _ value: Key<String>, _ file: Key<String>, _ reference: Key<String>, fault message: String?
  ) -> HTTPClientOptions.Source<Secret>? {
    switch source(value, file, reference, fault: message) {
    case .value(let text): .value(Secret(text))
    case .file(let path): .file(path)
    case .reference(let name): .reference(name)
    case nil: nil
    }
  }
}
