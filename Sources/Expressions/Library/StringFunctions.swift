extension FunctionTable {
  /// The strings extension (https://github.com/google/cel-go/tree/master/ext#strings): all positions count code points.
  mutating func addStringFunctions() {
    two("charAt", member: true, [(.string, .int, .string)]) {
      (value: Value, position: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value, case .int(let index) = position else {
        throw .noSuchOverload("charAt", value, position)
      }
      let scalars = try TextFunction.scalars(text, &frame)
      guard 0...Int64(scalars.count) ~= index else { throw TextFunction.outOfRange(index) }
      return .string(index == Int64(scalars.count) ? "" : String(Character(scalars[Int(index)])))
    }
    two("indexOf", member: true, [(.string, .string, .int)]) {
      (value: Value, part: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      try TextFunction.indexOf([value, part], &frame)
    }
    many("indexOf", member: true, count: 3, [.string, .string, .int], .int, TextFunction.indexOf)
    two("lastIndexOf", member: true, [(.string, .string, .int)]) {
      (value: Value, part: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      try TextFunction.lastIndexOf([value, part], &frame)
    }
    many("lastIndexOf", member: true, count: 3, [.string, .string, .int], .int, TextFunction.lastIndexOf)
    one("join", member: true, [(.list(.string), .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      try TextFunction.join(value, .string(""), &frame)
    }
    two("join", member: true, [(.list(.string), .string, .string)], TextFunction.join)
    mapText("lowerAscii") { byte in 0x41...0x5A ~= byte ? byte | 0x20 : byte }
    mapText("upperAscii") { byte in 0x61...0x7A ~= byte ? byte & 0xDF : byte }
    many("replace", member: true, count: 3, [.string, .string, .string], .string, TextFunction.replace)
    many("replace", member: true, count: 4, [.string, .string, .string, .int], .string, TextFunction.replace)
    two("split", member: true, [(.string, .string, .list(.string))]) {
      (value: Value, separator: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      try TextFunction.split([value, separator], &frame)
    }
    many("split", member: true, count: 3, [.string, .string, .int], .list(.string), TextFunction.split)
    two("substring", member: true, [(.string, .int, .string)]) {
      (value: Value, start: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      try TextFunction.substring([value, start], &frame)
    }
    many("substring", member: true, count: 3, [.string, .int, .int], .string, TextFunction.substring)
    one("trim", member: true, [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("trim", value) }
      let scalars = try TextFunction.scalars(text, &frame)
      let start = scalars.prefix { $0.properties.isWhitespace }.count
      let end = start == scalars.count ? 0 : scalars.reversed().prefix { $0.properties.isWhitespace }.count
      return .string(TextFunction.text(scalars[start..<(scalars.count - end)]))
    }
    one("reverse", member: true, [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("reverse", value) }
      return .string(TextFunction.text(try TextFunction.scalars(text, &frame).reversed()))
    }
    two("format", member: true, [(.string, .list(.dyn), .string)]) {
      (value: Value, arguments: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let pattern) = value, case .list(let arguments) = arguments else {
        throw .noSuchOverload("format", value, arguments)
      }
      return .string(try Formatter.format(pattern, arguments, &frame))
    }
    one("strings.quote", [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload("strings.quote", value) }
      try frame.charge(bytes: text.utf8.count)
      return .string(TextFunction.quote(text))
    }
  }

  private mutating func mapText(_ name: String, _ transform: @escaping @Sendable (UInt8) -> UInt8) {
    one(name, member: true, [(.string, .string)]) {
      (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .string(let text) = value else { throw .noSuchOverload(name, value) }
      try frame.charge(bytes: text.utf8.count)
      return .string(String(decoding: text.utf8.map(transform), as: UTF8.self))
    }
  }
}

private enum TextFunction {
  static func scalars(_ text: String, _ frame: inout Frame) throws(EvaluationError) -> [Unicode.Scalar] {
    try frame.charge(bytes: text.utf8.count)
    return Array(text.unicodeScalars)
  }

  static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  static func outOfRange(_ index: Int64) -> EvaluationError {
    EvaluationError(.index, "index \(index) is out of range")
  }

  /// Text, part and an optional int of a search.
  private static func search(_ name: String, _ values: [Value], _ frame: inout Frame) throws(EvaluationError)
    -> (text: String, part: String, offset: Int64?)
  {
    guard case .string(let text) = values[0], case .string(let part) = values[1] else {
      throw .noSuchOverload(name, kinds: values)
    }
    try frame.charge(bytes: text.utf8.count)
    guard values.count > 2 else { return (text, part, nil) }
    guard case .int(let offset) = values[2] else { throw .noSuchOverload(name, kinds: values) }
    if offset < 0 { throw outOfRange(offset) }
    return (text, part, offset)
  }

  /// An offset beyond the end finds nothing.
  static func indexOf(_ values: [Value], _ frame: inout Frame) throws(EvaluationError) -> Value {
    let (text, part, offset) = try search("indexOf", values, &frame)
    let scalars = text.unicodeScalars
    let start = scalars.index(scalars.startIndex, offsetBy: Int(offset ?? 0), limitedBy: scalars.endIndex)
    guard let start else { return part.isEmpty ? .int(Int64(scalars.count)) : -1 }
    let skipped = text.utf8.distance(from: text.startIndex, to: start)
    var (body, needle) = (text, part)
    let found = body.withUTF8 { body in
      needle.withUTF8 { UnsafeRawBufferPointer(body).offset(of: UnsafeRawBufferPointer($0), from: skipped) }
    }
    return .int(found.map { codePoints(before: $0, in: text) } ?? -1)
  }

  /// Counts what begins before an offset of the UTF-8.
  private static func codePoints(before offset: Int, in text: String) -> Int64 {
    Int64(text.utf8.prefix(offset).count { $0 & 0xC0 != 0x80 })
  }

  /// The last occurrence that begins at or before the offset.
  static func lastIndexOf(_ values: [Value], _ frame: inout Frame) throws(EvaluationError) -> Value {
    let (text, part, offset) = try search("lastIndexOf", values, &frame)
    let count = Int64(text.unicodeScalars.count)
    if part.isEmpty { return .int(min(offset ?? count, count)) }
    if let offset, offset >= count { return -1 }
    let bytes = Array(text.utf8)
    let needle = Array(part.utf8)
    guard needle.count <= bytes.count else { return -1 }
    let scalars = text.unicodeScalars
    let limit = offset.map {
      text.utf8.distance(from: text.startIndex, to: scalars.index(scalars.startIndex, offsetBy: Int($0)))
    }
    // Searching both reversed keeps the one linear search; the occurrence must begin at or before the limit.
    let end = min(bytes.count, (limit ?? bytes.count) + needle.count)
    let found = Array(bytes[..<end].reversed()).withUnsafeBytes { body in
      Array(needle.reversed()).withUnsafeBytes { body.offset(of: $0) }
    }
    return .int(found.map { codePoints(before: end - $0 - needle.count, in: text) } ?? -1)
  }

  static func join(_ list: Value, _ separator: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .list(let elements) = list, case .string(let separator) = separator else {
      throw .noSuchOverload("join", list, separator)
    }
    var result = ""
    for (position, element) in elements.enumerated() {
      guard case .string(let text) = element else { throw .noSuchOverload("join", element) }
      try frame.charge(1 + (text.utf8.count + separator.utf8.count) / 64)
      if position > 0 { result += separator }
      result += text
    }
    return .string(result)
  }

  static func replace(_ values: [Value], _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = values[0], case .string(let old) = values[1], case .string(let new) = values[2]
    else {
      throw .noSuchOverload("replace", kinds: values)
    }
    var remaining = Int.max
    if values.count > 3 {
      guard case .int(let count) = values[3] else { throw .noSuchOverload("replace", kinds: values) }
      if count >= 0 { remaining = Int(count) }
    }
    try frame.charge(bytes: text.utf8.count)
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    let bytes = Array(text.utf8)
    let (needle, replacement) = (Array(old.utf8), Array(new.utf8))
    var position = 0
    while remaining > 0 {
      try frame.charge(bytes: replacement.count + 64)
      if needle.isEmpty {
        // Between all code points, at the start and at the end, as Go does.
        result += replacement
        remaining -= 1
        guard position < bytes.count else { break }
        let next = bytes[(position + 1)...].firstIndex { $0 & 0xC0 != 0x80 } ?? bytes.count
        result += bytes[position..<next]
        position = next
      } else {
        let found = bytes.withUnsafeBytes { bytes in
          needle.withUnsafeBytes { bytes.offset(of: $0, from: position) }
        }
        guard let found else { break }
        result += bytes[position..<found]
        result += replacement
        position = found + needle.count
        remaining -= 1
      }
    }
    result += bytes[position...]
    return .string(String(decoding: result, as: UTF8.self))
  }

  static func split(_ values: [Value], _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = values[0], case .string(let separator) = values[1] else {
      throw .noSuchOverload("split", kinds: values)
    }
    var limit = Int.max
    if values.count > 2 {
      guard case .int(let count) = values[2] else { throw .noSuchOverload("split", kinds: values) }
      if count >= 0 { limit = Int(count) }
    }
    if limit == 0 { return .list([]) }
    try frame.charge(bytes: text.utf8.count)
    let (bytes, needle) = (Array(text.utf8), Array(separator.utf8))
    if needle.isEmpty && bytes.isEmpty { return .list([]) }
    var parts: [Value] = []
    var position = 0
    while parts.count < limit - 1 {
      try frame.charge(1)
      let next: Int?
      if needle.isEmpty {
        let end = bytes[(position + 1)...].firstIndex { $0 & 0xC0 != 0x80 }
        next = end
      } else {
        next = bytes.withUnsafeBytes { bytes in needle.withUnsafeBytes { bytes.offset(of: $0, from: position) } }
      }
      guard let next else { break }
      parts.append(.string(String(decoding: bytes[position..<next], as: UTF8.self)))
      position = next + needle.count
    }
    parts.append(.string(String(decoding: bytes[position...], as: UTF8.self)))
    return .list(parts)
  }

  static func substring(_ values: [Value], _ frame: inout Frame) throws(EvaluationError) -> Value {
    guard case .string(let text) = values[0], case .int(let start) = values[1] else {
      throw .noSuchOverload("substring", kinds: values)
    }
    let scalars = try scalars(text, &frame)
    var end = Int64(scalars.count)
    if values.count > 2 {
      guard case .int(let wanted) = values[2] else { throw .noSuchOverload("substring", kinds: values) }
      guard start <= wanted else {
        throw EvaluationError(.index, "the substring ends at \(wanted), before its start at \(start)")
      }
      end = wanted
    }
    guard 0...Int64(scalars.count) ~= start else { throw outOfRange(start) }
    guard 0...Int64(scalars.count) ~= end else { throw outOfRange(end) }
    return .string(self.text(scalars[Int(start)..<Int(end)]))
  }

  /// The text as a literal of CEL in double quotes.
  static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\u{07}": result += "\\a"
      case "\u{08}": result += "\\b"
      case "\u{0C}": result += "\\f"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0B}": result += "\\v"
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
