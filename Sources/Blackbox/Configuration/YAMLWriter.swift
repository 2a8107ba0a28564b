import Documents
import Expressions

/// Writes YAML as go-yaml v3 does with its default of four spaces.
struct YAMLWriter {
  private(set) var text = ""

  /// The text of a map, with a line end after each line.
  static func text(of tree: YAMLTree) -> String {
    var writer = YAMLWriter()
    if tree.isEmpty { return "{}\n" }
    writer.write(tree, at: 0, startsOnLine: true)
    return writer.text
  }

  /// Writes what stands behind a key or a dash.
  ///
  /// - Parameters:
  ///   - column: where the lines of a map or list begin.
  ///   - startsOnLine: whether the first of them stands where we are, as behind a dash.
  private mutating func write(_ tree: YAMLTree, at column: Int, startsOnLine: Bool) {
    switch tree {
    case .map(let entries) where !entries.isEmpty:
      for (index, entry) in entries.enumerated() {
        begin(index, at: column, startsOnLine)
        text += YAMLScalar.inOneLine(entry.name) + ":"
        let inner = column % 4 == 0 ? column + 4 : column + 2
        writeBehindKey(entry.value, at: inner)
      }
    case .list(let items) where !items.isEmpty:
      for (index, item) in items.enumerated() {
        begin(index, at: column, startsOnLine)
        text += "- "
        write(item, at: column + 2, startsOnLine: true)
      }
    case .map: text += "{}\n"
    case .list: text += "[]\n"
    case .integer(let number): text += "\(number)\n"
    case .json(let json): text += json + "\n"
    case .boolean(let flag): text += flag ? "true\n" : "false\n"
    case .bytes(let bytes):
      guard let scalar = String(validating: bytes, as: UTF8.self) else {
        text += "!!binary \(Base64.encode(bytes))\n"
        return
      }
      write(.text(scalar), at: column, startsOnLine: startsOnLine)
    case .text(let scalar):
      text += YAMLScalar.block(scalar, at: column) ?? YAMLScalar.inOneLine(scalar) + "\n"
    }
  }

  private mutating func writeBehindKey(_ value: YAMLTree, at column: Int) {
    switch value {
    case .map(let entries) where !entries.isEmpty: text += "\n"
    case .list(let items) where !items.isEmpty: text += "\n"
    default: text += " "
    }
    write(value, at: column, startsOnLine: false)
  }

  private mutating func begin(_ index: Int, at column: Int, _ startsOnLine: Bool) {
    if index > 0 || !startsOnLine { text += String(repeating: " ", count: column) }
  }
}

/// Texts as YAML scalars, in the style that go-yaml chooses.
enum YAMLScalar {
  /// Words that YAML 1.1 takes for booleans.
  private static let oldBooleans: Set<String> = [
    "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF",
  ]

  /// A text with line ends as a literal block (YAML 1.2 section 8.1.2) that begins behind a key; nil for one in one line,
  /// and for one that a block cannot hold.
  static func block(_ text: String, at column: Int) -> String? {
    guard text.utf8.contains(0x0A), text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isShown($0) }) else {
      return nil
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // Lines that begin or end in spaces would need an indicator of their own, or be lost on whoever edits them.
    guard let first = lines.first?.unicodeScalars.first, first != " ", first != "\t",
      !lines.contains(where: { $0.last == " " || $0.last == "\t" }), !text.hasSuffix("\n\n")
    else { return nil }
    let indent = String(repeating: " ", count: column)
    let ends = text.hasSuffix("\n")
    let body = (ends ? lines.dropLast() : lines[...]).map { $0.isEmpty ? "\n" : indent + $0 + "\n" }
    return (ends ? "|\n" : "|-\n") + body.joined()
  }

  /// A text in one line: as it is where it would be read as that text, else in quotes.
  static func inOneLine(_ text: String) -> String {
    guard text.unicodeScalars.allSatisfy(isShown), isText(text) else { return quoted(text) }
    return mayStandPlain(text)
      ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// Whether a plain scalar of that text is read as text, by YAML 1.1 as well.
  private static func isText(_ text: String) -> Bool {
    guard case .string = CoreSchema.value(ofPlain: text), !oldBooleans.contains(text), text != "<<" else {
      return false
    }
    guard let first = text.utf8.first, (48...57).contains(first) || "+-.".utf8.contains(first) else { return true }
    let joined = text.filter { $0 != "_" }
    guard case .string = CoreSchema.value(ofPlain: joined), !joined.hasPrefix("0b") else { return false }
    // Base 60, and dates.
    let parts = joined.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count > 1, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) {
      return false
    }
    return !isDate(text)
  }

  /// `2001-01-01`, perhaps with a time behind it.
  private static func isDate(_ text: String) -> Bool {
    let parts = text.prefix { $0 != "T" && $0 != "t" && $0 != " " }.split(
      separator: "-", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].utf8.count == 4
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }

  /// Whether nothing in it means something to YAML (1.2 section 7.3.3).
  private static func mayStandPlain(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, let last = scalars.last, first != " ", last != " ", last != ":" else {
      return false
    }
    if "#,[]{}&*!|>'\"%@`".unicodeScalars.contains(first) { return false }
    if "-?:".unicodeScalars.contains(first), scalars.count == 1 || scalars[1] == " " { return false }
    if text.hasPrefix("---") || text.hasPrefix("...") { return false }
    for (before, after) in zip(scalars, scalars.dropFirst())
    where before == ":" && after == " " || before == " " && after == "#" {
      return false
    }
    return true
  }

  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD: true
    default: false
    }
  }

  /// In double quotes, with escapes (YAML 1.2 section 5.7).
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isShown(scalar): result.unicodeScalars.append(scalar)
      default: result += escape(scalar.value)
      }
    }
    return result + "\""
  }

  private static func escape(_ code: UInt32) -> String {
    let (letter, width) = code <= 0xFF ? ("x", 2) : code <= 0xFFFF ? ("u", 4) : ("U", 8)
    let digits = String(code, radix: 16, uppercase: true)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}
