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
  ]

  /// Faults that are mended and what goes beyond, with `--compat=mended`, the default.
  static let mended = [
    KnownDifference("added probe_failure_info", because: "says why a probe failed"),
    KnownDifference("added probe_ssl_certificate_", because: "tells of each certificate that came"),
  ]

  /// What is not as in the original even with `--compat=strict`.
  static let strict: [KnownDifference] = []
}
