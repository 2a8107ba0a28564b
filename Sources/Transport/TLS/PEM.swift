import COpenSSL
import Glibc

/// Reads PEM text (RFC 7468).
enum PEM {
  /// The certificates in a text, in order; what is no certificate is passed over.
  ///
  /// The caller owns the stack.
  ///
  /// - Throws: OpenSSL's words for the first certificate that cannot be read.
  static func certificates(in bytes: [UInt8]) throws(Refusal) -> CertificateStack {
    let stack = try CertificateStack()
    try withMemory(bytes) { (bio) throws(Refusal) in
      OpenSSLErrors.clear()
      while let certificate = PEM_read_bio_X509(bio, nil, refusePassword, nil) {
        guard curlew_certificates_push(stack.pointer, certificate) > 0 else {
          X509_free(certificate)
          throw Refusal(words: "out of memory")
        }
      }
      let code = OpenSSLErrors.take()
      // The end of the text is reported as a missing start line.
      guard ERR_GET_LIB(CUnsignedLong(code)) == ERR_LIB_PEM, ERR_GET_REASON(CUnsignedLong(code)) == PEM_R_NO_START_LINE
      else {
        throw Refusal(words: "certificate \(stack.count + 1) cannot be read: \(OpenSSLErrors.words(code))")
      }
    }
    return stack
  }

  /// The first private key in a text. Encrypted keys are refused, since nobody is there to be asked.
  ///
  /// The caller owns it (EVP_PKEY_free).
  static func privateKey(in bytes: [UInt8]) throws(Refusal) -> OpaquePointer {
    try withMemory(bytes) { (bio) throws(Refusal) in
      OpenSSLErrors.clear()
      guard let key = PEM_read_bio_PrivateKey(bio, nil, refusePassword, nil) else {
        let words = OpenSSLErrors.words(OpenSSLErrors.take())
        // OpenSSL's decoders say "unsupported" of a text without any key.
        guard String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY-----") else {
          throw Refusal(words: "there is no private key in it")
        }
        throw Refusal(words: "its private key cannot be read (is it encrypted?): \(words)")
      }
      return key
    }
  }

  /// Why a text was refused, as the end of a sentence.
  struct Refusal: Error {
    var words: String
  }

  // pem_password_cb(3): without one, OpenSSL would ask on the terminal.
  private static let refusePassword:
    @Sendable @convention(c) (
      UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?
    ) -> CInt = { _, _, _, _ in -1 }

  private static func withMemory<Result>(
    _ bytes: [UInt8], _ body: (OpaquePointer) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    guard !bytes.isEmpty else { throw Refusal(words: "it is empty") }
    guard let bio = BIO_new(BIO_s_mem()) else { throw Refusal(words: "out of memory") }
    defer { BIO_free(bio) }
    guard BIO_write(bio, bytes, CInt(clamping: bytes.count)) == bytes.count else {
      throw Refusal(words: "out of memory")
    }
    return try body(bio)
  }
}

/// Owns a stack of certificates.
final class CertificateStack {
  let pointer: OpaquePointer

  init() throws(PEM.Refusal) {
    guard let pointer = curlew_certificates_new() else { throw PEM.Refusal(words: "out of memory") }
    self.pointer = pointer
  }

  /// Takes over a stack with all that is in it.
  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  deinit { curlew_certificates_free(pointer) }

  var count: Int { Int(curlew_certificates_count(pointer)) }

  /// Keeps a certificate that somebody else has too; false for lack of memory.
  func append(_ certificate: OpaquePointer) -> Bool {
    guard X509_up_ref(certificate) == 1 else { return false }
    if curlew_certificates_push(pointer, certificate) > 0 { return true }
    X509_free(certificate)
    return false
  }

  /// Lent, not given.
  subscript(_ index: Int) -> OpaquePointer? { curlew_certificates_at(pointer, CInt(index)) }
}
