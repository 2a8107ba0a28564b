extension FunctionTable {
  /// `int(x)`, `string(x)` and the other conversions, each named like the type it gives.
  mutating func addConversions() {
    one(
      "int", [(.int, .int), (.uint, .int), (.double, .int), (.string, .int), (.timestamp, .int)], Conversion.int)
    one("uint", [(.uint, .uint), (.int, .uint), (.double, .uint), (.string, .uint)], Conversion.uint)
    one("double", [(.double, .double), (.int, .double), (.uint, .double), (.string, .double)], Conversion.double)
    one("bool", [(.bool, .bool), (.string, .bool)], Conversion.bool)
    one("bytes", [(.bytes, .bytes), (.string, .bytes)], Conversion.bytes)
    one(
      "string",
      [
        (.string, .string), (.bool, .string), (.int, .string), (.uint, .string), (.double, .string), (.bytes, .string),
        (.timestamp, .string), (.duration, .string),
      ], Conversion.string)
    one(
      "timestamp", [(.timestamp, .timestamp), (.string, .timestamp), (.int, .timestamp)], Conversion.timestamp)
    one("duration", [(.duration, .duration), (.string, .duration)], Conversion.duration)
  }
}

/// The standard conversions; each fails rather than lose a value, only decimals are cut off.
enum Conversion {
  private static func outOfRange(_ value: Value, _ type: String) -> EvaluationError {
    EvaluationError(.overflow, "\(value.brief()) is out of range for \(type)")
  }

  private static func unreadable(_ text: String, _ type: String) -> EvaluationError {
    EvaluationError(.invalidArgument, "\(Value.string(text).brief()) is no \(type)")
  }

  static func int(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .int: return value
    case .uint(let number):
      guard let result = Int64(exactly: number) else { throw outOfRange(value, "int") }
      return .int(result)
    case .double(let number):
      // Both limits are refused: 2⁶³ is none, and −2⁶³ may stand for anything rounded to it.
      guard number > -0x1p63, number < 0x1p63 else { throw outOfRange(value, "int") }
      return .int(Int64(number))
    case .string(let text):
      guard let result = Int64(text) else { throw unreadable(text, "int") }
      return .int(result)
    case .timestamp(let moment): return .int(moment.seconds)
    default: throw .noSuchOverload("int", value)
    }
  }

  static func uint(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .uint: return value
    case .int(let number):
      guard let result = UInt64(exactly: number) else { throw outOfRange(value, "uint") }
      return .uint(result)
    case .double(let number):
      guard number >= 0, number < 0x1p64 else { throw outOfRange(value, "uint") }
      return .uint(UInt64(number))
    case .string(let text):
      guard text.utf8.first?.isDigit == true, let result = UInt64(text) else { throw unreadable(text, "uint") }
      return .uint(result)
    default: throw .noSuchOverload("uint", value)
    }
  }

  static func double(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .double: return value
    case .int(let number): return .double(Double(number))
    case .uint(let number): return .double(Double(number))
    case .string(let text):
      guard let result = NumberText.double(text) else { throw unreadable(text, "double") }
      return .double(result)
    default: throw .noSuchOverload("double", value)
    }
  }

  static func bool(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .bool: return value
    case .string(let text):
      switch text {
      case "1", "t", "T", "true", "TRUE", "True": return true
      case "0", "f", "F", "false", "FALSE", "False": return false
      default: throw unreadable(text, "bool")
      }
    default: throw .noSuchOverload("bool", value)
    }
  }

  static func bytes(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .bytes: return value
    case .string(let text):
      try frame.charge(bytes: text.utf8.count)
      return .bytes(Array(text.utf8))
    default: throw .noSuchOverload("bytes", value)
    }
  }

  static func string(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .string: return value
    case .bool(let flag): return .string(flag ? "true" : "false")
    case .int(let number): return .string(String(number))
    case .uint(let number): return .string(String(number))
    case .double(let number): return .string(NumberText.general(number))
    case .bytes(let bytes):
      try frame.charge(bytes: bytes.count)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw EvaluationError(.invalidArgument, "the bytes are no valid UTF-8")
      }
      return .string(text)
    case .timestamp(let moment): return .string(moment.rfc3339)
    case .duration(let span): return .string(span.secondsNotation)
    case .type(let name): return .string(name.rawValue)
    default: throw .noSuchOverload("string", value)
    }
  }

  static func timestamp(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .timestamp: return value
    case .int(let seconds):
      guard let result = TimestampValue(seconds: seconds) else { throw outOfRange(value, "timestamp") }
      return .timestamp(result)
    case .string(let text):
      guard let result = TimestampValue(rfc3339: text) else {
        throw EvaluationError(
          .invalidArgument,
          "\(value.brief()) is no timestamp from year 1 to 9999; write it like \"2026-01-31T09:30:00Z\"")
      }
      return .timestamp(result)
    default: throw .noSuchOverload("timestamp", value)
    }
  }

  static func duration(_ value: Value, _ frame: inout Frame) throws(EvaluationError) -> Value {
    switch value {
    case .duration: return value
    case .string(let text):
      guard let result = Duration(goNotation: text) else {
        throw EvaluationError(
          .invalidArgument, "\(value.brief()) is no duration; write it like \"1h30m\", \"1.5s\" or \"250ms\"")
      }
      return .duration(result)
    default: throw .noSuchOverload("duration", value)
    }
  }
}
