/// Writes JSON (RFC 8259) straight into bytes, members in the order in which they are written.
package struct JSONWriter: Sendable {
  /// What was written.
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// Nothing is written yet.
  package init() {}

  /// What was written, with a line end, so that a terminal shows it well.
  package var line: [UInt8] { bytes + [UInt8(ascii: "\n")] }

  // MARK: Values

  /// An object whose members `write` writes.
  package mutating func object(_ write: (inout JSONWriter) throws -> Void) rethrows {
    try nested(UInt8(ascii: "{"), UInt8(ascii: "}"), write)
  }

  /// An array whose elements `write` writes.
  package mutating func array(_ write: (inout JSONWriter) throws -> Void) rethrows {
    try nested(UInt8(ascii: "["), UInt8(ascii: "]"), write)
  }

  /// A text, or null.
  package mutating func value(_ text: String?) {
    separate()
    if let text { append(quoted: text) } else { append(raw: "null") }
  }

  /// A boolean, or null.
  package mutating func value(_ flag: Bool?) {
    separate()
    append(raw: flag.map { $0 ? "true" : "false" } ?? "null")
  }

  /// A whole number, or null.
  package mutating func value(_ number: Int?) {
    separate()
    guard let number else {
      append(raw: "null")
      return
    }
    append(decimal: number)
  }

  /// A number in the shortest form that reads back as the same; null for what JSON cannot say.
  package mutating func value(_ number: Double?) {
    separate()
    guard let number, number.isFinite else {
      append(raw: "null")
      return
    }
    if let integer = Int64(exactly: number), integer.magnitude < 1 << 53 {
      bytes.append(contentsOf: String(integer).utf8)
    } else {
      bytes.append(contentsOf: number.description.utf8)
    }
  }

  // MARK: Members

  /// A text, or null.
  package mutating func member(_ name: StaticString, _ text: String?) {
    key(name)
    value(text)
  }

  /// A boolean, or null.
  package mutating func member(_ name: StaticString, _ flag: Bool?) {
    key(name)
    value(flag)
  }

  /// A whole number, or null.
  package mutating func member(_ name: StaticString, _ number: Int?) {
    key(name)
    value(number)
  }

  /// A number as `value` writes it.
  package mutating func member(_ name: StaticString, _ number: Double?) {
    key(name)
    value(number)
  }

  /// RFC 3339 in UTC with milliseconds.
  package mutating func member(_ name: StaticString, _ moment: Timestamp?) {
    key(name)
    value(moment?.description)
  }

  /// Milliseconds with their fraction; the name ends in `_ms`.
  package mutating func member(_ name: StaticString, milliseconds duration: Duration?) {
    key(name)
    value(duration?.milliseconds)
  }

  /// An object whose members `write` writes.
  package mutating func member(_ name: StaticString, object write: (inout JSONWriter) throws -> Void) rethrows {
    key(name)
    try object(write)
  }

  /// An array whose elements `write` writes.
  package mutating func member(_ name: StaticString, array write: (inout JSONWriter) throws -> Void) rethrows {
    key(name)
    try array(write)
  }

  /// Whole numbers, written in one go: pages have millions of them.
  package mutating func member(_ name: StaticString, numbers: some Collection<Int>) {
    key(name)
    separate()
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: numbers.count * (Self.longest + 1) + 2) { buffer in
      buffer[0] = UInt8(ascii: "[")
      var end = 1
      for number in numbers {
        if end > 1 {
          buffer[end] = UInt8(ascii: ",")
          end += 1
        }
        end = Self.write(number, to: buffer, at: end)
      }
      buffer[end] = UInt8(ascii: "]")
      bytes.append(contentsOf: buffer[...end])
    }
  }

  /// An object of texts, by name.
  package mutating func member(_ name: StaticString, _ texts: [String: String]) {
    key(name)
    object { json in
      for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
        json.separate()
        json.append(quoted: name)
        json.bytes.append(UInt8(ascii: ":"))
        json.needsComma = false
        json.value(text)
      }
    }
  }

  /// Null.
  package mutating func null(_ name: StaticString) {
    key(name)
    separate()
    append(raw: "null")
  }

  // MARK: Bytes

  private mutating func nested(
    _ open: UInt8, _ close: UInt8, _ write: (inout JSONWriter) throws -> Void
  ) rethrows {
    separate()
    bytes.append(open)
    needsComma = false
    try write(&self)
    bytes.append(close)
    needsComma = true
  }

  private mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    append(raw: name)
    append(raw: "\":")
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func append(decimal number: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.longest) { buffer in
      let end = Self.write(number, to: buffer, at: 0)
      bytes.append(contentsOf: buffer[..<end])
    }
  }

  /// How many bytes a whole number takes at most, with its sign.
  private static let longest = 20

  /// Digit by digit, because a `String` for each of millions takes longer than all the rest.
  ///
  /// - Returns: where the digits end.
  private static func write(_ number: Int, to buffer: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
    var end = start
    if number < 0 {
      buffer[end] = UInt8(ascii: "-")
      end += 1
    }
    var rest = number.magnitude
    var width = 1
    var power: UInt = 10
    while width < 19, rest >= power {
      width += 1
      power *= 10
    }
    for place in stride(from: end + width - 1, through: end, by: -1) {
      buffer[place] = UInt8(truncatingIfNeeded: rest % 10) + 48
      rest /= 10
    }
    return end + width
  }

  private mutating func append(raw text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func append(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append(raw: "\\\"")
      case UInt8(ascii: "\\"): append(raw: "\\\\")
      case UInt8(ascii: "\n"): append(raw: "\\n")
      case UInt8(ascii: "\r"): append(raw: "\\r")
      case UInt8(ascii: "\t"): append(raw: "\\t")
      case 0..<0x20, 0x7f:
        append(raw: "\\u00")
        bytes.append(Self.hexDigits[Int(byte >> 4)])
        bytes.append(Self.hexDigits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
}
