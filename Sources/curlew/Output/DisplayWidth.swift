/// How many columns of a terminal text takes (Unicode Standard Annex 11, as wcwidth(3) has it).
enum DisplayWidth {
  /// As much of the text as fits, with `…` where it was cut.
  static func prefix(of text: String, columns limit: Int) -> (text: String, columns: Int) {
    let all = text.reduce(0) { $0 + self.columns(of: $1) }
    guard all > limit else { return (text, all) }
    var columns = 0
    var end = text.startIndex
    while end < text.endIndex {
      let next = self.columns(of: text[end])
      guard columns + next <= limit - 1 else { break }
      columns += next
      end = text.index(after: end)
    }
    return (text[..<end] + "…", columns + 1)
  }

  private static func columns(of character: Character) -> Int {
    character.unicodeScalars.map(columns(of:)).max() ?? 0
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
