/// Text of a scenario that may hold templates. Literals are what they say; what YAML or a template would read in them is
/// escaped when it is written.
struct TemplateText: Sendable, Hashable, ExpressibleByStringLiteral {
  enum Piece: Sendable, Hashable {
    case literal(String)
    /// A CEL expression.
    case expression(String)
  }

  private(set) var pieces: [Piece] = []

  init() {}

  init(stringLiteral text: String) { append(text) }

  init(_ text: String) { append(text) }

  init(expression: String) { pieces = [.expression(expression)] }

  mutating func append(_ text: String) {
    guard !text.isEmpty else { return }
    if case .literal(let before)? = pieces.last {
      pieces[pieces.count - 1] = .literal(before + text)
    } else {
      pieces.append(.literal(text))
    }
  }

  mutating func append(expression: String) { pieces.append(.expression(expression)) }

  mutating func append(_ other: TemplateText) {
    for piece in other.pieces {
      switch piece {
      case .literal(let text): append(text)
      case .expression(let expression): append(expression: expression)
      }
    }
  }

  var isEmpty: Bool { pieces.isEmpty }

  /// The text, when there is no expression in it.
  var literal: String? {
    switch pieces.count {
    case 0: return ""
    case 1:
      guard case .literal(let text) = pieces[0] else { return nil }
      return text
    default: return nil
    }
  }

  /// The expression, when there is nothing else.
  var singleExpression: String? {
    if pieces.count == 1, case .expression(let expression) = pieces[0] { expression } else { nil }
  }

  /// The literals alone, to judge a text by.
  var literals: String {
    pieces.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
  }

  /// With every literal replaced by what a function makes of it.
  func mapLiterals(_ transform: (String) -> TemplateText) -> TemplateText {
    pieces.reduce(into: TemplateText()) { result, piece in
      switch piece {
      case .literal(let text): result.append(transform(text))
      case .expression(let expression): result.append(expression: expression)
      }
    }
  }

  /// The parts between separators in literals.
  func split(at separator: Unicode.Scalar) -> [TemplateText] {
    var parts = [TemplateText()]
    for piece in pieces {
      switch piece {
      case .expression(let expression): parts[parts.count - 1].append(expression: expression)
      case .literal(let text):
        for (index, part) in text.unicodeScalars.split(separator: separator, omittingEmptySubsequences: false)
          .enumerated()
        {
          if index > 0 { parts.append(TemplateText()) }
          parts[parts.count - 1].append(String(part))
        }
      }
    }
    return parts
  }

  /// What stands before and after the first separator in a literal; nil without any.
  func cut(at separator: Unicode.Scalar) -> (before: TemplateText, after: TemplateText)? {
    var before = TemplateText()
    for (index, piece) in pieces.enumerated() {
      guard case .literal(let text) = piece, let place = text.unicodeScalars.firstIndex(of: separator) else {
        if case .literal(let text) = piece { before.append(text) }
        if case .expression(let expression) = piece { before.append(expression: expression) }
        continue
      }
      before.append(String(text.unicodeScalars[..<place]))
      var after = TemplateText(String(text.unicodeScalars[text.unicodeScalars.index(after: place)...]))
      for piece in pieces[(index + 1)...] {
        after.append(TemplateText(pieces: [piece]))
      }
      return (before, after)
    }
    return nil
  }

  private init(pieces: [Piece]) { self.pieces = pieces }

  /// An expression that gives the text.
  var source: String {
    guard !pieces.isEmpty else { return "\"\"" }
    return pieces.map { piece in
      switch piece {
      case .literal(let literal): CELText.quoted(literal)
      case .expression(let expression): pieces.count == 1 ? expression : "string(\(expression))"
      }
    }.joined(separator: " + ")
  }

  /// As a scenario writes it: `${…}` for expressions, `$${` for a literal `${`.
  var written: String {
    var result: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .expression(let expression): result += Array("${\(expression)}".utf8)
      case .literal(let text):
        var bytes = Array(text.utf8)
        var dollars = 0
        // `$` before a template would be read with its brace, so those dollars become a template themselves.
        if index + 1 < pieces.count {
          while bytes.last == UInt8(ascii: "$") {
            bytes.removeLast()
            dollars += 1
          }
        }
        for (offset, byte) in bytes.enumerated() {
          result.append(byte)
          let isEscaped =
            byte == UInt8(ascii: "$") && offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "{")
          if isEscaped { result.append(byte) }
        }
        if dollars > 0 { result += Array("${\(CELText.quoted(String(repeating: "$", count: dollars)))}".utf8) }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
