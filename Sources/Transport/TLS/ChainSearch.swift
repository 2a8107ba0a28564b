import COpenSSL
import Model

/// Looks for every chain from a server's certificate to a trusted one, as Go's `Certificate.Verify` does: OpenSSL stops at
/// the first, which may end sooner than another by way of a cross-signed authority.
///
/// Whether a certificate is valid at this time is left open. All that was presented is the server's choice, so the work is
/// bounded.
struct ChainSearch {
  /// As many as Go allows.
  private static let maxSignatureChecks = 100
  private static let maxChains = 16
  /// Go refuses larger ones in TLS; a signature of some hundred thousand bits would be a way to keep us busy.
  private static let maxKeyBits: CInt = 8192

  private let context: OpaquePointer
  private let presented: OpaquePointer
  private var checks = 0
  private var chains: [[OpaquePointer]] = []
  /// What holds the trusted certificates that were found, while they are in use.
  private var trusted: [CertificateStack] = []

  /// The chains, leaf first, each once.
  ///
  /// - Parameter context: an `X509_STORE_CTX *` during verification.
  static func chains(from context: OpaquePointer) -> [[Certificate]] {
    guard let presented = X509_STORE_CTX_get0_untrusted(context), let leaf = X509_STORE_CTX_get0_cert(context) else {
      return []
    }
    var search = ChainSearch(context: context, presented: presented)
    // What is trusted itself needs nobody above it.
    if search.trustedCertificates(named: X509_get_subject_name(leaf)).contains(where: { X509_cmp($0, leaf) == 0 }) {
      search.chains = [[leaf]]
    } else {
      search.extend([leaf])
    }
    var seen: Set<[String]> = []
    // The trusted certificates are lent by the stacks that the search holds.
    return withExtendedLifetime(search.trusted) {
      search.chains.filter(search.isConfirmed).map { $0.map(CertificateReader.read) }
        .filter { seen.insert($0.map(\.fingerprintSHA256)).inserted }
    }
  }

  private init(context: OpaquePointer, presented: OpaquePointer) {
    self.context = context
    self.presented = presented
  }

  // MARK: Going up

  private mutating func extend(_ chain: [OpaquePointer]) {
    guard let last = chain.last, let issuer = X509_get_issuer_name(last) else { return }
    for candidate in trustedCertificates(named: issuer) where isNext(candidate, after: chain) {
      guard chains.count < Self.maxChains else { return }
      chains.append(chain + [candidate])
    }
    for index in 0..<max(0, curlew_certificates_count(presented)) {
      guard chains.count < Self.maxChains, checks < Self.maxSignatureChecks else { return }
      guard let candidate = curlew_certificates_at(presented, index),
        X509_NAME_cmp(X509_get_subject_name(candidate), issuer) == 0, isNext(candidate, after: chain)
      else { continue }
      extend(chain + [candidate])
    }
  }

  private mutating func trustedCertificates(named name: OpaquePointer?) -> [OpaquePointer] {
    guard let name, let pointer = X509_STORE_CTX_get1_certs(context, name) else { return [] }
    let stack = CertificateStack(owning: pointer)
    trusted.append(stack)
    return (0..<stack.count).compactMap { stack[$0] }
  }

  /// Whether a certificate with the right name signed the last one, and is not in the chain already.
  private mutating func isNext(_ candidate: OpaquePointer, after chain: [OpaquePointer]) -> Bool {
    guard let last = chain.last, let key = X509_get0_pubkey(candidate), EVP_PKEY_get_bits(key) <= Self.maxKeyBits,
      !chain.contains(where: { Self.isSameAuthority($0, candidate, key) }), checks < Self.maxSignatureChecks
    else { return false }
    checks += 1
    return X509_verify(last, key) == 1
  }

  /// One authority has several certificates, cross-signed ones: a chain goes through it once.
  private static func isSameAuthority(_ member: OpaquePointer, _ candidate: OpaquePointer, _ key: OpaquePointer) -> Bool
  {
    X509_NAME_cmp(X509_get_subject_name(member), X509_get_subject_name(candidate)) == 0
      && EVP_PKEY_eq(X509_get0_pubkey(member), key) == 1
  }

  // MARK: Confirming

  /// Whether OpenSSL holds a chain good in all but time, when it trusts nobody but its end: authority, length of the path,
  /// constraints on names, purposes, strength of the signatures.
  private func isConfirmed(_ chain: [OpaquePointer]) -> Bool {
    guard let leaf = chain.first, let anchor = chain.last, let store = X509_STORE_new() else { return false }
    defer { X509_STORE_free(store) }
    guard X509_STORE_add_cert(store, anchor) == 1, let check = X509_STORE_CTX_new(),
      let between = try? CertificateStack()
    else { return false }
    defer { withExtendedLifetime(between) { X509_STORE_CTX_free(check) } }
    guard chain.dropFirst().dropLast().allSatisfy(between.append),
      X509_STORE_CTX_init(check, store, leaf, between.pointer) == 1,
      X509_STORE_CTX_set_default(check, "ssl_server") == 1, let parameters = X509_STORE_CTX_get0_param(check)
    else { return false }
    X509_VERIFY_PARAM_set_flags(
      parameters, CUnsignedLong(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_NO_CHECK_TIME))
    if let usual = X509_STORE_CTX_get0_param(context) {
      X509_VERIFY_PARAM_set_auth_level(parameters, X509_VERIFY_PARAM_get_auth_level(usual))
    }
    guard X509_verify_cert(check) == 1, let found = X509_STORE_CTX_get0_chain(check) else { return false }
    let count = Int(curlew_certificates_count(found))
    return count == chain.count
      && chain.indices.allSatisfy { index in
        curlew_certificates_at(found, CInt(index)).map { X509_cmp($0, chain[index]) == 0 } ?? false
      }
  }
}
