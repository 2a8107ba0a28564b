/// What `--report` says: which kind, and into which file.
struct ReportRequest {
  let kind: ReportKind
  let path: String

  /// Reads `kind=file`; nil when the kind is not known, or no file is named.
  init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let kind = ReportKind(rawValue: parts[0]), !parts[1].isEmpty, parts[1] != "-" else {
      return nil
    }
    self.kind = kind
    path = parts[1]
  }
}
