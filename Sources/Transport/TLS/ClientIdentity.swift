import COpenSSL

/// Who we say that we are to a server that asks for it: a certificate, the chain behind it, and the private key.
final class ClientIdentity: Sendable {
  // Sound: X509 and EVP_PKEY objects are counted by reference, and are not changed after `init`.
  nonisolated(unsafe) private let certificates: CertificateStack
  nonisolated(unsafe) private let key: OpaquePointer

  /// Reads a chain, leaf first, and its key.
  ///
  /// - Parameters:
  ///   - certificate: PEM text, with its name for failures.
  ///   - key: PEM text; when nil, the key stands behind the certificates.
  init(
    certificate: (bytes: [UInt8], name: String), key: (bytes: [UInt8], name: String)?
  ) throws(TLSSettingsFailure) {
    let certificates: CertificateStack
    do {
      certificates = try PEM.certificates(in: certificate.bytes)
    } catch {
      throw TLSSettingsFailure("\(certificate.name): \(error.words)")
    }
    guard let leaf = certificates[0] else {
      throw TLSSettingsFailure("\(certificate.name) holds no certificate; PEM text with the client's chain is needed")
    }
    let source = key ?? certificate
    let privateKey: OpaquePointer
    do {
      privateKey = try PEM.privateKey(in: source.bytes)
    } catch {
      throw TLSSettingsFailure("\(source.name): \(error.words)\(key == nil ? "; set tls.key" : "")")
    }
    guard X509_check_private_key(leaf, privateKey) == 1 else {
      EVP_PKEY_free(privateKey)
      OpenSSLErrors.clear()
      throw TLSSettingsFailure("\(source.name) is not the private key of the first certificate of \(certificate.name)")
    }
    self.certificates = certificates
    self.key = privateKey
  }

  deinit { EVP_PKEY_free(key) }

  /// Gives it to a context, which counts its own references.
  func install(on context: OpaquePointer) throws(TLSSettingsFailure) {
    OpenSSLErrors.clear()
    guard SSL_CTX_use_certificate(context, certificates[0]) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
      throw TLSSettingsFailure("the client certificate cannot be used: \(OpenSSLErrors.words(OpenSSLErrors.take()))")
    }
    guard certificates.count > 1 else { return }
    let chain: CertificateStack
    do {
      chain = try CertificateStack()
    } catch {
      throw TLSSettingsFailure("the client certificate's chain: \(error.words)")
    }
    for index in 1..<certificates.count {
      guard let certificate = certificates[index], X509_up_ref(certificate) == 1 else { continue }
      if curlew_certificates_push(chain.pointer, certificate) <= 0 { X509_free(certificate) }
    }
    guard curlew_ctx_set_chain(context, chain.pointer) == 1 else {
      throw TLSSettingsFailure("the client certificate's chain: \(OpenSSLErrors.words(OpenSSLErrors.take()))")
    }
  }
}
