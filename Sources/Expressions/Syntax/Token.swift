/// One word of a source.
struct Token {
  enum Kind: Equatable {
    case identifier(String)
    /// A field name in backticks.
    case quotedIdentifier(String)
    /// The digits' value; only a minus sign before them makes 2⁶³ an int.
    case int(UInt64)
    /// Every other literal.
    case literal(Value)
    case symbol(Symbol)
    case end
  }

  let kind: Kind
  /// UTF-8 offsets.
  let range: Range<Int>
}

/// Punctuation and operators.
enum Symbol: String {
  case leftParenthesis = "("
  case rightParenthesis = ")"
  case leftBracket = "["
  case rightBracket = "]"
  case leftBrace = "{"
  case rightBrace = "}"
  case dot = "."
  case comma = ","
  case colon = ":"
  case question = "?"
  case plus = "+"
  case minus = "-"
  case star = "*"
  case slash = "/"
  case percent = "%"
  case not = "!"
  case and = "&&"
  case or = "||"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

/// Words with a meaning of their own.
enum Keyword {
  /// Literals and the operator: never a name, not even of a field.
  static let keywords: Set<String> = ["true", "false", "null", "in"]
  /// Kept for other languages of the family: names of fields and methods, but not of variables.
  static let reserved: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace",
    "return", "var", "void", "while",
  ]
}
