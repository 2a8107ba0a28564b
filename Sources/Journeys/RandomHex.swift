/// Random identifiers in lower-case hex: W3C trace ids (32 digits), span and run ids (16 digits).
enum RandomHex {
  /// - Parameter count: a multiple of 16.
  static func digits(_ count: Int) -> String {
    let alphabet: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: count) { buffer in
      var index = 0
      while index < count {
        // The specification forbids an id of zeros alone; the lowest bit of each word is set to be sure.
        var word = UInt64.random(in: .min ... .max) | 1
        for _ in 0..<min(16, count - index) {
          buffer[index] = alphabet.utf8Start[Int(word & 15)]
          word >>= 4
          index += 1
        }
      }
      return count
    }
  }
}
