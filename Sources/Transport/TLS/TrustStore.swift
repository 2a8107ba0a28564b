import COpenSSL
import Glibc
import Synchronization

/// The authorities that a chain may end at (X509_STORE), built once and shared by all connections.
package final class TrustStore: Sendable {
  // Sound: an X509_STORE is counted by reference and locks itself (X509_STORE_new(3)); it is not changed after `init`.
  nonisolated(unsafe) let pointer: OpaquePointer

  private init() throws(TLSSettingsFailure) {
    guard let pointer = X509_STORE_new() else { throw TLSSettingsFailure("a trust store: out of memory") }
    self.pointer = pointer
    // An authority of the user's own choice need not be a root (X509_VERIFY_PARAM_set_flags(3)).
    X509_STORE_set_flags(pointer, CUnsignedLong(X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST))
    VerifiedChains.attach(to: pointer)
  }

  deinit { X509_STORE_free(pointer) }

  /// Trusts the certificates of a PEM text.
  ///
  /// - Parameter name: what a failure's sentence begins with: `tls.ca "root.pem"`.
  convenience init(pem: [UInt8], name: String) throws(TLSSettingsFailure) {
    try self.init()
    let certificates: CertificateStack
    do {
      certificates = try PEM.certificates(in: pem)
    } catch {
      throw TLSSettingsFailure("\(name): \(error.words)")
    }
    guard certificates.count > 0 else {
      throw TLSSettingsFailure("\(name) holds no certificate; a PEM file of trusted authorities is needed")
    }
    for index in 0..<certificates.count {
      guard let certificate = certificates[index] else { continue }
      X509_STORE_add_cert(pointer, certificate)
    }
  }

  /// Trusts what OpenSSL trusts by itself: `SSL_CERT_FILE`, `SSL_CERT_DIR` or the paths compiled in
  /// (X509_STORE_set_default_paths(3)).
  static func openSSLDefault() throws(TLSSettingsFailure) -> TrustStore {
    let store = try TrustStore()
    X509_STORE_set_default_paths(store.pointer)
    OpenSSLErrors.clear()
    return store
  }
}

/// The trust stores in use, each built when it is first asked for and again when its file has changed.
final class TrustStores: Sendable {
  /// No bundle of authorities in use is near it.
  static let maxFileBytes = 16 << 20

  /// Where distributions keep the bundle of the authorities that they trust. One file is read once, where the hashed
  /// directory that OpenSSL looks at by itself would be searched anew for every issuer that nobody knows.
  private static let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

  private let stores = Mutex<BoundedCache<String, (stamp: FileStamp, store: TrustStore)>>(BoundedCache(capacity: 64))
  private let texts = Mutex<BoundedCache<String, TrustStore>>(BoundedCache(capacity: 64))
  private let fallback = Mutex<TrustStore?>(nil)

  /// The system's authorities.
  func system() throws(TLSSettingsFailure) -> TrustStore {
    if getenv("SSL_CERT_FILE") == nil, getenv("SSL_CERT_DIR") == nil {
      for bundle in Self.bundles where FileStamp(bundle) != nil {
        return try store(ofFile: bundle, name: "the file of the system's authorities, \(bundle),")
      }
    }
    return try fallback.withLock { (fallback) throws(TLSSettingsFailure) in
      if let store = fallback { return store }
      let store = try TrustStore.openSSLDefault()
      fallback = store
      return store
    }
  }

  /// The authorities of a PEM text.
  func store(ofText text: String, name: String) throws(TLSSettingsFailure) -> TrustStore {
    if let known = texts.withLock({ $0.value(for: text) }) { return known }
    let store = try TrustStore(pem: Array(text.utf8), name: name)
    texts.withLock { $0.insert(store, for: text) }
    return store
  }

  /// The authorities of a file.
  ///
  /// - Parameter name: what a failure's sentence begins with: `tls.ca "root.pem"`.
  func store(ofFile path: String, name: String) throws(TLSSettingsFailure) -> TrustStore {
    if let known = stores.withLock({ $0.value(for: path) }), known.stamp == FileStamp(path) { return known.store }
    // Read outside of the lock: others must not wait for a slow disk.
    let content: (bytes: [UInt8], stamp: FileStamp)
    do {
      content = try FileReader.read(path, atMost: Self.maxFileBytes)
    } catch {
      throw TLSSettingsFailure("\(name) cannot be read: \(error.words)")
    }
    let store = try TrustStore(pem: content.bytes, name: name)
    stores.withLock { $0.insert((content.stamp, store), for: path) }
    return store
  }
}
