/// A value of JSON with what a conversion needs and a value of expressions does not keep: where it stands, the order and
/// doubles of keys, and numbers digit by digit.
struct JSONValue: Sendable {
  indirect enum Content: Sendable {
    case null
    case bool(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    /// What stands between `{{` and `}}` in the place of a value, in files of Hurl.
    case template(String)
    case array([JSONValue])
    case object([Member])
  }

  struct Member: Sendable {
    var key: String
    var value: JSONValue
  }

  var content: Content
  /// Where it begins.
  var offset: Int

  /// The member of this name; the last, if there are several.
  subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = content else { return nil }
    return members.last { $0.key == key }?.value
  }

  var text: String? { if case .string(let text) = content { text } else { nil } }

  var elements: [JSONValue]? { if case .array(let elements) = content { elements } else { nil } }

  /// Whether it is an object or an array; a text alone would be read as YAML likes.
  var isContainer: Bool {
    switch content {
    case .array, .object: true
    case .null, .bool, .number, .string, .template: false
    }
  }

  var int: Int? { if case .number(let digits) = content { Int(digits) } else { nil } }

  /// What kind it is, for messages.
  var kind: String {
    switch content {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "text"
    case .template: "a template"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// Levels that a scenario file can take, with room for what stands around them.
  private static let deepest = 60

  /// The value as a scenario's `json` says it, or nil where the answer would be another text: a key that stands twice, a
  /// number that neither 64 bits nor a double holds, and nesting that no scenario file may have.
  ///
  /// - Parameters:
  ///   - text: what a text becomes, told the key that it stands under.
  ///   - template: the expression of a template.
  func tree(
    depth: Int = 0, key: String = "", text: (_ key: String, _ text: String) -> TemplateText,
    template: (String) -> String = { $0 }
  ) -> Tree? {
    guard depth < Self.deepest else { return nil }
    switch content {
    case .null: return .plain("null")
    case .bool(let flag): return .plain(String(flag))
    case .number(let digits): return Self.isExact(digits) ? .plain(digits) : nil
    case .string(let string): return .text(text(key, string))
    case .template(let source): return .text(TemplateText(expression: template(source)))
    case .array(let elements):
      var items: [Tree] = []
      for element in elements {
        guard let item = element.tree(depth: depth + 1, key: key, text: text, template: template) else { return nil }
        items.append(item)
      }
      return .list(items)
    case .object(let members):
      var entries: [Tree.Entry] = []
      var keys: Set<String> = []
      for member in members {
        guard keys.insert(member.key).inserted,
          let value = member.value.tree(depth: depth + 1, key: member.key, text: text, template: template)
        else { return nil }
        entries.append(.entry(member.key, value))
      }
      return .map(entries)
    }
  }

  private static func isExact(_ digits: String) -> Bool {
    if Int64(digits) != nil || UInt64(digits) != nil { return true }
    guard digits.utf8.contains(where: { !$0.isDigit && $0 != UInt8(ascii: "-") }), let value = Double(digits) else {
      return false
    }
    // More digits than a double tells apart would be lost.
    return value.isFinite && digits.utf8.count <= 17
  }
}
