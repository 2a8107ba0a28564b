/// What may stand as the key of a map.
package enum MapKey: Sendable {
  case bool(Bool)
  case int(Int64)
  case uint(UInt64)
  case string(String)

  /// A key from a value that can be one: a double can when it is a whole number, and looks up as that number.
  /// Nil for every other kind.
  package init?(lookup value: Value) {
    switch value {
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .uint(let value): self = .uint(value)
    case .string(let value): self = .string(value)
    case .double(let value):
      if let whole = Int64(exactly: value) {
        self = .int(whole)
      } else if let whole = UInt64(exactly: value) {
        self = .uint(whole)
      } else {
        return nil
      }
    default: return nil
    }
  }

  /// A key for a map literal, where a double is none.
  package init?(literal value: Value) {
    if case .double = value { return nil }
    self.init(lookup: value)
  }

  /// The key as the value that iteration gives.
  package var value: Value {
    switch self {
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .uint(let value): .uint(value)
    case .string(let value): .string(value)
    }
  }

  /// The key as text: JSON objects have no other keys.
  package var text: String {
    switch self {
    case .bool(let value): value ? "true" : "false"
    case .int(let value): String(value)
    case .uint(let value): String(value)
    case .string(let value): value
    }
  }
}

extension MapKey: Hashable {
  /// Numbers are equal by value across int and uint, text by code point.
  package static func == (left: MapKey, right: MapKey) -> Bool {
    switch (left, right) {
    case (.string(let a), .string(let b)): a.hasSameCodePoints(as: b)
    case (.int(let a), .int(let b)): a == b
    case (.uint(let a), .uint(let b)): a == b
    case (.int(let a), .uint(let b)), (.uint(let b), .int(let a)): a >= 0 && UInt64(a) == b
    case (.bool(let a), .bool(let b)): a == b
    default: false
    }
  }

  /// Agrees with `==`. Text is hashed as bytes: `String`'s own hash normalises first, and a hostile body of canonically
  /// equivalent keys would collide in it.
  package func hash(into hasher: inout Hasher) {
    switch self {
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(UInt64(bitPattern: value))
    case .uint(let value): hasher.combine(value)
    case .string(var value): value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}

/// A map whose members are built only when an expression asks for them: the facts of an earlier step, with its body and
/// JSON. Implementations remember what they built if that is dear.
package protocol LazyMembers: AnyObject, Sendable {
  /// All keys, in the order of iteration.
  var names: [String] { get }
  /// Whether there is such a key, without building its value.
  func contains(_ name: String) -> Bool
  /// The value, or nil when there is no such key.
  /// - Throws: why the value cannot be built, for example a body that is no JSON.
  func member(_ name: String) throws(EvaluationError) -> Value?
}

extension LazyMembers {
  /// Looks through `names`.
  package func contains(_ name: String) -> Bool { names.contains(name) }
}

/// A map from bool, int, uint or string keys to values, in order of insertion.
package struct MapValue: Sendable {
  fileprivate enum Storage: Sendable {
    case entries(Entries)
    case lazy(any LazyMembers)
  }

  /// Immutable once made, shared by copies of the map.
  fileprivate final class Entries: Sendable {
    let keys: [MapKey]
    let values: [Value]
    /// Positions by key; nil where a scan is faster.
    let index: [MapKey: Int]?

    init(keys: [MapKey], values: [Value], index: [MapKey: Int]?) {
      self.keys = keys
      self.values = values
      self.index = index
    }

    func position(of key: MapKey) -> Int? {
      if let index { return index[key] }
      return keys.firstIndex(of: key)
    }

    func position(of name: String) -> Int? {
      if let index { return index[.string(name)] }
      for (position, key) in keys.enumerated() {
        if case .string(let text) = key, text.hasSameCodePoints(as: name) { return position }
      }
      return nil
    }

    static let empty = Entries(keys: [], values: [], index: nil)
  }

  private let storage: Storage

  fileprivate init(_ storage: Storage) { self.storage = storage }

  /// An empty map.
  package init() { storage = .entries(.empty) }

  /// Pairs in order; the last of equal names stays.
  package init(_ pairs: [(String, Value)]) {
    var builder = Builder(capacity: pairs.count)
    for (name, value) in pairs { builder.set(.string(name), to: value) }
    self = builder.map
  }

  /// Names in the order of their code points, so that output is the same every time.
  package init(_ members: [String: Value]) {
    self.init(members.sorted { $0.key.precedesByCodePoint($1.key) }.map { ($0.key, $0.value) })
  }

  /// A map that asks for its members one by one.
  package init(lazy members: some LazyMembers) { storage = .lazy(members) }

  /// Number of entries.
  package var count: Int {
    switch storage {
    case .entries(let entries): entries.keys.count
    case .lazy(let members): members.names.count
    }
  }

  /// The keys in order, without building lazy members.
  package var keys: [MapKey] {
    switch storage {
    case .entries(let entries): entries.keys
    case .lazy(let members): members.names.map { .string($0) }
    }
  }

  /// The string keys in order.
  package var names: [String] {
    switch storage {
    case .entries(let entries):
      entries.keys.compactMap { if case .string(let name) = $0 { name } else { nil } }
    case .lazy(let members): members.names
    }
  }

  /// The member of that name; nil when there is none or when it cannot be built.
  package subscript(_ name: String) -> Value? {
    do { return try member(name) } catch { return nil }
  }

  /// The member of that name, or nil when there is none.
  /// - Throws: what a lazy member throws.
  package func member(_ name: String) throws(EvaluationError) -> Value? {
    switch storage {
    case .entries(let entries): entries.position(of: name).map { entries.values[$0] }
    case .lazy(let members): try members.member(name)
    }
  }

  /// The member of that key, or nil when there is none.
  /// - Throws: what a lazy member throws.
  package func member(_ key: MapKey) throws(EvaluationError) -> Value? {
    switch storage {
    case .entries(let entries): return entries.position(of: key).map { entries.values[$0] }
    case .lazy(let members):
      guard case .string(let name) = key else { return nil }
      return try members.member(name)
    }
  }

  /// Whether there is a member of that name, without building it.
  package func contains(_ name: String) -> Bool {
    switch storage {
    case .entries(let entries): entries.position(of: name) != nil
    case .lazy(let members): members.contains(name)
    }
  }

  /// Whether there is a member of that key, without building it.
  package func contains(_ key: MapKey) -> Bool {
    switch storage {
    case .entries(let entries): return entries.position(of: key) != nil
    case .lazy(let members):
      guard case .string(let name) = key else { return false }
      return members.contains(name)
    }
  }

  /// All entries in order.
  /// - Throws: what a lazy member throws; one that has gone since its name was listed is left out.
  package func entries() throws(EvaluationError) -> [(key: MapKey, value: Value)] {
    switch storage {
    case .entries(let entries): return Array(zip(entries.keys, entries.values)).map { (key: $0.0, value: $0.1) }
    case .lazy(let members):
      var result: [(key: MapKey, value: Value)] = []
      for name in members.names {
        if let value = try members.member(name) { result.append((key: .string(name), value: value)) }
      }
      return result
    }
  }

  /// The entries of a map that is no lazy one.
  var builtEntries: Zip2Sequence<[MapKey], [Value]>? {
    switch storage {
    case .entries(let entries): zip(entries.keys, entries.values)
    case .lazy: nil
    }
  }

  /// Exact equality of keys and values in any order; lazy members that cannot be built make maps unequal.
  func isIdentical(to other: MapValue) -> Bool {
    guard count == other.count, let mine = try? entries(), let theirs = try? other.entries() else { return false }
    let positions = Dictionary(theirs.enumerated().map { ($1.key, $0) }) { first, _ in first }
    return mine.allSatisfy { entry in
      guard let position = positions[entry.key] else { return false }
      return theirs[position].key.value == entry.key.value && theirs[position].value == entry.value
    }
  }
}

extension MapValue {
  /// Collects entries of a map; small maps are scanned, larger ones get an index.
  struct Builder {
    private static let scanned = 8

    private var keys: [MapKey] = []
    private var values: [Value] = []
    private var index: [MapKey: Int]?

    init(capacity: Int = 0) {
      keys.reserveCapacity(capacity)
      values.reserveCapacity(capacity)
      if capacity > Self.scanned { index = Dictionary(minimumCapacity: capacity) }
    }

    private func position(of key: MapKey) -> Int? {
      if let index { return index[key] }
      return keys.firstIndex(of: key)
    }

    private mutating func append(_ key: MapKey, _ value: Value) {
      if index == nil, keys.count == Self.scanned {
        index = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
      }
      index?[key] = keys.count
      keys.append(key)
      values.append(value)
    }

    /// Adds an entry; false when the key is there already.
    mutating func insert(_ key: MapKey, _ value: Value) -> Bool {
      guard position(of: key) == nil else { return false }
      append(key, value)
      return true
    }

    /// Adds or replaces an entry.
    mutating func set(_ key: MapKey, to value: Value) {
      if let position = position(of: key) { values[position] = value } else { append(key, value) }
    }

    var count: Int { keys.count }

    var map: MapValue {
      keys.isEmpty ? MapValue() : MapValue(.entries(Entries(keys: keys, values: values, index: index)))
    }
  }
}
