import COpenSSL
import Model

/// Why a chain was not verified, in words that name what was seen.
enum VerificationWords {
  private static let maxNames = 8

  /// - Parameters:
  ///   - store: an `X509_STORE_CTX *` after a failed X509_verify_cert(3).
  ///   - leaf: the server's own certificate.
  static func words(of store: OpaquePointer, expected name: PeerName, leaf: Certificate?) -> String {
    let code = X509_STORE_CTX_get_error(store)
    let culprit = X509_STORE_CTX_get_current_cert(store).map { CertificateReader.read($0) }
    // Which certificate it is about, where it is not the server's own.
    let depth = X509_STORE_CTX_get_error_depth(store)
    let other = depth > 0 ? culprit.map { " (\($0.subject))" } ?? "" : ""
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate has expired (\(culprit?.notAfter.rfc3339(fractionDigits: 0) ?? "at an unknown time"))\(other)"
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return
        "certificate is not yet valid (from \(culprit?.notBefore.rfc3339(fractionDigits: 0) ?? "an unknown time"))\(other)"
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return mismatch(name, leaf: leaf)
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed certificate"
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "self-signed certificate in certificate chain\(other)"
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      let issuer = culprit.map { " \"\($0.issuer)\"" } ?? ""
      return "the issuer\(issuer) is not among the trusted authorities, and the server did not send it"
    default:
      return String(cString: X509_verify_cert_error_string(CLong(code))) + other
    }
  }

  private static func mismatch(_ name: PeerName, leaf: Certificate?) -> String {
    let names = leaf?.names ?? []
    guard !names.isEmpty else {
      return "name mismatch: certificate is for no name at all, not for \(name.text) (subject \(leaf?.subject ?? ""))"
    }
    let shown = names.prefix(maxNames).joined(separator: ", ")
    let rest = names.count > maxNames ? " and \(names.count - maxNames) more" : ""
    return "name mismatch: certificate is for \(shown)\(rest), not \(name.text)"
  }
}
