import Expressions
import Model

/// A map of fixed keys while it is read: what is not known, missing, or excludes each other was told to the reader.
package struct Section {
  /// The map.
  package let node: YAMLNode
  /// Who is told of faults.
  package let reader: Reader
  private let entries: [YAMLNode.Entry]

  /// Nil when the node is no map.
  ///
  /// - Parameter owner: the key that the map belongs to, where a missing key is shown.
  package init?(_ node: YAMLNode, _ table: SectionTable, owner: YAMLNode? = nil, _ reader: Reader) {
    guard case .mapping(let entries) = node.content else {
      reader.fault(
        "expected a map for \(table.title), found \(node.foundText)", at: node, allowed: table.keys.map(\.name))
      return nil
    }
    self.node = node
    self.reader = reader
    self.entries = entries
    for entry in entries where !table.contains(entry.name) {
      if table.notYet.contains(entry.name) {
        reader.fault("'\(entry.name)' is not supported by this version of curlew", at: entry.key)
        continue
      }
      reader.fault(
        "unknown key '\(entry.name.shortened)' in \(table.title)", at: entry.key, allowed: table.keys.map(\.name),
        suggestion: Suggestion.nearest(to: entry.name, among: table.keys.map(\.name)))
    }
    for key in table.keys where key.isRequired && entry(key.name) == nil {
      reader.fault("\(table.title) needs '\(key.name)'", at: owner ?? node)
    }
    for group in table.exclusive {
      let written = entries.filter { group.contains($0.name) }
      guard written.count > 1 else { continue }
      reader.fault(
        "'\(written[1].name)' excludes '\(written[0].name)': only one of them may be written", at: written[1].key,
        allowed: group)
    }
    if !table.oneOf.isEmpty {
      let written = entries.filter { table.oneOf.contains($0.name) }
      if written.isEmpty {
        reader.fault("\(table.title) needs one of its keys", at: owner ?? node, allowed: table.oneOf)
      } else if written.count > 1 {
        reader.fault(
          "'\(written[1].name)' excludes '\(written[0].name)': exactly one of them must be written",
          at: written[1].key, allowed: table.oneOf)
      }
    }
  }

  /// The entry of a key as written.
  package func entry(_ name: String) -> YAMLNode.Entry? {
    entries.first { $0.name == name }
  }

  /// Whether the key is written.
  package func has<Value>(_ key: Key<Value>) -> Bool { entry(key.name) != nil }

  /// The value of a key; nil when it is not written, faulty, or waits for the run.
  package func callAsFunction<Value>(_ key: Key<Value>) -> Value? {
    guard let entry = entry(key.name) else { return nil }
    return key.form.read(entry.value, reader)
  }
}

extension Form {
  /// A map of fixed keys; `body` reads them.
  package static func section(
    _ table: SectionTable, _ body: @escaping @Sendable (Section) -> Value?
  ) -> Form<Value> {
    Form(.section(table)) { node, reader in
      Section(node, table, reader).flatMap(body)
    }
  }

  /// A list; a fault in one item leaves that item out.
  package static func list<Item>(of item: Form<Item>, minimum: Int = 0) -> Form<[Item]> where Value == [Item] {
    Form(.list(item.schema, minimum: minimum)) { node, reader in
      guard case .sequence(let items) = node.content else {
        reader.fault("expected a list, found \(node.foundText)", at: node)
        return nil
      }
      if items.count < minimum { reader.fault("the list needs at least one entry", at: node) }
      return items.compactMap { item.read($0, reader) }
    }
  }

  /// A map of free keys in written order; `name` may refuse a key by what it returns.
  package static func map<Item>(
    of item: Form<Item>, keyPattern: String? = nil,
    name: @escaping @Sendable (String) -> KeyFault? = { _ in nil }
  ) -> Form<Fields<Item>> where Value == Fields<Item> {
    Form(.map(item.schema, keyPattern: keyPattern)) { node, reader in
      guard case .mapping(let entries) = node.content else {
        reader.fault("expected a map, found \(node.foundText)", at: node)
        return nil
      }
      return entries.compactMap { entry in
        if let fault = name(entry.name) {
          reader.fault(fault.message, at: entry.key, notes: fault.notes)
          return nil
        }
        return item.read(entry.value, reader).map { (entry.name, $0) }
      }
    }
  }
}

/// A map of free keys, in written order.
package typealias Fields<Value> = [(name: String, value: Value)]

/// Why a free key is refused.
package struct KeyFault {
  /// One line with the user's key in quotes.
  package var message: String
  /// What else to know.
  package var notes: [String]

  /// A fault in words.
  package init(message: String, notes: [String] = []) {
    self.message = message
    self.notes = notes
  }
}
