/// JSON text to values and back (RFC 8259).
package enum JSON {
  /// Bounds on what is read.
  package struct Limits: Sendable, Hashable {
    /// Levels of arrays and objects inside one another.
    package var depth: Int
    /// Values of all kinds: a few bytes of a hostile text make a value of a hundred and more.
    package var values: Int

    /// - Parameters:
    ///   - depth: levels of arrays and objects inside one another.
    ///   - values: how many values there may be in all.
    package init(depth: Int = 256, values: Int = 500_000) {
      self.depth = depth
      self.values = values
    }

    /// 256 levels, 500,000 values.
    package static let standard = Limits()
  }

  /// How a text is read where RFC 8259 leaves it open.
  package enum Dialect: Sendable, Hashable {
    /// Whole numbers are integers, and a key that stands twice is refused.
    case exact
    /// As Go's `encoding/json` reads into `any`, and thus what CEL sees in blackbox_exporter: every number is a double, and
    /// the last of equal keys stays.
    case go
  }

  /// Reads a text. Whole numbers are int, above its range uint, all others double; a byte order mark is borne.
  /// - Throws: trailing text, duplicate keys, `NaN`, invalid UTF-8 and whatever else is no JSON, with line and column.
  package static func parse(
    _ bytes: [UInt8], limits: Limits = .standard, dialect: Dialect = .exact
  ) throws(JSONError) -> Value {
    let result: Result<Value, JSONError> = bytes.withUnsafeBytes { buffer in
      do throws(JSONError) {
        return .success(try parse(buffer, limits: limits, dialect: dialect))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads a text.
  package static func parse(_ text: String, limits: Limits = .standard) throws(JSONError) -> Value {
    var text = text
    let result: Result<Value, JSONError> = text.withUTF8 { buffer in
      do throws(JSONError) {
        return .success(try parse(UnsafeRawBufferPointer(buffer), limits: limits))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads a text.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: Limits = .standard, dialect: Dialect = .exact
  ) throws(JSONError) -> Value {
    var parser = JSONParser(bytes, limits: limits, dialect: dialect)
    return try parser.document()
  }

  /// The value as JSON text in one line. Durations are `"1.5s"`, timestamps RFC 3339, bytes Base64, types their names;
  /// keys that are no text are written as text, and infinities and NaN, which JSON lacks, as `"Infinity"` and `"NaN"`.
  /// - Throws: what a lazy member throws.
  package static func write(_ value: Value) throws(EvaluationError) -> String {
    var writer = JSONWriter()
    try writer.write(value)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The text as a JSON string with its quotes.
  package static func quote(_ text: String) -> String {
    var writer = JSONWriter()
    writer.write(text)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

/// Why a text is no JSON, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  package let message: String
  /// Offset in bytes.
  package let offset: Int
  /// From 1.
  package let line: Int
  /// In bytes, from 1.
  package let column: Int

  /// The place and what is wrong: `3:14: the key "id" stands twice`.
  package var description: String { "\(line):\(column): \(message)" }

  init(_ message: String, at offset: Int, in bytes: UnsafeRawBufferPointer) {
    self.message = message
    self.offset = offset
    let before = bytes[..<Swift.min(offset, bytes.count)]
    line = 1 + before.count { $0 == 0x0A }
    column = offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
  }
}
