/// Looks for a text in bytes that come piece by piece: each byte is looked at once, however they are cut (Knuth, Morris and
/// Pratt).
struct TextFinder {
  private let text: [UInt8]
  /// For each length of a match, that of the longest shorter one which it ends with.
  private let fallbacks: [Int]
  private var matched = 0
  private var position = 0

  /// A finder of a text; an empty one is found at once.
  init(_ text: [UInt8]) {
    self.text = text
    var fallbacks = [0]
    var length = 0
    for index in text.indices.dropFirst() {
      while length > 0, text[index] != text[length] { length = fallbacks[length - 1] }
      if text[index] == text[length] { length += 1 }
      fallbacks.append(length)
    }
    self.fallbacks = fallbacks
  }

  /// Goes on where the last call came to the end.
  ///
  /// - Parameter bytes: all bytes so far, those of earlier calls included.
  /// - Returns: how many bytes there are up to the end of the text; nil when it has not come yet.
  mutating func end(in bytes: ArraySlice<UInt8>) -> Int? {
    guard !text.isEmpty else { return 0 }
    for byte in bytes.dropFirst(position) {
      position += 1
      while matched > 0, byte != text[matched] { matched = fallbacks[matched - 1] }
      if byte == text[matched] { matched += 1 }
      if matched == text.count { return position }
    }
    return nil
  }
}
