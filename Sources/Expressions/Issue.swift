/// What is wrong with an expression or template, and where.
package struct Issue: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, with the user's text in quotes.
  package let message: String
  /// Where, in UTF-8 offsets into the source (or the template's text); empty at the end of the source.
  package let range: Range<Int>
  /// What was probably meant.
  package let suggestion: String?
  /// What may stand there, when that is a short list.
  package let allowed: [String]

  /// An issue at a place.
  package init(_ message: String, range: Range<Int>, suggestion: String? = nil, allowed: [String] = []) {
    self.message = message
    self.range = range
    self.suggestion = suggestion
    self.allowed = allowed
  }

  /// The message and what to do: `unknown name 'statu'; did you mean 'status'?`.
  package var description: String {
    if let suggestion { return "\(message); did you mean '\(suggestion)'?" }
    guard !allowed.isEmpty else { return message }
    let shown = allowed.prefix(12).joined(separator: ", ")
    return "\(message); allowed: \(shown)\(allowed.count > 12 ? ", …" : "")"
  }

  func shifted(by offset: Int) -> Issue {
    Issue(
      message, range: range.lowerBound + offset..<range.upperBound + offset, suggestion: suggestion, allowed: allowed)
  }
}

/// All that is wrong with a source; never empty, in the order of the source.
package struct CompilationFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, first things first.
  package let issues: [Issue]

  /// A failure of these issues.
  package init(_ issues: [Issue]) {
    self.issues = issues.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// All issues, joined by "; ".
  package var description: String { issues.map(\.description).joined(separator: "; ") }
}

extension Range<Int> {
  /// The columns that a range of UTF-8 offsets covers in a source, counted in Unicode scalars from 0.
  package func scalarColumns(in source: String) -> Range<Int> {
    func column(_ offset: Int) -> Int {
      source.utf8.prefix(offset).count { $0 & 0xC0 != 0x80 }
    }
    return column(lowerBound)..<column(upperBound)
  }
}
