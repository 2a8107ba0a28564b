/// How wide text is in Verdana of 11 px, the face that badges are set in: from a table of its advance widths, because a picture
/// must say how wide it is before anybody has set it. Where another face is used, `textLength` makes the text fit.
package enum TextWidth {
  /// In tenths of a pixel, from space to tilde.
  private static let ascii: [UInt8] = [
    39, 43, 50, 90, 70, 118, 80, 30, 50, 50, 70, 90, 40, 50, 40, 50, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 50, 50, 90,
    90,
    90, 60, 110, 75, 75, 77, 85, 70, 63, 85, 83, 46, 50, 76, 61, 93, 82, 87, 66, 87, 76, 75, 68, 81, 75, 109, 75, 68,
    75, 50,
    50, 50, 90, 70, 70, 66, 69, 57, 69, 66, 39, 69, 70, 30, 38, 65, 30, 107, 70, 67, 69, 69, 47, 57, 43, 70, 65, 90, 65,
    65, 58,
    70, 50, 70, 90,
  ]

  /// The width in whole pixels, rounded up. Letters beyond ASCII count as wide ones, and those of East Asia as squares.
  package static func pixels(_ text: String) -> Int {
    var tenths = 0
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x20...0x7e: tenths += Int(ascii[Int(scalar.value) - 0x20])
      case 0xa0: tenths += 39
      case 0x300...0x36f, 0x200b...0x200f, 0x2060...0x206f, 0xfe00...0xfe0f: break
      case 0x1100...0x11ff, 0x2e80...0xd7ff, 0xf900...0xfaff, 0xff00...0xff60, 0x1f000...0x3ffff: tenths += 115
      default: tenths += 75
      }
    }
    return (tenths + 9) / 10
  }
}
