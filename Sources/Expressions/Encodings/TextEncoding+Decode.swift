import Glibc
import Synchronization

extension TextEncoding {
  /// The text of the bytes, without a byte order mark; what does not decode becomes U+FFFD.
  /// - Throws: when the C library has no converter for the encoding; it comes with glibc's gconv modules.
  package func decode(_ bytes: [UInt8]) throws(EvaluationError) -> String {
    switch form {
    case .utf8:
      return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    case .utf16(let isBigEndian): return Self.decodeUTF16(bytes, isBigEndian: isBigEndian)
    case .windows1252: return Self.decode(bytes, by: Self.windows1252)
    case .singleByte(let converter): return Self.decode(bytes, by: try table(of: converter))
    case .multiByte(let converter): return try convert(bytes, by: converter)
    }
  }

  private static func decodeUTF16(_ bytes: [UInt8], isBigEndian: Bool) -> String {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2 + 1)
    for index in stride(from: 0, to: bytes.count - 1, by: 2) {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
    }
    if bytes.count % 2 == 1 { units.append(0xFFFD) }
    return String(decoding: units.first == 0xFEFF ? units[1...] : units[...], as: UTF16.self)
  }

  // MARK: One byte a character

  /// 0x00 to 0xFF each in UTF-8.
  typealias ByteTable = [[UInt8]]

  private static func decode(_ bytes: [UInt8], by table: ByteTable) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 8)
    for byte in bytes {
      if byte < 0x80 { result.append(byte) } else { result += table[Int(byte)] }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// 0x80 to 0x9F as the standard has them; what it leaves open is the control character.
  private static let windows1252: ByteTable = {
    let special = Array(
      "\u{20AC}\u{81}\u{201A}\u{192}\u{201E}\u{2026}\u{2020}\u{2021}\u{2C6}\u{2030}\u{160}\u{2039}\u{152}\u{8D}\u{17D}\u{8F}\u{90}\u{2018}\u{2019}\u{201C}\u{201D}\u{2022}\u{2013}\u{2014}\u{2DC}\u{2122}\u{161}\u{203A}\u{153}\u{9D}\u{17E}\u{178}"
        .unicodeScalars)
    return (0...255).map { byte in
      Array(String((0x80...0x9F).contains(byte) ? special[byte - 0x80] : Unicode.Scalar(UInt8(byte))).utf8)
    }
  }()

  private static let tables = Mutex<[String: ByteTable]>([:])

  private func table(of converter: String) throws(EvaluationError) -> ByteTable {
    if let known = Self.tables.withLock({ $0[converter] }) { return known }
    var table: ByteTable = []
    for byte in UInt8.min...UInt8.max {
      let text = try convert([byte], by: converter)
      // Bytes that the C library has no character for are controls where Windows' code pages leave them open.
      let isOpen = text == "\u{FFFD}" && (0x80...0x9F).contains(byte)
      table.append(Array((isOpen ? String(Unicode.Scalar(byte)) : text).utf8))
    }
    Self.tables.withLock { $0[converter] = table }
    return table
  }

  // MARK: iconv

  private func convert(_ bytes: [UInt8], by converter: String) throws(EvaluationError) -> String {
    let descriptor = iconv_open("UTF-8", converter)
    guard let descriptor, Int(bitPattern: descriptor) != -1 else {
      throw EvaluationError(
        .host, "the text is \(name), and the C library here has no converter '\(converter)' (glibc's gconv modules)")
    }
    defer { iconv_close(descriptor) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    var input = bytes
    input.withUnsafeMutableBytes { input in
      withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { piece in
        var source = input.baseAddress?.assumingMemoryBound(to: CChar.self)
        var left = input.count
        var used = 0
        while true {
          if piece.count - used < 64 {
            result.append(contentsOf: piece[..<used])
            used = 0
          }
          var target = piece.baseAddress?.advanced(by: used).assumingMemoryBound(to: CChar.self)
          var room = piece.count - used
          // Without input, the last call gives what is still held back of a character that may be combined.
          let isLast = left == 0
          let code =
            isLast ? iconv(descriptor, nil, nil, &target, &room) : iconv(descriptor, &source, &left, &target, &room)
          let failure = code == -1 ? errno : 0
          used = piece.count - room
          if isLast { break }
          if failure == E2BIG {
            result.append(contentsOf: piece[..<used])
            used = 0
          } else if failure != 0 {
            // EILSEQ, or EINVAL for a character that is cut off at the end. Bytes of a hostile body may all be such, so that
            // the mark goes where the text goes, and into no array of its own.
            if room < 3 {
              result.append(contentsOf: piece[..<used])
              used = 0
            }
            (piece[used], piece[used + 1], piece[used + 2]) = (0xEF, 0xBF, 0xBD)
            used += 3
            if failure == EINVAL { left = 0 } else { (source, left) = (source?.advanced(by: 1), left - 1) }
          }
        }
        result.append(contentsOf: piece[..<used])
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
