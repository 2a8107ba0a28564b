/// What is written as YAML: values in the order in which they are shown.
indirect enum YAMLTree {
  case text(String)
  /// Text of any bytes: `!!binary` where they are no UTF-8.
  case bytes([UInt8])
  case integer(Int)
  case boolean(Bool)
  case list([YAMLTree])
  case map([(name: String, value: YAMLTree)])

  /// The map of a list of entries, those without a value left out.
  static func fields(_ entries: [(name: String, value: YAMLTree?)]) -> YAMLTree {
    .map(entries.compactMap { entry in entry.value.map { (entry.name, $0) } })
  }

  /// A list of texts; nil when there are none.
  static func texts(_ texts: [String]) -> YAMLTree? { texts.isEmpty ? nil : .list(texts.map(YAMLTree.text)) }

  /// Text; nil when there is none.
  static func text(unlessEmpty text: String?) -> YAMLTree? {
    text.flatMap { $0.isEmpty ? nil : .text($0) }
  }

  /// `true`; nil for false, which upstream leaves out.
  static func flag(_ flag: Bool) -> YAMLTree? { flag ? .boolean(true) : nil }

  /// A map with its names sorted; nil when it is empty.
  static func sorted(_ entries: [(name: String, value: YAMLTree)]) -> YAMLTree? {
    entries.isEmpty ? nil : .map(entries.sorted { $0.name < $1.name })
  }

  /// What stands in place of what must not be seen.
  static let hidden = YAMLTree.text("<secret>")

  /// Whether nothing is in it.
  var isEmpty: Bool {
    switch self {
    case .map(let entries): entries.isEmpty
    case .list(let items): items.isEmpty
    case .text, .bytes, .integer, .boolean: false
    }
  }
}
