import COpenSSL
package import Model

/// `TLSOptions` with everything that they name read and checked, ready to be installed on any OpenSSL context.
package final class TLSSettings: Sendable {
  /// What was asked for, but for `verify` and `serverName`, which concern the recorder alone.
  private let options: TLSOptions
  let trustStore: TrustStore
  let identity: ClientIdentity?
  /// The context of our own connections. One is enough for all that share the settings: an SSL_CTX is counted by reference
  /// and safe to make connections from on several threads (SSL_CTX_new(3)), and costs some hundred microseconds to make.
  // Sound: not changed after `init`.
  nonisolated(unsafe) let context: OpaquePointer

  init(options: TLSOptions, trustStore: TrustStore, identity: ClientIdentity?) throws(TLSSettingsFailure) {
    if let oldest = options.minVersion, let newest = options.maxVersion, newest < oldest {
      throw TLSSettingsFailure(
        "tls.min_version \"\(oldest.rawValue)\" is newer than tls.max_version \"\(newest.rawValue)\"")
    }
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw TLSSettingsFailure("a TLS context: \(OpenSSLErrors.words(OpenSSLErrors.take()))")
    }
    self.options = options
    self.trustStore = trustStore
    self.identity = identity
    self.context = context
    try configure(context)
  }

  deinit { SSL_CTX_free(context) }

  /// Makes a context that somebody else owns, such as libcurl, behave as the options say and report to `recorder`.
  ///
  /// The context holds on to the recorder until it is freed itself. To be called once a context, before its handshake.
  ///
  /// - Parameter context: an `SSL_CTX *` that serves one connection.
  package func install(on context: OpaquePointer, recorder: TLSRecorder) throws(TLSSettingsFailure) {
    try configure(context)
    guard recorder.attach(toContext: context) else { throw TLSSettingsFailure("a TLS recorder: out of memory") }
  }

  private func configure(_ context: OpaquePointer) throws(TLSSettingsFailure) {
    OpenSSLErrors.clear()
    try setVersions(of: context)
    SSL_CTX_set1_cert_store(context, trustStore.pointer)
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    TLSRecorder.installCallbacks(on: context)
    // Each probe shows a full handshake: with a resumed session no certificate would be seen.
    curlew_ctx_disable_sessions(context)
    curlew_ctx_harden(context)
    try identity?.install(on: context)
  }

  private func setVersions(of context: OpaquePointer) throws(TLSSettingsFailure) {
    if let oldest = options.minVersion, curlew_ctx_set_min_version(context, oldest.number) != 1 {
      throw TLSSettingsFailure("tls.min_version \"\(oldest.rawValue)\" is not supported by this OpenSSL")
    }
    guard let newest = options.maxVersion ?? options.minVersion else { return }
    if options.maxVersion != nil, curlew_ctx_set_max_version(context, newest.number) != 1 {
      throw TLSSettingsFailure("tls.max_version \"\(newest.rawValue)\" is not supported by this OpenSSL")
    }
    if options.maxVersion != nil, options.minVersion == nil, newest < .v1_2 {
      // The distribution's configuration may set an oldest version above the newest one asked for.
      _ = curlew_ctx_set_min_version(context, newest.number)
    }
    if min(options.minVersion ?? newest, newest) < .v1_2 {
      // TLS before 1.2 signs with MD5 and SHA-1, which OpenSSL 3 allows at level 0 alone (SSL_CTX_set_security_level(3));
      // certificates are judged at the usual level nevertheless.
      X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(context), SSL_CTX_get_security_level(context))
      SSL_CTX_set_security_level(context, 0)
    }
  }
}

/// Why TLS cannot be spoken as the options say: a fault of the configuration, not of the target.
package struct TLSSettingsFailure: Error, Hashable, CustomStringConvertible {
  /// One line in words, with the user's value.
  package let message: String

  init(_ message: String) {
    self.message = message
  }

  package var description: String { message }

  /// How a probe reports it.
  package var probeFailure: ProbeFailure { ProbeFailure(.templateFailed, during: .tls, message) }
}

extension TLSVersion {
  /// The number on the wire (RFC 8446 appendix D).
  fileprivate var number: CInt {
    switch self {
    case .v1_0: TLS1_VERSION
    case .v1_1: TLS1_1_VERSION
    case .v1_2: TLS1_2_VERSION
    case .v1_3: TLS1_3_VERSION
    }
  }
}
