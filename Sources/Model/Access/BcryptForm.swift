/// What a bcrypt hash looks like, as htpasswd(1) writes it: `$2y$10$…`.
package enum BcryptForm {
  /// Whether a text is one: a version, a cost of 4 to 31, and 53 letters.
  package static func holds(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard ["$2a$", "$2b$", "$2y$"].contains(where: { text.hasPrefix($0) }), bytes.count == 60,
      bytes[6] == UInt8(ascii: "$"), let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self))
    else { return false }
    return (4...31).contains(cost) && bytes[7...].allSatisfy { isLetter($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
