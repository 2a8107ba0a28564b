/// A table for people: columns of equal width in a terminal, or Markdown.
package struct TextTable: Hashable, Sendable {
  package var titles: [String]
  /// The titles of what stands at the left of its column; all else are figures.
  package var leftAligned: Set<String>
  /// As many cells each as there are titles.
  package var rows: [[String]]

  /// A table with everything said.
  package init(titles: [String], leftAligned: Set<String>, rows: [[String]]) {
    self.titles = titles
    self.leftAligned = leftAligned
    self.rows = rows
  }

  /// Columns filled up with blanks, two between them.
  package var text: String {
    let widths = titles.indices.map { column in
      ([titles] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([titles] + rows).map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += leftAligned.contains(titles[column]) ? cell + blanks : blanks + cell
        line += "  "
      }
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  /// A table as GitHub's Markdown has it.
  package var markdown: String {
    let rule = titles.map { leftAligned.contains($0) ? "---" : "---:" }
    return ([titles, rule] + rows).map { row in
      "| "
        + row.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
        .joined(separator: " | ") + " |\n"
    }.joined()
  }
}
