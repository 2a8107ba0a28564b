/// An input with its lines, so that everything said of it has a place.
struct SourceText: Sendable {
  /// Valid UTF-8 without NUL and without a byte order mark.
  let bytes: [UInt8]
  /// The offset of each line's first byte.
  private let lineStarts: [Int]

  /// - Throws: when the input is too long, no UTF-8, or holds a NUL.
  init(_ bytes: [UInt8]) throws(ConversionFailure) {
    guard bytes.count <= Conversion.inputLimit else {
      throw ConversionFailure(
        "the input has more than \(Conversion.inputLimit >> 20) MiB: convert a part of it", line: 1, column: 1)
    }
    self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes[3...]) : bytes
    var starts = [0]
    for (offset, byte) in self.bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
    if let nul = self.bytes.firstIndex(of: 0) {
      throw failure("a NUL byte: this is no text file", at: nul)
    }
    if let offset = Self.firstInvalidByte(of: self.bytes) {
      throw failure("this is no valid UTF-8: save the file as UTF-8", at: offset)
    }
  }

  /// Words of a command line, which have no lines.
  init(words: [String]) throws(ConversionFailure) {
    try self.init(Array(words.joined(separator: " ").utf8))
  }

  /// The line of a byte, counted from 1.
  func line(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// What is wrong at a byte.
  func failure(_ message: String, at offset: Int) -> ConversionFailure {
    let line = line(of: offset)
    let before = bytes[lineStarts[line - 1]..<min(max(offset, lineStarts[line - 1]), bytes.count)]
    // Continuation bytes begin no scalar.
    return ConversionFailure(message, line: line, column: 1 + before.count { $0 & 0xC0 != 0x80 })
  }

  /// The text of a range.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private static func firstInvalidByte(of bytes: [UInt8]) -> Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    // Decoded once more, scalar by scalar, because the place is wanted.
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error, .emptyInput: return offset
      }
    }
  }
}
