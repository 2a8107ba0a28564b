import Model

/// Figures as people read them.
enum HumanText {
  /// Three figures and a unit: `1.24 s`, `12.3 ms`, `850 µs`.
  static func duration(_ duration: Duration) -> String {
    let nanoseconds = duration.nanoseconds
    switch nanoseconds {
    case ..<1_000: return nanoseconds == 0 ? "0 ms" : "\(nanoseconds) ns"
    case ..<1_000_000: return figures(Double(nanoseconds) / 1e3) + " µs"
    case ..<1_000_000_000: return figures(Double(nanoseconds) / 1e6) + " ms"
    case ..<60_000_000_000: return figures(Double(nanoseconds) / 1e9) + " s"
    default:
      let seconds = nanoseconds / 1_000_000_000
      let parts = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
      return parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
  }

  /// `1 check`, `3 checks`.
  static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// `1.2 KiB`.
  static func size(_ bytes: Int) -> String {
    switch bytes {
    case ..<1024: "\(bytes) B"
    case ..<(1 << 20): figures(Double(bytes) / 1024) + " KiB"
    case ..<(1 << 30): figures(Double(bytes) / 1_048_576) + " MiB"
    default: figures(Double(bytes) / 1_073_741_824) + " GiB"
    }
  }

  /// Three significant figures without an exponent.
  static func figures(_ value: Double) -> String {
    let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    let scale = [1.0, 10, 100][digits]
    let scaled = Int((value * scale).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Control characters and line ends made visible, so that a hostile answer cannot write to the terminal.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isControl(scalar):
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether a terminal would obey the character in place of showing it, or turn around what stands beside it; and whether
  /// it is none at all, for which YAML and XML have no place.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || (127...159).contains(scalar.value) || scalar.properties.isBidiControl
      || [0x2028, 0x2029, 0xFFFE, 0xFFFF].contains(scalar.value)
  }

  /// The text padded with blanks on the right.
  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// The text padded with blanks on the left.
  static func aligned(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
