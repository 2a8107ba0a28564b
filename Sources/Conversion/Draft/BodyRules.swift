/// How the text of a body is said in a scenario: as what it is, where the same would be sent.
enum BodyRules {
  /// The body of a text with this content type.
  static func body(_ text: TemplateText, type: String, line: Int, draft: inout ScenarioDraft) -> BodyDraft {
    guard !text.isEmpty else { return .none }
    let essence = type.lowercased().split(separator: ";").first.map { String($0).trimmed } ?? ""
    guard let literal = text.literal else { return .text(text) }
    if essence == "application/json" || essence.hasSuffix("+json"), let json = JSONReader.value(of: literal) {
      if let tree = tree(of: json, line: line, draft: &draft) { return .json(tree) }
    } else if essence == "application/x-www-form-urlencoded", let fields = PercentCoding.fields(literal),
      Tree.fields(fields.map { ($0.name, "") }) != nil
    {
      return .form(
        fields.map { field in
          let isSecret = SensitiveNames.contains(field.name)
          let value = TemplateText(field.value)
          return (
            field.name,
            isSecret
              ? draft.protect(value, named: field.name, line: line) : draft.replacingProtected(value)
          )
        })
    }
    return .text(draft.replacingProtected(text))
  }

  /// The JSON as YAML, with secrets where a key says that its value is one.
  static func tree(of json: JSONValue, line: Int, draft: inout ScenarioDraft) -> Tree? {
    switch json.content {
    case .array, .object: break
    // A text alone would be read as YAML likes.
    case .null, .bool, .number, .string, .template: return nil
    }
    return json.tree { key, text in
      let isSecret = SensitiveNames.contains(key)
      return isSecret
        ? draft.protect(TemplateText(text), named: key, line: line) : draft.replacingProtected(TemplateText(text))
    }
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
