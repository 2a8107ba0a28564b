/// In what Curlew differs from blackbox_exporter 0.23.0, each with its reason. docs/blackbox.md tells its readers the same.
struct KnownDifference: Sendable {
  /// What a line of `ExporterText.differences` begins with.
  let line: String
  /// The pairs that it is about, by their names; empty is all.
  let pairs: Set<String>
  let reason: String

  init(_ line: String, in pairs: Set<String> = [], because reason: String) {
    self.line = line
    self.pairs = pairs
    self.reason = reason
  }

  /// Whether it explains a line about a pair.
  func explains(_ line: String, of pair: String) -> Bool {
    (pairs.isEmpty || pairs.contains(pair)) && line.hasPrefix(self.line)
  }

  /// What later versions of blackbox_exporter have and 0.23.0 has not: there with `--compat=strict` too.
  static let ofLaterVersions = [
    KnownDifference("added probe_timeout_seconds", because: "stands on the main branch after 0.28.0"),
    KnownDifference("added probe_failed_due_to_bytes", because: "came with expect_bytes in 0.27"),
    KnownDifference("added probe_tls_cipher_info", because: "came in 0.25"),
    KnownDifference("added probe_ssl_last_chain_info{", because: "the label serialnumber came in 0.24"),
    KnownDifference("missing probe_ssl_last_chain_info{", because: "the label serialnumber came in 0.24"),
    KnownDifference(
      "missing probe_ssl_earliest_cert_expiry", in: ["grpc", "grpc not serving", "grpc unknown", "grpc refused"],
      because: "since 0.26 it is absent without TLS"),
  ]

  /// Faults that are mended and what goes beyond, with `--compat=mended`, the default.
  static let mended = [
    KnownDifference("added probe_failure_info", because: "says why a probe failed"),
    KnownDifference("added probe_ssl_certificate_", because: "tells of each certificate that came"),
    KnownDifference(
      "value probe_http_uncompressed_body_length: 145", in: ["http_302 /old", "http_no_follow /old"],
      because: "the body of a redirect that is not followed is read, so that it can be checked"),
    KnownDifference(
      "value probe_failed_due_to_regex: 1", in: ["tcp never", "quick"],
      because: "a line that never came is what the expression waited for"),
    KnownDifference(
      "missing probe_ssl_last_chain_expiry_timestamp_seconds", in: ["https_skip"],
      because: "without a verified chain there is no expiry of one"),
    KnownDifference(
      "added probe_ssl_", in: ["https_unknown"],
      because: "the certificate for which a handshake was given up is shown"),
    KnownDifference(
      "added probe_tls_version_info", in: ["https_unknown"],
      because: "what a handshake that was given up showed is shown"),
  ]

  /// What is not as in the original even with `--compat=strict`.
  static let strict = [
    KnownDifference(
      "missing probe_failed_due_to_regex", in: ["tcp refused", "tcp no port"],
      because: "since 0.27 it is absent where there was no connection")
  ]
}
