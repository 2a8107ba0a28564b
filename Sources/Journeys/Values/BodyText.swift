/// A body's bytes as text.
enum BodyText {
  /// Decodes by the charset of the content type: UTF-8, US-ASCII and ISO 8859-1 (with Windows-1252, its superset on the
  /// web); UTF-8 where none is named. Bytes that do not decode become U+FFFD.
  static func decode(_ bytes: [UInt8], contentType: String) -> String {
    switch charset(of: contentType) {
    case "iso-8859-1", "latin1", "windows-1252", "cp1252":
      return String(String.UnicodeScalarView(bytes.map(scalar)))
    default:
      let hasMark = bytes.starts(with: [0xef, 0xbb, 0xbf])
      return String(decoding: hasMark ? bytes[3...] : bytes[...], as: UTF8.self)
    }
  }

  private static func charset(of contentType: String) -> String {
    for parameter in contentType.lowercased().split(separator: ";").dropFirst() {
      let halves = parameter.split(separator: "=", maxSplits: 1).map { $0.filter { !" \t\"".contains($0) } }
      if halves.count == 2, halves[0] == "charset" { return halves[1] }
    }
    return "utf-8"
  }

  private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
    guard (0x80...0x9f).contains(byte) else { return Unicode.Scalar(byte) }
    return windows1252[Int(byte - 0x80)]
  }

  /// 0x80 to 0x9F as the WHATWG encoding standard has them.
  private static let windows1252 = Array(
    "\u{20AC}\u{81}\u{201A}\u{192}\u{201E}\u{2026}\u{2020}\u{2021}\u{2C6}\u{2030}\u{160}\u{2039}\u{152}\u{8D}\u{17D}\u{8F}\u{90}\u{2018}\u{2019}\u{201C}\u{201D}\u{2022}\u{2013}\u{2014}\u{2DC}\u{2122}\u{161}\u{203A}\u{153}\u{9D}\u{17E}\u{178}"
      .unicodeScalars)
}
