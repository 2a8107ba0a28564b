import Expressions

/// Tokens as text: what people keep secret, and the digest that the service file holds.
package enum TokenText {
  /// Says in every place where a token turns up what it is, to people and to scanners for secrets.
  private static let prefix = "curlew_"

  /// A new token of 32 random bytes.
  package static func fresh() -> String {
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
    return prefix
      + String(
        Base64.encode(bytes).compactMap { letter -> Character? in
          switch letter {
          case "+": "-"
          case "/": "_"
          case "=": nil
          default: letter
          }
        })
  }

  /// SHA-256 of a token. A token has 256 random bits, so no slow hash is needed against guessing.
  package static func digest(_ token: String) -> [UInt8] { Digest.sha256(Array(token.utf8)) }

  /// Lower-case hex digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Whether two digests are the same, in the same time wherever they differ.
  static func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
