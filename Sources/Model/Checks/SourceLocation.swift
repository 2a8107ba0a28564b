/// A place in a user's file: what every diagnostic and every failed expectation points to.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// The path as the user gave it; `<stdin>` for standard input.
  package var file: String
  /// Counted from 1.
  package var line: Int
  /// Counted from 1, in Unicode scalars.
  package var column: Int

  /// A place in a file.
  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// The source line that a message is about, with the part to underline.
package struct SourceExcerpt: Hashable, Sendable {
  /// Where the underlined part begins.
  package var location: SourceLocation
  /// The whole source line, without its line end.
  package var lineText: String
  /// How many scalars are underlined, at least 1.
  package var width: Int

  /// An excerpt of one line.
  package init(location: SourceLocation, lineText: String, width: Int) {
    self.location = location
    self.lineText = lineText
    self.width = width
  }

  /// Three lines in the manner of a compiler: place, source line, carets.
  ///
  /// - Parameter indent: what stands before each line.
  package func rendered(indent: String = "") -> String {
    let number = String(location.line)
    let gutter = String(repeating: " ", count: number.count)
    // Tabs are kept in the caret line, so that it lines up whatever the terminal's tab width is.
    let before = lineText.unicodeScalars.prefix(location.column - 1)
    let padding = String(String.UnicodeScalarView(before.map { $0 == "\t" ? "\t" : " " }))
    let carets = String(repeating: "^", count: max(1, width))
    return """
      \(indent)\(location)
      \(indent) \(number) | \(lineText)
      \(indent) \(gutter) | \(padding)\(carets)
      """
  }

  /// The underlined part alone.
  package var text: String {
    let scalars = lineText.unicodeScalars.dropFirst(max(0, location.column - 1)).prefix(max(1, width))
    return String(String.UnicodeScalarView(scalars))
  }
}
