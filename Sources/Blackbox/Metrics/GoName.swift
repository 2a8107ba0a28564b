package import Model

/// Distinguished names as Go writes them (`pkix.Name.String`), which is what dashboards match against.
///
/// It is near RFC 2253, but knows nine attributes by a letter, puts them into an order of its own, joins values of one
/// attribute whether or not they stood together, and shows all other attributes as the hexadecimal of their DER.
package enum GoName {
  /// The attributes that Go reads, in the order in which it makes a name of them.
  private static let known = [
    ("2.5.4.6", "C"), ("2.5.4.8", "ST"), ("2.5.4.7", "L"), ("2.5.4.9", "STREET"), ("2.5.4.17", "POSTALCODE"),
    ("2.5.4.10", "O"), ("2.5.4.11", "OU"), ("2.5.4.3", "CN"), ("2.5.4.5", "SERIALNUMBER"),
  ]
  /// Those that Go keeps the last value of.
  private static let single: Set<String> = ["2.5.4.3", "2.5.4.5"]

  /// The text of a name.
  ///
  /// - Parameter parts: its attributes in the order of the certificate.
  package static func text(of parts: [NamePart]) -> String {
    var names: [String] = []
    for part in parts where !known.contains(where: { $0.0 == part.type }) {
      names.append("\(part.type)=#\(hex(der(part.value)))")
    }
    for (type, name) in known {
      var values = parts.lazy.filter { $0.type == type }.map(\.value)[...]
      if single.contains(type) { values = values.suffix(1).drop(while: \.isEmpty) }
      if !values.isEmpty { names.append(values.map { "\(name)=\(escaped($0))" }.joined(separator: "+")) }
    }
    return names.reversed().joined(separator: ",")
  }

  // MARK: Values

  private static func escaped(_ value: String) -> String {
    var text = ""
    let scalars = value.unicodeScalars
    // Go compares the place in bytes of a character with the last byte's.
    let last = value.utf8.count - 1
    var place = 0
    for scalar in scalars {
      let isEscaped =
        switch scalar {
        case ",", "+", "\"", "\\", "<", ">", ";": true
        case " ": place == 0 || place == last
        case "#": place == 0
        default: false
        }
      if isEscaped { text.unicodeScalars.append("\\") }
      text.unicodeScalars.append(scalar)
      place += UTF8.width(scalar)
    }
    return text
  }

  /// What `asn1.Marshal` makes of a text: a PrintableString (tag 0x13) where that can hold it, else a UTF8String (0x0C).
  private static func der(_ value: String) -> [UInt8] {
    let bytes = [UInt8](value.utf8)
    let tag: UInt8 = bytes.allSatisfy(isPrintable) ? 0x13 : 0x0C
    guard bytes.count > 127 else { return [tag, UInt8(bytes.count)] + bytes }
    // X.690 section 8.1.3.5: how many bytes the length has, then these.
    let length = withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { [UInt8]($0.drop { $0 == 0 }) }
    return [tag, 0x80 | UInt8(length.count)] + length + bytes
  }

  /// X.680 section 41.4.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "'")...UInt8(ascii: ")"),
      UInt8(ascii: "+")...UInt8(ascii: "/"), UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: "="),
      UInt8(ascii: "?"):
      true
    default: false
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
