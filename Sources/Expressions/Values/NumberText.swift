import Glibc

/// Numbers as text in the forms that CEL's `string()` and `format()` ask for.
enum NumberText {
  /// Nanoseconds as decimals of a second with a leading point, without trailing zeros; nothing for 0.
  static func decimals(_ nanoseconds: Int64) -> String {
    guard nanoseconds > 0 else { return "" }
    var digits = String(nanoseconds)
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "." + digits
  }

  /// The shortest digits that read back as the same double, with the decimal point's position.
  private static func shortest(_ value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point = 0
    var hasPoint = false
    var exponent = 0
    var text = value.magnitude.description.utf8[...]
    while let byte = text.popFirst() {
      switch byte {
      case UInt8(ascii: "."): hasPoint = true
      case UInt8(ascii: "e"):
        exponent = Int(String(decoding: text, as: UTF8.self)) ?? 0
        text = text.suffix(0)
      default:
        digits.append(byte)
        if !hasPoint { point += 1 }
      }
    }
    point += exponent
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return digits.isEmpty ? ([UInt8(ascii: "0")], 1) : (digits, point)
  }

  private static func special(_ value: Double, infinity: String) -> String? {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-" + infinity : infinity }
    return nil
  }

  /// CEL's `string(double)`, which is Go's `%g`: shortest digits, with an exponent below 10⁻⁴ and from 10⁶ on.
  static func general(_ value: Double, exponentFrom largest: Int = 6) -> String {
    if let special = special(value, infinity: "Inf") { return special == "Inf" ? "+Inf" : special }
    let (digits, point) = shortest(value)
    let exponent = point - 1
    guard exponent < -4 || exponent >= largest else { return plain(value) }
    var text = value.sign == .minus ? "-" : ""
    text += String(decoding: digits[..<1], as: UTF8.self)
    if digits.count > 1 { text += "." + String(decoding: digits[1...], as: UTF8.self) }
    text += exponent < 0 ? "e-" : "e+"
    let size = String(abs(exponent))
    return text + (size.count < 2 ? "0" + size : size)
  }

  /// Shortest digits without an exponent, as `%s` of `format()` has it.
  static func plain(_ value: Double) -> String {
    if let special = special(value, infinity: "Infinity") { return special }
    let (digits, point) = shortest(value)
    var text = value.sign == .minus ? "-" : ""
    if point <= 0 {
      text += "0." + String(repeating: "0", count: -point) + String(decoding: digits, as: UTF8.self)
    } else if point >= digits.count {
      text += String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: point - digits.count)
    } else {
      text += String(decoding: digits[..<point], as: UTF8.self) + "."
      text += String(decoding: digits[point...], as: UTF8.self)
    }
    return text
  }

  /// A fixed count of decimals, correctly rounded; `isScientific` as `1.052033e+03`.
  static func rounded(_ value: Double, decimals: Int, isScientific: Bool) -> String {
    if let special = special(value, infinity: "Infinity") { return special }
    // 309 digits before the point, and sign, point, exponent and the closing zero.
    let capacity = decimals + 340
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      let count = withVaList([Int32(decimals), value]) {
        vsnprintf(buffer.baseAddress, capacity, isScientific ? "%.*e" : "%.*f", $0)
      }
      let bytes = UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer(buffer)).prefix(
        min(max(0, Int(count)), capacity))
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// A double as JSON: shortest digits; nil for what JSON has no number for.
  static func json(_ value: Double) -> String? {
    guard value.isFinite else { return nil }
    let text = general(value, exponentFrom: 21)
    return text.utf8.contains(UInt8(ascii: ".")) || text.utf8.contains(UInt8(ascii: "e")) ? text : text + ".0"
  }

  /// Go's ParseFloat, which is what `double(string)` means; nil where Go has an error.
  static func double(_ text: String) -> Double? {
    var rest = text.utf8[...]
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard let first = rest.first else { return nil }
    switch String(Substring(rest)).lowercased() {
    case "nan": return .nan
    case "inf", "infinity": return text.utf8.first == UInt8(ascii: "-") ? -.infinity : .infinity
    default: break
    }
    guard 0x30...0x39 ~= first || first == UInt8(ascii: "."), let value = Double(text), value.isFinite else {
      return nil
    }
    return value
  }
}
