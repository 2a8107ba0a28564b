/// Values of answers that later requests send: tokens, ids, the hidden fields of forms.
struct HARValues: Sendable {
  private struct Candidate {
    var step: Int
    var source: String
    var key: String
    /// The variable's name, once a request uses it.
    var name: String?
  }

  private var candidates: [String: Candidate] = [:]
  /// Values that requests sent before any answer held them: the user's own.
  private var sent: Set<String> = []
  private var names = Names()

  private static let shortest = 8
  private static let longest = 4096
  private static let most = 100_000

  /// The expression of a value that an earlier answer held; nil for any other.
  mutating func expression(for value: String) -> String? {
    guard var candidate = candidates[value] else {
      if value.utf8.count >= Self.shortest, sent.count < Self.most { sent.insert(value) }
      return nil
    }
    let name = candidate.name ?? names.unique(CELText.name(candidate.key), joined: "_")
    candidate.name = name
    candidates[value] = candidate
    return CELText.variable(name)
  }

  /// Looks through the answer of a step.
  mutating func learn(_ text: String, type: String, step: Int, noun: String) {
    if type.contains("json") {
      if let json = JSONReader.value(of: text) { learn(json, path: "json", key: noun, noun: noun, step: step) }
    } else if type.contains("html") {
      for field in HTMLFields.fields(of: text) { add(field.value, source: field.source, key: field.name, step: step) }
    }
  }

  private mutating func learn(_ value: JSONValue, path: String, key: String, noun: String, step: Int) {
    switch value.content {
    case .object(let members):
      for member in members {
        let key =
          ["id", "key", "value", "uuid"].contains(member.key.lowercased()) ? "\(noun)_\(member.key)" : member.key
        // What an object is called says more of its id than the request does.
        let inner = member.value.isContainer ? member.key : noun
        learn(member.value, path: path + CELText.member(member.key), key: key, noun: inner, step: step)
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        learn(element, path: "\(path)[\(index)]", key: key, noun: noun, step: step)
      }
    case .string(let text):
      if Self.isTelling(text, key: key) { add(text, source: path, key: key, step: step) }
    case .number(let digits):
      if digits.utf8.count >= 5, digits.utf8.allSatisfy(\.isDigit), key.lowercased().hasSuffix("id") {
        add(digits, source: path, key: key, step: step)
      }
    case .null, .bool, .template: break
    }
  }

  /// Whether a text is one that nobody sends by chance.
  private static func isTelling(_ text: String, key: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count >= shortest, bytes.count <= longest, !bytes.contains(where: { $0 <= 0x20 }) else { return false }
    return bytes.count >= 16 || bytes.contains(where: \.isDigit) || SensitiveNames.contains(key)
  }

  private mutating func add(_ value: String, source: String, key: String, step: Int) {
    let isShort = value.utf8.count < Self.shortest && !value.utf8.allSatisfy(\.isDigit)
    guard !isShort, !sent.contains(value), candidates[value] == nil, candidates.count < Self.most else { return }
    candidates[value] = Candidate(step: step, source: source, key: key)
  }

  /// What a step has to take from its answer.
  func captures(of step: Int) -> [(name: String, source: String)] {
    candidates.values.filter { $0.step == step }
      .compactMap { candidate in candidate.name.map { (name: $0, source: candidate.source) } }
      .sorted { $0.name < $1.name }
  }
}
