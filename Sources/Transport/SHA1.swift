import COpenSSL

/// SHA-1 (FIPS 180-4), for protocols that name it where nothing depends on its strength, such as the opening handshake of
/// WebSocket (RFC 6455 section 10.8).
package enum SHA1 {
  /// The 20 bytes of the digest.
  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
    return digest
  }
}
