/// Writes trees as YAML in block style, as a person would.
struct YAMLWriter {
  private(set) var text = ""

  /// A longer key is no simple one (YAML 1.2.2 section 8.2.2), and stands after `?`.
  private static let longestSimpleKey = 1000

  /// Writes a map's entries.
  mutating func write(_ entries: [Tree.Entry], indent: Int = 0) {
    for entry in entries { write(entry, indent: indent, isFirstOfItem: false) }
  }

  /// Writes one line of comment.
  mutating func comment(_ line: String, indent: Int = 0) {
    text += blanks(indent) + "# " + Self.harmless(line) + "\n"
  }

  mutating func emptyLine() { text += "\n" }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  private mutating func write(_ entry: Tree.Entry, indent: Int, isFirstOfItem: Bool) {
    if !isFirstOfItem {
      for line in entry.comments { comment(line, indent: indent) }
      text += blanks(indent)
    }
    let key = YAMLScalar.inline(entry.key)
    text += key.utf8.count > Self.longestSimpleKey ? "? \(key)\n\(blanks(indent)):" : "\(key):"
    writeValue(entry.value, indent: indent)
  }

  /// Writes what stands after `key:` or `-`, whose column is `indent`.
  private mutating func writeValue(_ value: Tree, indent: Int) {
    switch value {
    case .text(let template): writeText(template.written, indent: indent)
    case .expression(let source): writeText(source, indent: indent)
    case .plain(let word): text += " \(word)\n"
    case .list(let items) where items.isEmpty: text += " []\n"
    case .map(let entries) where entries.isEmpty: text += " {}\n"
    case .list(let items):
      text += "\n"
      for item in items { write(item: item, indent: indent + 2) }
    case .map(let entries):
      text += "\n"
      write(entries, indent: indent + 2)
    }
  }

  private mutating func write(item: Tree, indent: Int) {
    if case .map(let entries) = item, let first = entries.first {
      for line in first.comments { comment(line, indent: indent) }
      text += blanks(indent) + "- "
      write(first, indent: indent + 2, isFirstOfItem: true)
      for entry in entries.dropFirst() { write(entry, indent: indent + 2, isFirstOfItem: false) }
    } else if case .list(let items) = item, !items.isEmpty {
      text += blanks(indent) + "-\n"
      for item in items { write(item: item, indent: indent + 2) }
    } else {
      text += blanks(indent) + "-"
      writeValue(item, indent: indent)
    }
  }

  private mutating func writeText(_ value: String, indent: Int) {
    guard let (header, lines) = YAMLScalar.block(value) else {
      text += " \(YAMLScalar.inline(value))\n"
      return
    }
    text += " \(header)\n"
    for line in lines {
      if !line.isEmpty { text += blanks(indent + 2) + String(line) }
      text += "\n"
    }
  }

  /// A comment ends with its line, so nothing in it may end one.
  private static func harmless(_ line: String) -> String {
    var result = ""
    for scalar in line.unicodeScalars.prefix(1000) {
      result.unicodeScalars.append(YAMLScalar.isPrintable(scalar) ? scalar : "\u{FFFD}")
    }
    return result
  }
}
