package import Model

/// Something wrong in a file, said so that it can be repaired without looking anything up: what, where, what is
/// allowed, and what was probably meant.
package struct Diagnostic: Error, Hashable, Sendable {
  /// Whether the files can be used all the same.
  package enum Severity: String, Hashable, Sendable {
    case error, warning
  }

  /// Something to know beside the message, perhaps with a place of its own.
  package struct Note: Hashable, Sendable {
    /// One line.
    package var message: String
    /// Its line with carets.
    package var excerpt: SourceExcerpt?

    /// A note, with a place when there is one to show.
    package init(_ message: String, excerpt: SourceExcerpt? = nil) {
      self.message = message
      self.excerpt = excerpt
    }
  }

  /// Whether the files can be used all the same.
  package var severity: Severity
  /// One line: what happened, with the user's value in quotes.
  package var message: String
  /// Where; nil when there is no line to show, as for a file that does not exist.
  package var excerpt: SourceExcerpt?
  /// What else to know.
  package var notes: [Note]
  /// What may stand there.
  package var allowed: [String]
  /// What was probably meant.
  package var suggestion: String?

  /// A diagnostic with everything said.
  package init(
    _ message: String, severity: Severity = .error, excerpt: SourceExcerpt? = nil, notes: [Note] = [],
    allowed: [String] = [], suggestion: String? = nil
  ) {
    self.severity = severity
    self.message = message
    self.excerpt = excerpt
    self.notes = notes
    self.allowed = allowed
    self.suggestion = suggestion
  }

  /// The text for a terminal: message, place, source line with carets, suggestion, what is allowed, notes. Without a line
  /// end after it.
  package func rendered() -> String {
    var lines = ["\(severity.rawValue): \(message)"]
    if let excerpt { lines.append(excerpt.rendered(indent: "  ")) }
    if let suggestion { lines.append("  did you mean '\(suggestion)'?") }
    if !allowed.isEmpty { lines.append("  allowed: \(allowed.joined(separator: ", "))") }
    for note in notes {
      lines.append("  note: \(note.message)")
      if let excerpt = note.excerpt { lines.append(excerpt.rendered(indent: "  ")) }
    }
    return lines.joined(separator: "\n")
  }
}
