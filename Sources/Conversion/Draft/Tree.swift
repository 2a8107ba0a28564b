/// A value of a scenario file, before it is written as YAML.
indirect enum Tree: Sendable, Hashable {
  /// Text that may hold templates.
  case text(TemplateText)
  /// An expression of CEL, in which `${` is nothing special.
  case expression(String)
  /// A number, `true`, `false`, `null`, a duration: what YAML shall read as it stands.
  case plain(String)
  case list([Tree])
  case map([Entry])

  struct Entry: Sendable, Hashable {
    var key: String
    var value: Tree
    /// Comments above the key, one line each.
    var comments: [String] = []

    static func entry(_ key: String, _ value: Tree) -> Entry { Entry(key: key, value: value) }
  }

  /// A list of expressions.
  static func expressions(_ sources: [String]) -> Tree { .list(sources.map { .expression($0) }) }

  /// Values by name, of which one name may have several: those become lists. Nil when the order would not survive,
  /// because others stand between two of one name.
  static func fields(_ fields: [(name: String, value: TemplateText)]) -> Tree? {
    var entries: [(name: String, values: [Tree])] = []
    var names: Set<String> = []
    for field in fields {
      if entries.last?.name == field.name {
        entries[entries.count - 1].values.append(.text(field.value))
      } else {
        guard names.insert(field.name).inserted else { return nil }
        entries.append((field.name, [.text(field.value)]))
      }
    }
    return .map(entries.map { .entry($0.name, $0.values.count == 1 ? $0.values[0] : .list($0.values)) })
  }
}
