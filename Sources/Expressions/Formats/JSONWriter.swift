/// Collects JSON text.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func write(_ text: String) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0..<0x20, 0x7F:
        append("\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func write(_ value: Value) throws(EvaluationError) {
    switch value {
    case .null: append("null")
    case .bool(let flag): flag ? append("true") : append("false")
    case .int(let number): append(raw: String(number))
    case .uint(let number): append(raw: String(number))
    case .double(let number):
      if let text = NumberText.json(number) { append(raw: text) } else { write(NumberText.plain(number)) }
    case .string(let text): write(text)
    case .bytes(let octets): write(Base64.encode(octets))
    case .timestamp(let moment): write(moment.rfc3339)
    case .duration(let span): write(span.secondsNotation)
    case .type(let name): write(name.rawValue)
    case .document(let document): write(document.description)
    case .list(let elements):
      append("[")
      for (position, element) in elements.enumerated() {
        if position > 0 { append(",") }
        try write(element)
      }
      append("]")
    case .map(let map):
      append("{")
      var isFirst = true
      for (key, value) in try map.entries() {
        if !isFirst { append(",") }
        isFirst = false
        write(key.text)
        append(":")
        try write(value)
      }
      append("}")
    }
  }
}
