/// A colour of sRGB, and how well it can be told from another one (WCAG 2.2).
package struct Colour: Hashable, Sendable {
  /// Each 0 to 255.
  let red, green, blue: Int

  init(red: Int, green: Int, blue: Int) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Reads `#rrggbb`; nil for anything else.
  package init?(_ text: String) {
    guard text.utf8.count == 7, text.utf8.first == UInt8(ascii: "#"),
      text.utf8.dropFirst().allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
      let number = Int(text.dropFirst(), radix: 16)
    else { return nil }
    self.init(red: number >> 16, green: number >> 8 & 255, blue: number & 255)
  }

  /// `#rrggbb`.
  package var hex: String {
    let digits = String(red << 16 | green << 8 | blue, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.utf8.count) + digits
  }

  /// 0 (black) to 1 (white), as section "relative luminance" defines it.
  package var luminance: Double {
    func linear(_ channel: Int) -> Double {
      let value = Double(channel) / 255
      return value <= 0.04045 ? value / 12.92 : Self.power((value + 0.055) / 1.055)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// 1 (the same) to 21 (black on white).
  package func contrast(with other: Colour) -> Double {
    let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)
  }

  /// The colour moved towards another one: 0 is itself, 1 the other.
  func mixed(with other: Colour, _ share: Double) -> Colour {
    func mixed(_ from: Int, _ to: Int) -> Int { Int((Double(from) + Double(to - from) * share).rounded()) }
    return Colour(red: mixed(red, other.red), green: mixed(green, other.green), blue: mixed(blue, other.blue))
  }

  /// The colour made as much darker or lighter as text needs on all of these backgrounds, and no more.
  package func legible(on backgrounds: [Colour], contrast: Double = 4.5) -> Colour {
    let isDark = (backgrounds.map(\.luminance).max() ?? 1) < 0.18
    let end = isDark ? Colour(red: 255, green: 255, blue: 255) : Colour(red: 0, green: 0, blue: 0)
    for step in 0...50 {
      let candidate = mixed(with: end, Double(step) / 50)
      if backgrounds.allSatisfy({ candidate.contrast(with: $0) >= contrast }) { return candidate }
    }
    return end
  }

  /// The 2.4th power of a number between 0 and 1, by its fifth root: x^2.4 = x^2 · (x^(1/5))^2. The standard library has roots
  /// of two alone, and mathematics are not worth a dependency.
  private static func power(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    var root = 1.0
    for _ in 0..<64 { root -= (root * root * root * root * root - value) / (5 * root * root * root * root) }
    return value * value * root * root
  }
}
