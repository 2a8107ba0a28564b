/// The variables of a file of Hurl, and what its templates become.
struct HurlScope: Sendable {
  /// Names as a scenario writes them, by names as Hurl has them: `csrf-token` becomes `csrf_token`.
  private var names: [String: String] = [:]
  private var unique = Names()
  /// Those that nothing in the file gives, in the order of their use, with the offset of the first.
  private(set) var outside: [(name: String, offset: Int, isURL: Bool)] = []
  private var known: Set<String> = []

  /// Makes a variable known from here on.
  /// - Returns: its name in the scenario.
  mutating func define(_ name: String) -> String {
    let written = written(name)
    known.insert(name)
    return written
  }

  /// Whether nothing has used or given it so far.
  func isNew(_ name: String) -> Bool { names[name] == nil }

  private mutating func written(_ name: String) -> String {
    if let written = names[name] { return written }
    let written = unique.unique(CELText.name(name), joined: "_")
    names[name] = written
    return written
  }

  /// How a variable is referred to in an expression.
  mutating func reference(_ name: String, at offset: Int, isURL: Bool = false) -> String {
    let written = written(name)
    if !known.contains(name), !outside.contains(where: { $0.name == written }) {
      outside.append((written, offset, isURL))
    }
    return CELText.variable(written)
  }

  /// What stands in `{{…}}` as an expression of CEL; nil where it cannot be said.
  mutating func expression(_ source: String, at offset: Int, isURL: Bool = false) -> String? {
    let words = source.split(separator: " ").map(String.init)
    switch words.first {
    case "newUuid"? where words.count == 1: return "uuid()"
    case "newDate"? where words.count == 1: return "string(now)"
    case "randomInt"? where words.count == 3 && Int(words[1]) != nil && Int(words[2]) != nil:
      return "random(\(words[1]), \(words[2]))"
    case "getEnv"? where words.count == 2:
      let name = words[1].filter { $0 != "\"" }
      return "env\(CELText.member(name))"
    case let name? where words.count == 1 && Self.isName(name): return reference(name, at: offset, isURL: isURL)
    default: return nil
    }
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return false }
    return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  /// A text with its templates as a scenario writes them; those that cannot be said are told of.
  mutating func text(
    _ text: TemplateText, at offset: Int, isURL: Bool = false, missing: (String) -> Void
  ) -> TemplateText {
    var result = TemplateText()
    for (index, piece) in text.pieces.enumerated() {
      switch piece {
      case .literal(let literal): result.append(literal)
      case .expression(let source):
        if let expression = expression(source, at: offset, isURL: isURL && index == 0) {
          result.append(expression: expression)
        } else {
          missing(source)
          result.append("{{\(source)}}")
        }
      }
    }
    return result
  }

  /// A text as an expression that gives it.
  mutating func source(of text: TemplateText, at offset: Int, missing: (String) -> Void) -> String {
    self.text(text, at: offset, missing: missing).source
  }
}
