import Model

/// Windows as people write them in requests: `30d`, `1h30m`.
enum WindowText {
  private static let units: [(letter: Character, seconds: Int)] = [
    ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
  ]
  /// Ten years: longer than history has anything to say of.
  private static let maximumSeconds = 3650 * 86_400

  /// Reads whole numbers with units, as `30d`, `2w` or `1h30m`, from a second to ten years.
  static func duration(_ text: String) -> Duration? {
    var total = 0
    var rest = text[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(digits.count), let count = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      guard let letter = rest.popFirst(), let unit = units.first(where: { $0.letter == letter }) else { return nil }
      total += count * unit.seconds
    }
    return (1...maximumSeconds).contains(total) ? .seconds(total) : nil
  }
}
