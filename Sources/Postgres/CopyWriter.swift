/// Writes rows of a COPY in its binary form (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4): no text is made
/// or read of numbers. Values must have exactly the types of their columns, in their order.
package struct CopyWriter {
  var bytes: [UInt8]
  /// Rows so far.
  package private(set) var rows = 0

  init() {
    bytes = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
    // No flags, and no extension of the header.
    bytes += [UInt8](repeating: 0, count: 8)
  }

  /// Begins a row of so many columns; so many values follow.
  package mutating func row(columns: Int) {
    rows += 1
    bytes.append(bigEndian: Int16(columns))
  }

  /// NULL.
  package mutating func null() { bytes.append(bigEndian: Int32(-1)) }

  /// `bigint`.
  package mutating func int64(_ value: Int64) { number(value, length: 8) }
  /// `bigint`, or NULL.
  package mutating func int64(_ value: Int64?) { if let value { int64(value) } else { null() } }
  /// `integer`.
  package mutating func int32(_ value: Int32) { number(value, length: 4) }
  /// `integer`, or NULL.
  package mutating func int32(_ value: Int32?) { if let value { int32(value) } else { null() } }
  /// `smallint`.
  package mutating func int16(_ value: Int16) { number(value, length: 2) }
  /// `smallint`, or NULL.
  package mutating func int16(_ value: Int16?) { if let value { int16(value) } else { null() } }
  /// `double precision`.
  package mutating func double(_ value: Double) { number(value.bitPattern, length: 8) }

  /// `boolean`.
  package mutating func bool(_ value: Bool) {
    bytes.append(bigEndian: Int32(1))
    bytes.append(value ? 1 : 0)
  }

  /// `text`. A NUL, which PostgreSQL cannot keep, becomes U+FFFD.
  package mutating func text(_ value: String) {
    let start = bytes.count
    bytes.append(bigEndian: Int32(0))
    bytes.append(storable: value)
    bytes.setLength(at: start)
  }

  /// `text`, or NULL.
  package mutating func text(_ value: String?) { if let value { text(value) } else { null() } }

  /// `bytea`.
  package mutating func blob(_ value: [UInt8]) {
    bytes.append(bigEndian: Int32(value.count))
    bytes.append(contentsOf: value)
  }

  /// `bytea`, or NULL.
  package mutating func blob(_ value: [UInt8]?) { if let value { blob(value) } else { null() } }

  private mutating func number(_ value: some FixedWidthInteger, length: Int32) {
    bytes.append(bigEndian: length)
    bytes.append(bigEndian: value)
  }

  /// Nothing follows.
  mutating func end() { bytes.append(bigEndian: Int16(-1)) }
}
