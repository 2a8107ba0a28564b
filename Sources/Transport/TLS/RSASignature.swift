import COpenSSL
package import Model

/// Signs with an RSA key, as JSON Web Tokens are (RFC 7518 section 3.3).
package enum RSASignature {
  /// RSASSA-PKCS1-v1_5 over a digest of the message.
  ///
  /// - Parameters:
  ///   - key: PEM text with a private key that is not encrypted.
  ///   - name: what a failure's sentence begins with.
  /// - Throws: why the key cannot be used, in words.
  package static func sign(
    _ message: [UInt8], with key: String, _ algorithm: JWTAssertion.Algorithm, name: String
  ) throws(TLSSettingsFailure) -> [UInt8] {
    let privateKey: OpaquePointer
    do {
      privateKey = try PEM.privateKey(in: Array(key.utf8))
    } catch {
      throw TLSSettingsFailure("\(name): \(error.words)")
    }
    defer { EVP_PKEY_free(privateKey) }
    // Another kind of key would sign too, and nobody could read the token.
    guard EVP_PKEY_get_base_id(privateKey) == EVP_PKEY_RSA else {
      throw TLSSettingsFailure("\(name) is no RSA key, which \(algorithm.rawValue) needs")
    }
    let digest =
      switch algorithm {
      case .rs256: EVP_sha256()
      case .rs384: EVP_sha384()
      case .rs512: EVP_sha512()
      }
    OpenSSLErrors.clear()
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(privateKey)))
    var count = signature.count
    guard EVP_DigestSignInit(context, nil, digest, nil, privateKey) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1
    else {
      throw TLSSettingsFailure("\(name) cannot sign: \(OpenSSLErrors.words(OpenSSLErrors.take()))")
    }
    return Array(signature.prefix(count))
  }
}
