/// Values in the form of `cel.expr.Value` in ProtoJSON (https://protobuf.dev/programming-guides/json/), the form of CEL's
/// conformance suite: an object of one member whose name is the kind.
package enum ProtoJSON {
  /// Why a JSON value is no `cel.expr.Value`.
  package struct DecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    package let message: String
    /// The message.
    package var description: String { message }
  }

  private static let timestampType = "type.googleapis.com/google.protobuf.Timestamp"
  private static let durationType = "type.googleapis.com/google.protobuf.Duration"

  /// The value behind the parsed form.
  /// - Throws: unknown kinds, numbers out of range, bad Base64, duplicate keys.
  package static func decode(_ json: Value) throws(DecodingError) -> Value {
    guard let object = json.asMap, object.count == 1, let name = object.names.first, let content = object[name] else {
      throw DecodingError(message: "a value is an object with one member, not \(json.brief())")
    }
    switch name {
    case "nullValue": return .null
    case "boolValue": if let flag = content.asBool { return .bool(flag) }
    case "int64Value": if let number = content.asInt ?? content.asString.flatMap({ Int64($0) }) { return .int(number) }
    case "uint64Value":
      if case .uint(let number) = content { return .uint(number) }
      if let number = content.asInt.flatMap({ UInt64(exactly: $0) }) ?? content.asString.flatMap({ UInt64($0) }) {
        return .uint(number)
      }
    case "doubleValue":
      if let number = content.asDouble ?? content.asString.flatMap(NumberText.double) { return .double(number) }
    case "stringValue": if content.asString != nil { return content }
    case "bytesValue": if let octets = content.asString.flatMap(Base64.decode) { return .bytes(octets) }
    case "typeValue": if let type = content.asString.flatMap(TypeName.init(rawValue:)) { return .type(type) }
    case "listValue":
      var values: [Value] = []
      for element in try elements(content, "values") { values.append(try decode(element)) }
      return .list(values)
    case "mapValue": return try decodeMap(content)
    case "objectValue": return try decodeMessage(content)
    default: throw DecodingError(message: "'\(name)' is no kind of value")
    }
    throw DecodingError(message: "\(content.brief()) is no \(name)")
  }

  private static func elements(_ json: Value, _ name: String) throws(DecodingError) -> [Value] {
    guard let object = json.asMap else { throw DecodingError(message: "\(json.brief()) is no object") }
    guard let member = object[name] else { return [] }
    guard let elements = member.asList else { throw DecodingError(message: "'\(name)' is no array") }
    return elements
  }

  private static func decodeMap(_ json: Value) throws(DecodingError) -> Value {
    var builder = MapValue.Builder()
    for entry in try elements(json, "entries") {
      guard let object = entry.asMap, let keyForm = object["key"], let valueForm = object["value"],
        let key = MapKey(literal: try decode(keyForm))
      else {
        throw DecodingError(message: "\(entry.brief()) is no entry of a map")
      }
      guard builder.insert(key, try decode(valueForm)) else {
        throw DecodingError(message: "the key \(key.value.brief()) stands twice")
      }
    }
    return .map(builder.map)
  }

  private static func decodeMessage(_ json: Value) throws(DecodingError) -> Value {
    guard let object = json.asMap, let type = object["@type"]?.asString, let text = object["value"]?.asString else {
      throw DecodingError(message: "\(json.brief()) is no message with '@type' and 'value'")
    }
    switch type {
    case timestampType: if let moment = TimestampValue(rfc3339: text) { return .timestamp(moment) }
    case durationType: if text.hasSuffix("s"), let span = Duration(goNotation: text) { return .duration(span) }
    default: throw DecodingError(message: "messages of type \(Value.string(type).brief()) are not supported")
    }
    throw DecodingError(message: "\(Value.string(text).brief()) is out of the range of \(type)")
  }

  /// The value as text in one line.
  /// - Throws: what a lazy member throws.
  package static func encode(_ value: Value) throws(EvaluationError) -> String {
    var writer = JSONWriter()
    try write(value, to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  static func write(_ value: Value, to writer: inout JSONWriter) throws(EvaluationError) {
    switch value {
    case .null: writer.append("{\"nullValue\":null}")
    case .bool(let flag): flag ? writer.append("{\"boolValue\":true}") : writer.append("{\"boolValue\":false}")
    case .int(let number): member("int64Value", String(number), &writer)
    case .uint(let number): member("uint64Value", String(number), &writer)
    case .double(let number):
      writer.append("{\"doubleValue\":")
      try writer.write(.double(number))
      writer.append("}")
    case .string(let text): member("stringValue", text, &writer)
    case .bytes(let octets): member("bytesValue", Base64.encode(octets), &writer)
    case .type(let name): member("typeValue", name.rawValue, &writer)
    case .document(let document): member("stringValue", document.description, &writer)
    case .timestamp(let moment): message(timestampType, protoText(moment), &writer)
    case .duration(let span): message(durationType, protoText(span), &writer)
    case .list(let elements):
      writer.append("{\"listValue\":{\"values\":[")
      for (position, element) in elements.enumerated() {
        if position > 0 { writer.append(",") }
        try write(element, to: &writer)
      }
      writer.append("]}}")
    case .map(let map):
      writer.append("{\"mapValue\":{\"entries\":[")
      for (position, entry) in try map.entries().enumerated() {
        writer.append(raw: position > 0 ? ",{\"key\":" : "{\"key\":")
        try write(entry.key.value, to: &writer)
        writer.append(",\"value\":")
        try write(entry.value, to: &writer)
        writer.append("}")
      }
      writer.append("]}}")
    }
  }

  private static func member(_ name: String, _ text: String, _ writer: inout JSONWriter) {
    writer.append(raw: "{\"\(name)\":")
    writer.write(text)
    writer.append("}")
  }

  private static func message(_ type: String, _ text: String, _ writer: inout JSONWriter) {
    writer.append(raw: "{\"objectValue\":{\"@type\":\"\(type)\",\"value\":")
    writer.write(text)
    writer.append("}}")
  }

  /// ProtoJSON writes 0, 3, 6 or 9 decimals.
  private static func decimals(_ nanoseconds: Int64) -> String {
    var digits = NumberText.decimals(nanoseconds)
    while digits.utf8.count > 1, digits.utf8.count % 3 != 1 { digits += "0" }
    return digits
  }

  private static func protoText(_ span: Duration) -> String {
    let (seconds, attoseconds) = span.components
    let sign = seconds < 0 || attoseconds < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(decimals(abs(attoseconds) / 1_000_000_000))s"
  }

  private static func protoText(_ moment: TimestampValue) -> String {
    let whole = TimestampValue(seconds: moment.seconds) ?? .epoch
    return String(whole.rfc3339.dropLast()) + decimals(Int64(moment.nanoseconds)) + "Z"
  }
}
