import Expressions
import Model

/// Gathers the problems of all files, so that one pass shows them all.
package final class DiagnosticSink {
  /// In the order in which they were found.
  package private(set) var diagnostics: [Diagnostic] = []
  private var seen: Set<Diagnostic> = []
  private var leftOut = 0
  /// Whether anything found forbids using the files.
  package private(set) var hasErrors = false

  /// While it is, nothing is taken note of.
  private var isMuted = false

  /// More than anybody reads; a bound on what a broken generator can make us print.
  package static let limit = 500

  /// How many problems were told so far.
  package var count: Int { diagnostics.count + leftOut }

  /// Knows of no problem yet.
  package init() {}

  /// Adds a problem; one that was said before, such as that of a default used by many checks, is said once.
  package func report(_ problem: Diagnostic) {
    guard !isMuted else { return }
    let diagnostic = problem.escapedForDisplay
    if diagnostic.severity == .error { hasErrors = true }
    guard !seen.contains(diagnostic) else { return }
    guard seen.count < Self.limit else {
      leftOut += 1
      return
    }
    seen.insert(diagnostic)
    diagnostics.append(diagnostic)
  }

  /// Does something of whose problems nobody is told.
  ///
  /// - Parameter isMuted: false to be told of them all the same.
  package func muted<Value>(_ isMuted: Bool = true, _ body: () -> Value) -> Value {
    let before = self.isMuted
    self.isMuted = before || isMuted
    defer { self.isMuted = before }
    return body()
  }

  /// All problems: those of a file together and from top to bottom, files in the order in which they were first spoken of;
  /// before them those without a place, and after them a line for those beyond the limit.
  package func finished() -> [Diagnostic] {
    var ranks: [String: Int] = [:]
    for diagnostic in diagnostics {
      if let file = diagnostic.excerpt?.location.file, ranks[file] == nil { ranks[file] = ranks.count }
    }
    let keyed = diagnostics.enumerated().map { index, diagnostic in
      let location = diagnostic.excerpt?.location
      let rank = location.flatMap { ranks[$0.file] } ?? -1
      return (key: (rank, location?.line ?? 0, location?.column ?? 0, index), diagnostic: diagnostic)
    }
    let sorted = keyed.sorted { $0.key < $1.key }.map(\.diagnostic)
    return leftOut == 0 ? sorted : sorted + [Diagnostic("\(leftOut) more problems are not shown")]
  }

  /// Adds a problem at a node.
  package func error(
    _ message: String, at node: YAMLNode, notes: [Diagnostic.Note] = [], allowed: [String] = [],
    suggestion: String? = nil
  ) {
    report(
      Diagnostic(message, excerpt: node.excerpt, notes: notes, allowed: allowed, suggestion: suggestion))
  }
}

extension Diagnostic {
  /// With escapes in place of what would move a terminal's cursor: messages quote files that others wrote.
  fileprivate var escapedForDisplay: Diagnostic {
    var copy = self
    copy.message = message.escapedForDisplay
    copy.suggestion = suggestion?.escapedForDisplay
    copy.allowed = allowed.map(\.escapedForDisplay)
    for index in copy.notes.indices { copy.notes[index].message = notes[index].message.escapedForDisplay }
    return copy
  }
}
