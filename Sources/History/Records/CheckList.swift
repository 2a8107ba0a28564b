import Model

/// Any number of checks as one parameter of a statement, for `json_each` (https://sqlite.org/json1.html#jeach).
enum CheckList {
  /// An array of JSON texts. An id has no character that would have to be escaped.
  static func json(of checks: [CheckID]) -> String {
    "[" + Set(checks).sorted().map { "\"\($0.text)\"" }.joined(separator: ",") + "]"
  }
}
