import Documents
import NIOSSL

/// Makes the library's context of what a file says.
enum TLSServerContext {
  /// The most bytes of a PEM file.
  private static let limit = 1 << 20

  static func make(_ tls: WebConfiguration.TLS, allowsHTTP2: Bool) throws(WebFault) -> NIOSSLContext {
    let chain = try certificates(in: tls.certificate, "certificate")
    let keyBytes = try bytes(of: tls.key, "key")
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
    } catch {
      throw WebFault(words: "the key \(name(of: tls.key)) cannot be used: \(error)")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = tls.versions.lowerBound.library
    configuration.maximumTLSVersion = tls.versions.upperBound.library
    configuration.applicationProtocols = allowsHTTP2 ? ["h2", "http/1.1"] : ["http/1.1"]
    let suites = tls.ciphers.filter { $0 >> 8 != 0x13 }
    if !suites.isEmpty { configuration.cipherSuiteValues = suites.map { NIOTLSCipher($0) } }
    if !tls.curves.isEmpty { configuration.curves = tls.curves.map { NIOTLSCurve($0) } }
    configuration.trustRoots = .certificates(
      try tls.clientAuthorities.map { authorities throws(WebFault) in try certificates(in: authorities, "client CA") }
        ?? [])
    configuration.sendCANameList = tls.clientAuthorities != nil
    configuration.certificateVerification =
      switch tls.clientAuthentication {
      case .none: .none
      case .request, .verifyIfGiven: .optionalVerification
      case .requireAny, .requireAndVerify: .noHostnameVerification
      }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw WebFault(
        words: "the certificate \(name(of: tls.certificate)) and the key \(name(of: tls.key)) cannot be used: \(error)")
    }
  }

  private static func certificates(
    in source: WebConfiguration.Source, _ what: String
  ) throws(WebFault) -> [NIOSSLCertificate] {
    let bytes = try bytes(of: source, what)
    do {
      return try NIOSSLCertificate.fromPEMBytes(bytes)
    } catch {
      throw WebFault(words: "the \(what) \(name(of: source)) cannot be used: \(error)")
    }
  }

  private static func bytes(of source: WebConfiguration.Source, _ what: String) throws(WebFault) -> [UInt8] {
    switch source {
    case .text(let text): return Array(text.utf8)
    case .file(let path):
      do throws(FileProblem) {
        return try DiskFiles().read(path, limit: limit)
      } catch {
        throw WebFault(words: "the \(what) '\(path)' cannot be read: \(error)")
      }
    }
  }

  private static func name(of source: WebConfiguration.Source) -> String {
    if case .file(let path) = source { "'\(path)'" } else { "in the web configuration" }
  }
}

extension TLSServerVersion {
  fileprivate var library: TLSVersion {
    switch self {
    case .tls10: .tlsv1
    case .tls11: .tlsv11
    case .tls12: .tlsv12
    case .tls13: .tlsv13
    }
  }
}
