/// What an expression computes with: the dynamic values of the Common Expression Language
/// (https://github.com/google/cel-spec/blob/master/doc/langdef.md#values).
///
/// `==` on values is exact (an int is no uint, NaN equals nothing, text is compared by code point), as tests want it;
/// what CEL's own `==` answers is `Equality`.
package enum Value: Sendable {
  /// JSON's null.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A signed 64-bit integer.
  case int(Int64)
  /// An unsigned 64-bit integer, `1u` in the source.
  case uint(UInt64)
  /// An IEEE 754 double.
  case double(Double)
  /// Text; counted and compared in code points.
  case string(String)
  /// Octets.
  case bytes([UInt8])
  /// Values of any kinds, in order.
  case list([Value])
  /// Keys (bool, int, uint, string) and values of any kinds.
  case map(MapValue)
  /// A moment from year 1 to 9999.
  case timestamp(TimestampValue)
  /// A span of time; arithmetic keeps it inside 64 bits of nanoseconds, about 292 years either way.
  case duration(Duration)
  /// What `type(x)` gives.
  case type(TypeName)
  /// A parsed HTML or XML text; equal to nothing, and asked by `xpath` alone.
  case document(MarkupDocument)
}

/// The name of a type as a value, `int` or `google.protobuf.Timestamp`.
package enum TypeName: String, Sendable, Hashable, CaseIterable {
  case null = "null_type"
  case bool, int, uint, double, string, bytes, list, map, type
  case timestamp = "google.protobuf.Timestamp"
  case duration = "google.protobuf.Duration"
  case document = "curlew.Document"
}

extension Value {
  /// The value's type, as `type(x)` tells it.
  package var typeName: TypeName {
    switch self {
    case .null: .null
    case .bool: .bool
    case .int: .int
    case .uint: .uint
    case .double: .double
    case .string: .string
    case .bytes: .bytes
    case .list: .list
    case .map: .map
    case .timestamp: .timestamp
    case .duration: .duration
    case .type: .type
    case .document: .document
    }
  }

  /// The name of the value's kind for messages: `int`, `map`, `timestamp`, `null`.
  package var kind: String {
    switch self {
    case .null: "null"
    case .timestamp: "timestamp"
    case .duration: "duration"
    case .document: "document"
    default: typeName.rawValue
    }
  }

  /// Whether it is the bool `true`; nothing else counts as true.
  package var isTrue: Bool {
    if case .bool(true) = self { true } else { false }
  }

  /// The bool, or nil for any other kind.
  package var asBool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The text, or nil for any other kind.
  package var asString: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// An int, or a uint that fits; nil for any other kind.
  package var asInt: Int64? {
    switch self {
    case .int(let value): value
    case .uint(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// Any of the three numeric kinds as a double, rounded where 64 bits do not fit; nil for any other kind.
  package var asDouble: Double? {
    switch self {
    case .int(let value): Double(value)
    case .uint(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The elements of a list, or nil for any other kind.
  package var asList: [Value]? {
    if case .list(let value) = self { value } else { nil }
  }

  /// The map, or nil for any other kind.
  package var asMap: MapValue? {
    if case .map(let value) = self { value } else { nil }
  }

  /// The duration, or nil for any other kind.
  package var asDuration: Duration? {
    if case .duration(let value) = self { value } else { nil }
  }
}

extension Value: Equatable {
  /// Exact equality: the kinds too, doubles as IEEE 754 has it, text by code point, maps in any order.
  package static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.uint(let a), .uint(let b)): a == b
    case (.double(let a), .double(let b)): a == b
    case (.string(let a), .string(let b)): a.hasSameCodePoints(as: b)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.list(let a), .list(let b)): a == b
    case (.map(let a), .map(let b)): a.isIdentical(to: b)
    case (.timestamp(let a), .timestamp(let b)): a == b
    case (.duration(let a), .duration(let b)): a == b
    case (.type(let a), .type(let b)): a == b
    default: false
    }
  }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// `nil` is CEL's null.
  package init(nilLiteral: ()) { self = .null }
  /// `true` and `false` are bool.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number is an int.
  package init(integerLiteral value: Int64) { self = .int(value) }
  /// A number with a point is a double.
  package init(floatLiteral value: Double) { self = .double(value) }
  /// Quoted text is a string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// Brackets are a list.
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
  /// Brackets with colons are a map in the order written; the last of equal names stays.
  package init(dictionaryLiteral elements: (String, Value)...) { self = .map(MapValue(elements)) }
}

extension String {
  /// Equality by code point, which is equality of the UTF-8: Swift's own `==` takes canonically equivalent texts as equal,
  /// and a check that asks for "é" as one code point must not hold for two.
  package func hasSameCodePoints(as other: String) -> Bool {
    let count = utf8.count
    guard count == other.utf8.count else { return false }
    let fast = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right in
        UnsafeRawBufferPointer(left).elementsEqualFast(UnsafeRawBufferPointer(right))
      }
    }
    if let fast, let fast { return fast }
    return utf8.elementsEqual(other.utf8)
  }

  /// Order by code point, which is the order of the UTF-8 bytes.
  package func precedesByCodePoint(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }
}
