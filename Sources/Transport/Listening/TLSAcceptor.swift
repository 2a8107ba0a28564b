import COpenSSL

/// The server's side of TLS, as far as a demonstration needs it: a certificate of its own and the handshake.
package final class TLSAcceptor: @unchecked Sendable {
  // Sound because an SSL_CTX is reference-counted and not changed once it is set up (SSL_CTX_new(3), openssl-threads(7)).
  private let context: OpaquePointer

  /// An acceptor that shows a certificate made here and now, signed by itself.
  ///
  /// - Parameters:
  ///   - name: the host name that it is good for.
  ///   - lifetime: from now until it ends; whole seconds.
  package init(name: String, lifetime: Duration) throws(TLSSettingsFailure) {
    guard let context = SSL_CTX_new(TLS_server_method()) else { throw Self.fault("a TLS server") }
    self.context = context
    guard let key = curlew_key_generate_p256() else { throw Self.fault("a key") }
    defer { EVP_PKEY_free(key) }
    guard let certificate = Self.certificate(for: key, name: name, lifetime: lifetime) else {
      throw Self.fault("a certificate")
    }
    defer { X509_free(certificate) }
    // Both take a reference of their own (SSL_CTX_use_certificate(3)).
    guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
      throw Self.fault("a TLS server")
    }
  }

  deinit { SSL_CTX_free(context) }

  /// Shakes hands with a client and waits until it has gone; whatever goes wrong is the client's affair.
  package func serve(_ socket: StreamSocket) async {
    guard let ssl = SSL_new(context) else { return }
    defer { SSL_free(ssl) }
    guard let bio = SocketBIO.make(over: socket) else { return }
    SSL_set_bio(ssl, bio, bio)
    do {
      while true {
        OpenSSLErrors.clear()
        let result = SSL_accept(ssl)
        if result == 1 { break }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: try await socket.untilReadable()
        case SSL_ERROR_WANT_WRITE: try await socket.untilWritable()
        default: return
        }
      }
      var rest: [UInt8] = []
      while true {
        switch try socket.read(into: &rest, atMost: 4096) {
        case .end: return
        case .bytes: rest.removeAll()
        case .blocked: try await socket.untilReadable()
        }
      }
    } catch {
      return
    }
  }

  private static func certificate(for key: OpaquePointer, name: String, lifetime: Duration) -> OpaquePointer? {
    guard let certificate = X509_new() else { return nil }
    // RFC 5280: version 3 is written as 2; the serial number is positive.
    let isSet =
      X509_set_version(certificate, 2) == 1
      && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), UInt64.random(in: 1...UInt64(Int64.max))) == 1
      && X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil
      && X509_gmtime_adj(X509_getm_notAfter(certificate), Int(lifetime.components.seconds)) != nil
      && X509_set_pubkey(certificate, key) == 1 && setNames(of: certificate, to: name)
      && X509_sign(certificate, key, EVP_sha256()) > 0
    guard isSet else {
      X509_free(certificate)
      return nil
    }
    return certificate
  }

  private static func setNames(of certificate: OpaquePointer, to name: String) -> Bool {
    guard let subject = X509_get_subject_name(certificate) else { return false }
    let bytes = Array(name.utf8)
    guard X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, bytes, CInt(bytes.count), -1, 0) == 1,
      X509_set_issuer_name(certificate, subject) == 1,
      let names = X509V3_EXT_conf_nid(nil, nil, NID_subject_alt_name, "DNS:\(name)")
    else { return false }
    defer { X509_EXTENSION_free(names) }
    return X509_add_ext(certificate, names, -1) == 1
  }

  private static func fault(_ what: String) -> TLSSettingsFailure {
    TLSSettingsFailure("\(what): \(OpenSSLErrors.words(OpenSSLErrors.take()))")
  }
}
