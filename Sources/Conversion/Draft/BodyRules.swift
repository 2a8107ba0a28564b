/// How the text of a body is said in a scenario: as what it is, where the same would be sent.
enum BodyRules {
  /// The body of a text with this content type.
  ///
  /// - Parameter value: what a value becomes, told its name: a field's, or the key that it stands under.
  static func body(
    _ text: TemplateText, type: String, value: (_ name: String, _ text: String) -> TemplateText
  ) -> BodyDraft {
    guard !text.isEmpty else { return .none }
    let essence = type.lowercased().split(separator: ";").first.map { String($0).trimmed } ?? ""
    guard let literal = text.literal else { return .text(text) }
    if essence == "application/json" || essence.hasSuffix("+json"), let json = JSONReader.value(of: literal),
      json.isContainer, let tree = json.tree(text: value)
    {
      return .json(tree)
    }
    if essence == "application/x-www-form-urlencoded", let fields = PercentCoding.fields(literal),
      Tree.fields(fields.map { ($0.name, "") }) != nil
    {
      return .form(fields.map { ($0.name, value($0.name, $0.value)) })
    }
    return .text(value("", literal))
  }

  /// What the user has to do for a file that is sent.
  static func fileAdvice(_ path: String) -> String {
    let leaves = path.hasPrefix("/") || path.hasPrefix("~") || path.split(separator: "/").contains("..")
    return leaves
      ? "'\(path)' lies outside of the scenario's folder: copy it there, and write its new path"
      : "'\(path)' is looked for in the scenario's folder: copy it there"
  }
}

extension String {
  /// Without blanks and tabs at both ends.
  var trimmed: String {
    let bytes = utf8.drop { $0.isBlank }
    guard let last = bytes.lastIndex(where: { !$0.isBlank }) else { return "" }
    return String(decoding: bytes[...last], as: UTF8.self)
  }
}
