import CNettle

/// The digests that expressions offer, by Nettle (its manual, section 6.1).
package enum Digest {
  /// SHA-256 (FIPS 180-4): 32 bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var context = sha256_ctx()
    nettle_sha256_init(&context)
    nettle_sha256_update(&context, bytes.count, bytes)
    return [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_SIZE)) { buffer, count in
      count = Int(SHA256_DIGEST_SIZE)
      nettle_sha256_digest(&context, count, buffer.baseAddress)
    }
  }

  /// HMAC with SHA-256 (RFC 2104): 32 bytes.
  package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    var context = hmac_sha256_ctx()
    nettle_hmac_sha256_set_key(&context, key.count, key)
    nettle_hmac_sha256_update(&context, bytes.count, bytes)
    return [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_SIZE)) { buffer, count in
      count = Int(SHA256_DIGEST_SIZE)
      nettle_hmac_sha256_digest(&context, count, buffer.baseAddress)
    }
  }
}
