/// A parameter of a statement. Its type is told to the server, so that `$1` needs no cast; sent in binary.
package enum PostgresValue: Hashable, Sendable {
  /// NULL, of the type that the statement gives it.
  case null
  /// `bigint`.
  case int(Int64)
  /// `double precision`.
  case double(Double)
  /// `boolean`.
  case bool(Bool)
  /// `text`. A NUL, which PostgreSQL cannot keep, becomes U+FFFD.
  case text(String)
  /// `bytea`.
  case bytes([UInt8])
  /// `bigint[]`, for `= ANY($1)` and `unnest($1)`.
  case ints([Int64])
  /// `text[]`.
  case texts([String])

  /// A number, or NULL of type `bigint`.
  package static func optional(_ value: Int64?) -> PostgresValue { value.map { .int($0) } ?? .null }
  /// A text, or NULL.
  package static func optional(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
  /// Bytes, or NULL.
  package static func optional(_ value: [UInt8]?) -> PostgresValue { value.map { .bytes($0) } ?? .null }

  /// The number of its type in pg_type; 0 leaves it to the server.
  var type: UInt32 {
    switch self {
    case .null: 0
    case .int: TypeID.int8
    case .double: TypeID.float8
    case .bool: TypeID.bool
    case .text: TypeID.text
    case .bytes: TypeID.bytea
    case .ints: 1016
    case .texts: 1009
    }
  }

  /// In the binary form of its type; nil for NULL.
  var encoded: [UInt8]? {
    var bytes: [UInt8] = []
    switch self {
    case .null: return nil
    case .int(let value): bytes.append(bigEndian: value)
    case .double(let value): bytes.append(bigEndian: value.bitPattern)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .text(let value): bytes.append(storable: value)
    case .bytes(let value): return value
    case .ints(let values):
      bytes.appendArrayHeader(of: TypeID.int8, count: values.count)
      for value in values {
        bytes.append(bigEndian: Int32(8))
        bytes.append(bigEndian: value)
      }
    case .texts(let values):
      bytes.appendArrayHeader(of: TypeID.text, count: values.count)
      for value in values {
        let start = bytes.count
        bytes.append(bigEndian: Int32(0))
        bytes.append(storable: value)
        bytes.setLength(at: start)
      }
    }
    return bytes
  }
}

/// Types by their number in pg_type, which never changes (src/include/catalog/pg_type.dat).
enum TypeID {
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let float8: UInt32 = 701
  static let varchar: UInt32 = 1043
  static let name: UInt32 = 19
}

extension [UInt8] {
  /// A number in the order of the network.
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// A text as `text` can hold it.
  mutating func append(storable text: String) {
    let start = count
    append(contentsOf: text.utf8)
    guard self[start...].contains(0) else { return }
    removeSubrange(start...)
    for byte in text.utf8 {
      if byte == 0 { append(contentsOf: [0xEF, 0xBF, 0xBD]) } else { append(byte) }
    }
  }

  /// Fills in the four bytes at `start` with how much follows them.
  mutating func setLength(at start: Int) {
    let length = UInt32(count - start - 4)
    for index in 0..<4 { self[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index))) }
  }

  /// What goes before the elements of an array of one dimension without NULL (array_send).
  fileprivate mutating func appendArrayHeader(of type: UInt32, count: Int) {
    append(bigEndian: Int32(count == 0 ? 0 : 1))
    append(bigEndian: Int32(0))
    append(bigEndian: type)
    guard count > 0 else { return }
    append(bigEndian: Int32(count))
    append(bigEndian: Int32(1))
  }
}
