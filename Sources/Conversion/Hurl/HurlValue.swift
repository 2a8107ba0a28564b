/// What a query of Hurl gives, as an expression.
struct HurlValue: Sendable {
  enum Kind: Sendable {
    case string, int, double, bool, bytes, timestamp, dyn
    /// Milliseconds for Hurl, a duration here.
    case milliseconds
    /// Days for Hurl, a duration here.
    case days
    /// Values, of which Hurl takes a single one for the value itself.
    case nodes
    case list
  }

  var source: String
  var kind: Kind
  /// An expression that says whether there is a value; nil where there always is one.
  var existence: String?
  /// The same, false instead of an error.
  var guardedExistence: String?
  /// Another expression for all values of the same name, for a header that is sent several times.
  var all: String?
  /// The expression of the value's length, where it is another than `size(…)`.
  var count: String?

  init(_ source: String, _ kind: Kind, existence: String? = nil, guarded: String? = nil) {
    self.source = source
    self.kind = kind
    self.existence = existence
    guardedExistence = guarded ?? existence
  }

  /// The value where one is wanted and there may be several.
  var single: HurlValue {
    guard kind == .nodes else { return self }
    return HurlValue("\(source)[0]", .dyn, existence: existence, guarded: guardedExistence)
  }

  /// As the receiver of a method.
  var receiver: String { Self.needsParentheses(source) ? "(\(source))" : source }

  private static func needsParentheses(_ source: String) -> Bool {
    // Operators outside of brackets and strings, which are written with blanks around them here.
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for byte in source.utf8 {
      if isEscaped {
        isEscaped = false
      } else if isQuoted {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == UInt8(ascii: "\"") { isQuoted = false }
      } else if byte == UInt8(ascii: "\"") {
        isQuoted = true
      } else if "([{".utf8.contains(byte) {
        depth += 1
      } else if ")]}".utf8.contains(byte) {
        depth -= 1
      } else if byte == UInt8(ascii: " "), depth == 0 {
        return true
      }
    }
    return false
  }
}
