import COpenSSL

/// Judges the answer about its own certificate that a server staples to the handshake (RFC 6066 section 8, RFC 6960).
enum OCSPStaple {
  /// How far our clock and the responder's may be apart.
  private static let skewSeconds = 300

  /// `none`, `good`, `revoked`, `unknown`, or `invalid: ` and the reason.
  ///
  /// - Parameter ssl: an `SSL *` whose certificates were verified.
  static func state(of ssl: OpaquePointer) -> String {
    var bytes: UnsafePointer<UInt8>?
    let count = curlew_ssl_staple(ssl, &bytes)
    guard count > 0, bytes != nil else { return "none" }
    guard let response = d2i_OCSP_RESPONSE(nil, &bytes, count) else { return "invalid: it cannot be read" }
    defer { OCSP_RESPONSE_free(response) }
    let status = OCSP_response_status(response)
    guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
      return "invalid: the responder said \(OCSP_response_status_str(CLong(status)).map { String(cString: $0) } ?? "")"
    }
    guard let basic = OCSP_response_get1_basic(response) else { return "invalid: it holds no basic response" }
    defer { OCSP_BASICRESP_free(basic) }
    let chain = SSL_get0_verified_chain(ssl) ?? SSL_get_peer_cert_chain(ssl)
    guard let chain, let leaf = curlew_certificates_at(chain, 0) else { return "invalid: there is no certificate" }
    guard let store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), OCSP_basic_verify(basic, chain, store, 0) > 0 else {
      return "invalid: its signature cannot be verified"
    }
    return state(of: leaf, in: basic, chain: chain)
  }

  private static func state(of leaf: OpaquePointer, in basic: OpaquePointer, chain: OpaquePointer) -> String {
    guard let issuer = issuer(of: leaf, in: chain) else { return "invalid: the issuer is not known" }
    for index in 0..<max(0, OCSP_resp_count(basic)) {
      guard let single = OCSP_resp_get0(basic, index), matches(single, leaf: leaf, issuer: issuer) else { continue }
      var reason: CInt = 0
      var thisUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      var nextUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
      let status = OCSP_single_get0_status(single, &reason, nil, &thisUpdate, &nextUpdate)
      guard OCSP_check_validity(thisUpdate, nextUpdate, skewSeconds, -1) == 1 else {
        return "invalid: it is not of this time"
      }
      switch status {
      case V_OCSP_CERTSTATUS_GOOD: return "good"
      case V_OCSP_CERTSTATUS_REVOKED: return "revoked"
      default: return "unknown"
      }
    }
    return "invalid: it is about another certificate"
  }

  private static func issuer(of leaf: OpaquePointer, in chain: OpaquePointer) -> OpaquePointer? {
    for index in 0..<max(0, curlew_certificates_count(chain)) {
      if let candidate = curlew_certificates_at(chain, index), X509_check_issued(candidate, leaf) == X509_V_OK {
        return candidate
      }
    }
    return nil
  }

  /// Whether a single answer is about the certificate; it says by which digest it names it.
  private static func matches(_ single: OpaquePointer, leaf: OpaquePointer, issuer: OpaquePointer) -> Bool {
    guard let id = OCSP_SINGLERESP_get0_id(single) else { return false }
    var digest: OpaquePointer?
    guard OCSP_id_get0_info(nil, &digest, nil, nil, id) == 1, let digest,
      let algorithm = EVP_get_digestbyname(OBJ_nid2sn(OBJ_obj2nid(digest))),
      let own = OCSP_cert_to_id(algorithm, leaf, issuer)
    else { return false }
    defer { OCSP_CERTID_free(own) }
    return OCSP_id_cmp(own, id) == 0
  }
}
