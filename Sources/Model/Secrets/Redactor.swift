/// Finds secrets in text, in every form in which they commonly travel, and masks them.
///
/// The forms: as it is; each line of eight or more characters of one with several; with any of its characters escaped as URLs,
/// JSON, HTML and our own messages do it (`SpelledSecret`); hex in both cases; and base64 at each of the three alignments, so
/// that it is found inside a longer text too, such as the user and password of a `Basic` header.
package struct Redactor: Sendable {
  /// What stands in place of a secret.
  package static let mask = "•••"

  /// What is searched for byte by byte, in the order of bytes.
  private var needles: [[UInt8]] = []
  /// Where the needles begin that begin with each byte; one entry more than there are bytes.
  private var starts = [Int](repeating: 0, count: 257)
  /// What is searched for in every spelling.
  private var spelled: [SpelledSecret] = []
  /// Which of those may begin with each byte.
  private var spelledByFirstByte = [[Int]](repeating: [], count: 256)
  private var isFirstByte = [Bool](repeating: false, count: 256)

  /// A redactor that knows these secrets; with none it returns every text as it is.
  package init(_ secrets: some Sequence<Secret>) {
    for secret in secrets { add(secret) }
    sort()
  }

  /// A redactor without secrets.
  package static let none = Redactor([])

  /// Whether there is anything to mask.
  package var isEmpty: Bool { needles.isEmpty && spelled.isEmpty }

  /// Learns a further secret.
  package mutating func insert(_ secret: Secret) {
    add(secret)
    sort()
  }

  /// Learns all that another one knows.
  package mutating func formUnion(_ other: Redactor) {
    needles += other.needles
    for secret in other.spelled { add(spelled: secret) }
    sort()
  }

  private mutating func add(_ secret: Secret) {
    let value = secret.exposedValue
    guard !value.isEmpty else { return }
    add(value)
    let lines = value.split(whereSeparator: \.isNewline)
    for line in lines where line.utf8.count < value.utf8.count && line.unicodeScalars.count >= 8 { add(String(line)) }
  }

  private mutating func add(_ value: String) {
    let bytes = Array(value.utf8)
    let secret = SpelledSecret(bytes)
    if secret.mayBeEscaped { add(spelled: secret) } else { needles.append(bytes) }
    needles += SecretForms.encoded(bytes)
  }

  private mutating func add(spelled secret: SpelledSecret) {
    guard let own = secret.bytes.first, !spelledByFirstByte[Int(own)].contains(where: { spelled[$0] == secret }) else {
      return
    }
    for first in secret.firstBytes {
      spelledByFirstByte[Int(first)].append(spelled.count)
      isFirstByte[Int(first)] = true
    }
    spelled.append(secret)
  }

  private mutating func sort() {
    needles.sort { $0.lexicographicallyPrecedes($1) }
    var kept: [[UInt8]] = []
    kept.reserveCapacity(needles.count)
    for needle in needles where needle != kept.last { kept.append(needle) }
    needles = kept
    var index = 0
    for byte in 0..<256 {
      starts[byte] = index
      while index < needles.count, needles[index][0] == byte { index += 1 }
      if index > starts[byte] { isFirstByte[byte] = true }
    }
    starts[256] = index
  }

  /// The text with every form of every secret masked.
  ///
  /// Where text was cut, `…` stands in place of the rest; a secret that was cut with it is masked as well.
  package func redact(_ text: String) -> String {
    guard !isEmpty else { return text }
    let bytes = Array(text.utf8)
    guard let masked = masked(bytes, upTo: bytes.count, isCutAtEnd: false) else { return text }
    return String(decoding: masked, as: UTF8.self)
  }

  /// The first bytes, with every form of every secret masked that begins among them: one that lies over the border is
  /// masked as a whole, and so is one that the end of the bytes has cut.
  ///
  /// - Parameter limit: how many of `bytes` are kept; what is masked may be longer or shorter than what it stands for.
  package func redact(_ bytes: [UInt8], upTo limit: Int) -> [UInt8] {
    guard !isEmpty, limit > 0 else { return bytes.count > limit ? Array(bytes.prefix(max(0, limit))) : bytes }
    if let masked = masked(bytes, upTo: min(limit, bytes.count), isCutAtEnd: true) { return masked }
    return bytes.count > limit ? Array(bytes.prefix(limit)) : bytes
  }

  /// Nil when nothing was found, so that the common case copies nothing.
  private func masked(_ bytes: [UInt8], upTo limit: Int, isCutAtEnd: Bool) -> [UInt8]? {
    var result: [UInt8] = []
    var copied = 0
    var index = 0
    while index < limit {
      guard var end = matchEnd(in: bytes, at: index, isCutAtEnd: isCutAtEnd) else {
        index += 1
        continue
      }
      result += bytes[copied..<index]
      result += Array(Self.mask.utf8)
      // Secrets may overlap: what begins inside of one and ends behind it goes with it.
      while index < end {
        end = max(end, matchEnd(in: bytes, at: index, isCutAtEnd: isCutAtEnd) ?? end)
        index += 1
      }
      copied = end
    }
    guard copied > 0 else { return nil }
    if copied < limit { result += bytes[copied..<limit] }
    return result
  }

  /// The bytes of `…`, which stands where text was cut.
  private static let cutMark = Array("…".utf8)

  /// Where the longest secret ends that begins at `index`.
  private func matchEnd(in bytes: [UInt8], at index: Int, isCutAtEnd: Bool) -> Int? {
    guard isFirstByte[Int(bytes[index])] else { return nil }
    var longest = needleEnd(in: bytes, at: index, isCutAtEnd: isCutAtEnd)
    for place in spelledByFirstByte[Int(bytes[index])] {
      let match = spelled[place].match(in: bytes, at: index)
      let isWhole = match.count == spelled[place].bytes.count
      guard isWhole || Self.isCut(bytes, at: match.end, after: match.count, isCutAtEnd: isCutAtEnd) else { continue }
      longest = max(longest ?? 0, match.end)
    }
    return longest
  }

  /// All needles at once: those that agree with the text so far are neighbours in the order of bytes.
  private func needleEnd(in bytes: [UInt8], at index: Int, isCutAtEnd: Bool) -> Int? {
    var lower = starts[Int(bytes[index])]
    var upper = starts[Int(bytes[index]) + 1]
    var longest: Int?
    var length = 1
    while lower < upper {
      let end = index + length
      // The shortest one stands first.
      if needles[lower].count == length {
        longest = end
        lower += 1
        guard lower < upper else { break }
      }
      if Self.isCut(bytes, at: end, after: length, isCutAtEnd: isCutAtEnd) { longest = end }
      guard end < bytes.count else { break }
      let byte = bytes[end]
      if needles[lower][length] != byte { lower = border(lower, upper) { needles[$0][length] < byte } }
      if lower < upper, needles[upper - 1][length] != byte {
        upper = border(lower, upper) { needles[$0][length] <= byte }
      }
      length += 1
    }
    return longest
  }

  /// The first place between both ends where the condition does not hold any more.
  private func border(_ lower: Int, _ upper: Int, where isBefore: (Int) -> Bool) -> Int {
    var (lower, upper) = (lower, upper)
    while lower < upper {
      let middle = (lower + upper) / 2
      if isBefore(middle) { lower = middle + 1 } else { upper = middle }
    }
    return lower
  }

  /// Whether the text was cut there, in the middle of a secret of which so many bytes came.
  private static func isCut(_ bytes: [UInt8], at end: Int, after count: Int, isCutAtEnd: Bool) -> Bool {
    // One character alone gives nothing away, and would be masked in innocent text all the time.
    guard count >= 2 else { return false }
    return end == bytes.count ? isCutAtEnd : bytes[end] == cutMark[0] && bytes[end...].starts(with: cutMark)
  }
}
