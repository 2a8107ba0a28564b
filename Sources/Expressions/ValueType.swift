/// What is known of a value before it is computed.
package indirect enum ValueType: Sendable, Hashable {
  /// Anything; checked when evaluated.
  case dyn
  case null, bool, int, uint, double, string, bytes, timestamp, duration, type
  /// What `html(…)` and `xml(…)` give; compared with nothing.
  case document
  case list(ValueType)
  case map(key: ValueType, value: ValueType)
  /// A map whose fields are known by name: asking for another is an error of the source.
  case record(RecordType)

  /// A record of these fields.
  package static func record(name: String, fields: [String: ValueType]) -> ValueType {
    .record(RecordType(name: name, fields: fields))
  }
}

/// The fields of a record.
package struct RecordType: Sendable, Hashable {
  /// For messages: `certificate`.
  package let name: String
  /// Types by field name.
  package let fields: [String: ValueType]
  /// What is said of fields that are not there though somebody may look for them, the first of these tables that knows.
  package let absent: [[String: String]]

  /// A record; `name` stands in messages.
  package init(name: String, fields: [String: ValueType], absent: [[String: String]] = []) {
    self.name = name
    self.fields = fields
    self.absent = absent
  }
}

extension ValueType: CustomStringConvertible {
  /// As in CEL's declarations: `map(string, int)`; a record by its name.
  package var description: String {
    switch self {
    case .dyn: "dyn"
    case .null: "null"
    case .bool: "bool"
    case .int: "int"
    case .uint: "uint"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .type: "type"
    case .document: "document"
    case .list(let element): "list(\(element))"
    case .map(let key, let value): "map(\(key), \(value))"
    case .record(let record): record.name
    }
  }
}

extension ValueType {
  /// Whether the type is one of the three numeric ones.
  var isNumeric: Bool { self == .int || self == .uint || self == .double }

  /// Whether a value of this type may be taken where `other` is wanted.
  package func isAcceptable(as other: ValueType) -> Bool {
    switch (self, other) {
    case (.dyn, _), (_, .dyn): true
    case (.list(let a), .list(let b)): a.isAcceptable(as: b)
    case (.map(let a, let b), .map(let c, let d)): a.isAcceptable(as: c) && b.isAcceptable(as: d)
    case (.record(let record), .map(let key, let value)):
      ValueType.string.isAcceptable(as: key) && record.fields.values.allSatisfy { $0.isAcceptable(as: value) }
    case (.map(let key, let value), .record(let record)):
      ValueType.string.isAcceptable(as: key) && record.fields.values.allSatisfy { value.isAcceptable(as: $0) }
    default: self == other
    }
  }

  /// Whether values of the two types can be equal: numbers across kinds, and null with anything.
  func isComparable(with other: ValueType) -> Bool {
    switch (self, other) {
    case (.document, _), (_, .document): false
    case (.null, _), (_, .null): true
    case (.list(let a), .list(let b)): a.isComparable(with: b)
    case (.map(let a, let b), .map(let c, let d)): a.isComparable(with: c) && b.isComparable(with: d)
    default: (isNumeric && other.isNumeric) || isAcceptable(as: other) || other.isAcceptable(as: self)
    }
  }

  /// The type that covers both, `dyn` where they differ.
  package func joined(with other: ValueType) -> ValueType {
    if self == other { return self }
    switch (self, other) {
    case (.list(let a), .list(let b)): return .list(a.joined(with: b))
    case (.map(let a, let b), .map(let c, let d)): return .map(key: a.joined(with: c), value: b.joined(with: d))
    default: return .dyn
    }
  }
}

extension Value {
  /// The type of a constant, as far as it is worth knowing.
  var constantType: ValueType {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .list: .list(.dyn)
    case .map: .map(key: .dyn, value: .dyn)
    case .timestamp: .timestamp
    case .duration: .duration
    case .type: .type
    case .document: .document
    }
  }
}
