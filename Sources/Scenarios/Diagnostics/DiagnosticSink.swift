import Model

/// Gathers the problems of all files, so that one pass shows them all.
final class DiagnosticSink {
  /// In the order in which they were found.
  private(set) var diagnostics: [Diagnostic] = []
  private var seen: Set<Diagnostic> = []
  private var leftOut = 0
  /// Whether anything found forbids using the files.
  private(set) var hasErrors = false

  /// More than anybody reads; a bound on what a broken generator can make us print.
  static let limit = 500

  /// Adds a problem; one that was said before, such as that of a default used by many checks, is said once.
  func report(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { hasErrors = true }
    guard !seen.contains(diagnostic) else { return }
    guard seen.count < Self.limit else {
      leftOut += 1
      return
    }
    seen.insert(diagnostic)
    diagnostics.append(diagnostic)
  }

  /// All problems, with a last line for those beyond the limit.
  func finished() -> [Diagnostic] {
    leftOut == 0 ? diagnostics : diagnostics + [Diagnostic("\(leftOut) more problems are not shown")]
  }

  /// Adds a problem at a node.
  func error(
    _ message: String, at node: YAMLNode, notes: [Diagnostic.Note] = [], allowed: [String] = [],
    suggestion: String? = nil
  ) {
    report(
      Diagnostic(message, excerpt: node.excerpt, notes: notes, allowed: allowed, suggestion: suggestion))
  }
}
