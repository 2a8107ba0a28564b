/// What is written as YAML: values in the order in which they are shown.
indirect enum YAMLTree {
  case text(String)
  /// Text of any bytes: `!!binary` where they are no UTF-8.
  case bytes([UInt8])
  case integer(Int)
  case boolean(Bool)
  /// What is written as it is: JSON in one line is YAML too.
  case json(String)
  case list([YAMLTree])
  case map([(name: String, value: YAMLTree)])

  /// What stands in place of what must not be seen.
  static let hidden = YAMLTree.text("<secret>")

  /// Whether nothing is in it.
  var isEmpty: Bool {
    switch self {
    case .map(let entries): entries.isEmpty
    case .list(let items): items.isEmpty
    case .text, .bytes, .integer, .boolean, .json: false
    }
  }
}

/// The keys of a section while they are gathered: what has no value, or the one that upstream leaves out, is not written.
struct YAMLFields {
  private(set) var entries: [(name: String, value: YAMLTree)] = []

  /// The section as a whole.
  var tree: YAMLTree { .map(entries) }

  /// Any value, empty lists and maps left out.
  mutating func add(_ name: String, _ value: YAMLTree?) {
    if let value, !value.isEmpty { entries.append((name, value)) }
  }

  /// Text; an empty one is left out.
  mutating func add(_ name: String, _ text: String?) {
    if let text, !text.isEmpty { entries.append((name, .text(text))) }
  }

  /// Texts; none are left out.
  mutating func add(_ name: String, _ texts: [String]) { add(name, .list(texts.map(YAMLTree.text))) }

  /// True; false is left out.
  mutating func add(_ name: String, _ flag: Bool) {
    if flag { entries.append((name, .boolean(true))) }
  }

  /// Bytes; none are left out.
  mutating func add(_ name: String, _ bytes: [UInt8]?) {
    if let bytes, !bytes.isEmpty { entries.append((name, .bytes(bytes))) }
  }

  /// A map of free names, which are sorted.
  mutating func add<Value>(
    _ name: String, sorting fields: [(name: String, value: Value)], _ tree: (_ name: String, Value) -> YAMLTree
  ) {
    let sorted = fields.sorted { $0.name < $1.name }
    add(name, .map(sorted.map { (name: $0.name, value: tree($0.name, $0.value)) }))
  }
}
