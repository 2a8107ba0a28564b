import COpenSSL
package import Model

/// Verifies the certificates of one connection and writes down what its handshake shows, whoever drives it: our own
/// `TLSStream` or libcurl.
///
/// It works from OpenSSL's callbacks, so the facts are there as well when the handshake is aborted because of them. Belongs
/// to its connection's loop.
package final class TLSRecorder {
  /// What was seen; nil until the server's certificates have come.
  package private(set) var facts: TLSFacts?
  /// Why the handshake was aborted over the certificate; nil when it was not, and always with `verify: false`.
  package private(set) var failure: ProbeFailure?

  private let name: PeerName
  private let verify: Bool

  /// A recorder for one connection.
  ///
  /// - Parameters:
  ///   - host: the name or address that the certificate must be good for; empty when there is none, which is never verified.
  ///   - verify: whether a certificate that is not verified aborts the handshake.
  package init(host: String, verify: Bool) {
    name = PeerName(host)
    self.verify = verify
  }

  /// The recorder of a connection that is in use, such as one of libcurl's (`CURLINFO_TLS_SSL_PTR`).
  ///
  /// - Parameter ssl: an `SSL *`.
  package static func recorder(of ssl: OpaquePointer) -> TLSRecorder? {
    let pointer =
      SSL_get_ex_data(ssl, connectionSlot)
      ?? SSL_get_SSL_CTX(ssl).flatMap { SSL_CTX_get_ex_data($0, contextSlot) }
    return pointer.map { Unmanaged<TLSRecorder>.fromOpaque($0).takeUnretainedValue() }
  }

  // MARK: Attaching

  /// Makes a context call the recorder that is attached to it or to its connection.
  static func installCallbacks(on context: OpaquePointer) {
    // SSL_CTX_set_cert_verify_callback(3): replaces the whole of verification; its answer decides under SSL_VERIFY_PEER.
    SSL_CTX_set_cert_verify_callback(context, { store, _ in TLSRecorder.certificatesArrived(store) }, nil)
    // SSL_CTX_set_tlsext_status_cb(3): called for every handshake, with a stapled answer or without one, once the
    // certificates were verified.
    curlew_ctx_request_staple(context) { ssl, _ in TLSRecorder.flightArrived(ssl) }
  }

  /// Attaches itself to a context with one connection; the context retains it.
  func attach(toContext context: OpaquePointer) -> Bool {
    let reference = Unmanaged.passRetained(self)
    guard SSL_CTX_set_ex_data(context, Self.contextSlot, reference.toOpaque()) == 1 else {
      reference.release()
      return false
    }
    return true
  }

  /// Attaches itself to a connection that it outlives.
  func attach(toConnection ssl: OpaquePointer) -> Bool {
    SSL_set_ex_data(ssl, Self.connectionSlot, Unmanaged.passUnretained(self).toOpaque()) == 1
  }

  private static let connectionSlot = curlew_ssl_new_index()
  // CRYPTO_EX_free(3): called when the context is freed, for a slot that was never filled with nil.
  private static let contextSlot = curlew_ctx_new_index { _, pointer, _, _, _, _ in
    if let pointer { Unmanaged<TLSRecorder>.fromOpaque(pointer).release() }
  }

  // MARK: Callbacks

  private static func certificatesArrived(_ store: OpaquePointer?) -> CInt {
    guard let store, let pointer = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
      let recorder = recorder(of: OpaquePointer(pointer))
    else { return 0 }
    return recorder.judge(store, of: OpaquePointer(pointer)) ? 1 : 0
  }

  private static func flightArrived(_ ssl: OpaquePointer?) -> CInt {
    if let ssl, let recorder = recorder(of: ssl) { recorder.complete(from: ssl) }
    return 1
  }

  private func judge(_ store: OpaquePointer, of ssl: OpaquePointer) -> Bool {
    var facts = TLSFacts(mustVerify: verify)
    facts.chain = CertificateReader.read(X509_STORE_CTX_get0_untrusted(store))
    if let error = verify(store, leaf: facts.chain.first) {
      facts.verifyError = error
      if verify {
        failure = ProbeFailure(
          .certificateInvalid, during: .tls, "the certificate of \(name.text) is not valid: \(error)")
      }
    } else {
      facts.isVerified = true
      let own = CertificateReader.read(X509_STORE_CTX_get0_chain(store))
      facts.verifiedChains = VerifiedChains.all(from: store, presented: facts.chain, own: own)
    }
    self.facts = facts
    readConnection(ssl)
    return facts.isVerified || !verify
  }

  /// What the server's first flight adds: the protocol that was agreed on and the stapled answer.
  private func complete(from ssl: OpaquePointer) {
    guard facts != nil else { return }
    readConnection(ssl)
    facts?.ocsp = OCSPStaple.state(of: ssl)
    // What went wrong inside of the staple is no failure of the handshake.
    OpenSSLErrors.clear()
  }

  private func readConnection(_ ssl: OpaquePointer) {
    facts?.version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
    // The IANA name, where OpenSSL knows it.
    facts?.cipher =
      SSL_get_current_cipher(ssl).flatMap { SSL_CIPHER_standard_name($0) ?? SSL_CIPHER_get_name($0) }
      .map { String(cString: $0) } ?? ""
    var text: UnsafePointer<UInt8>?
    var count: CUnsignedInt = 0
    SSL_get0_alpn_selected(ssl, &text, &count)
    facts?.alpn = String(decoding: UnsafeBufferPointer(start: text, count: Int(count)), as: UTF8.self)
  }

  /// Verifies chain and name; nil when both hold, else the reason.
  private func verify(_ store: OpaquePointer, leaf: Certificate?) -> String? {
    guard let parameters = X509_STORE_CTX_get0_param(store) else { return "out of memory" }
    guard name.require(in: parameters) else {
      return "there is no name to verify it for; set tls.server_name"
    }
    OpenSSLErrors.clear()
    defer { OpenSSLErrors.clear() }
    guard X509_verify_cert(store) <= 0 else { return nil }
    return VerificationWords.words(of: store, expected: name, leaf: leaf)
  }
}
