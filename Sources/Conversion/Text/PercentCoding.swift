/// The coding of forms and query strings (https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
enum PercentCoding {
  /// The fields of a form, or nil where writing them out again would give other bytes than these.
  static func fields(_ text: String) -> [(name: String, value: String)]? {
    guard !text.isEmpty else { return nil }
    var fields: [(name: String, value: String)] = []
    for part in text.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")), equals > part.startIndex,
        let name = decode(part[..<equals]), let value = decode(part[part.index(after: equals)...])
      else { return nil }
      fields.append((name, value))
    }
    return fields
  }

  /// The text without its escapes; nil where they give no UTF-8, or are none.
  static func decode(_ text: some Collection<UInt8>) -> String? {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue else { return nil }
        bytes.append(high << 4 | low)
      case 0..<0x21, 0x7F...: return nil
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Everything but unreserved characters escaped (RFC 3986 section 2.3).
  static func encode(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte.isLetter || byte.isDigit || "-._~".utf8.contains(byte) {
        bytes.append(byte)
      } else {
        let digits = Array("0123456789ABCDEF".utf8)
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
