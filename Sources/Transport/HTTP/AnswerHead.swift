import Model

/// The status line and header fields of an answer while they arrive: kept as bytes, split once at the end.
struct AnswerHead {
  /// Bounds over everything that a server sends before, between and after bodies: interim answers, fields, trailers.
  /// Servers in the wild stay under 32 KiB; nginx, Apache and browsers refuse far less than this.
  static let maxBytes = 256 << 10
  static let maxFields = 2000

  private(set) var bytes: [UInt8] = []
  private(set) var hasLocation = false
  private(set) var hasContentEncoding = false
  private(set) var hasSetCookie = false
  private(set) var status = 0
  private var lineEnds: [Int] = []
  private var totalBytes = 0
  private var totalLines = 0

  /// Whether the blank line has come.
  private(set) var isEnded = false

  mutating func reset() {
    restart()
    hasSetCookie = false
    totalBytes = 0
    totalLines = 0
  }

  /// Makes room for another answer of the same exchange, under the same bounds.
  mutating func restart() {
    bytes.removeAll(keepingCapacity: true)
    lineEnds.removeAll(keepingCapacity: true)
    hasLocation = false
    hasContentEncoding = false
    status = 0
    isEnded = false
  }

  /// Takes one line as libcurl gives it (CURLOPT_HEADERFUNCTION(3)).
  ///
  /// - Returns: false when the bounds are passed.
  mutating func append(_ line: UnsafeRawBufferPointer) -> Bool {
    // Looked at before the bounds, since libcurl keeps the cookie of a line before it shows the line.
    if let first = line.first, first | 0x20 == UInt8(ascii: "s"), Self.has(line, "set-cookie:") { hasSetCookie = true }
    totalBytes += line.count
    totalLines += 1
    guard totalBytes <= Self.maxBytes, totalLines <= Self.maxFields else { return false }
    var end = line.count
    while end > 0, line[end - 1] == 10 || line[end - 1] == 13 { end -= 1 }
    if end == 0 {
      isEnded = true
      return true
    }
    if isEnded, Self.isStatusLine(line) {
      // The final answer after an interim one (RFC 9110 section 15.2).
      restart()
    }
    if lineEnds.isEmpty { status = Self.status(in: line) }
    switch line[0] | 0x20 {
    case UInt8(ascii: "l"): hasLocation = hasLocation || Self.has(line, "location:")
    case UInt8(ascii: "c"): hasContentEncoding = hasContentEncoding || Self.has(line, "content-encoding:")
    default: break
    }
    bytes.append(contentsOf: line[..<end])
    lineEnds.append(bytes.count)
    return true
  }

  private static func isStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
    has(line, "http/")
  }

  private static func has(_ line: UnsafeRawBufferPointer, _ prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard line.count >= length else { return false }
    for index in 0..<length {
      let byte = line[index]
      let lower = (65...90).contains(byte) ? byte | 0x20 : byte
      guard lower == prefix.utf8Start[index] else { return false }
    }
    return true
  }

  /// The digits after the first blank.
  private static func status(in line: UnsafeRawBufferPointer) -> Int {
    guard let blank = line.firstIndex(of: 32) else { return 0 }
    var status = 0
    for byte in line[(blank + 1)...].prefix(3) where (48...57).contains(byte) {
      status = status * 10 + Int(byte - 48)
    }
    return status
  }

  /// The words after the status code.
  var statusText: String {
    guard let end = lineEnds.first else { return "" }
    let parts = bytes[..<end].split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count < 3 ? "" : String(decoding: parts[2], as: UTF8.self)
  }

  /// All fields in order; a line that continues the one before is joined to it with one blank (RFC 9112 section 5.2),
  /// and one without a colon is left out.
  func fields() -> [HeaderField] {
    var fields: [HeaderField] = []
    fields.reserveCapacity(lineEnds.count)
    bytes.withUnsafeBufferPointer { bytes in
      var start = lineEnds.first ?? 0
      for end in lineEnds.dropFirst() {
        let line = bytes[start..<end]
        start = end
        if let first = line.first, first == 32 || first == 9 {
          guard !fields.isEmpty else { continue }
          fields[fields.count - 1].value += " " + String(decoding: Self.trimmed(line), as: UTF8.self)
          continue
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        fields.append(
          HeaderField(
            String(decoding: line[..<colon], as: UTF8.self),
            String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)))
      }
    }
    return fields
  }

  private static func trimmed(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Slice<UnsafeBufferPointer<UInt8>> {
    var bytes = bytes
    while let first = bytes.first, first == 32 || first == 9 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 32 || last == 9 { bytes = bytes.dropLast() }
    return bytes
  }

  /// The content codings in the order in which they were applied, lower-case, `identity` left out.
  var contentCodings: [String] {
    guard hasContentEncoding else { return [] }
    return fields().lazy.filter { $0.name.lowercased() == "content-encoding" }
      .flatMap { $0.value.lowercased().split(separator: ",") }
      .map { String($0.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" && $0 != ";" }) }
      .filter { !$0.isEmpty && $0 != "identity" }
  }
}
