import Model

/// Writes numbers (LEB128) and what is counted by them.
struct BundleWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: UInt64) {
    bytes.appendVarint(number)
  }

  mutating func write(_ content: [UInt8]) {
    bytes.appendVarint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func write(_ text: String) {
    write(Array(text.utf8))
  }

  mutating func write(_ texts: [String]) {
    bytes.appendVarint(UInt64(texts.count))
    for text in texts { write(text) }
  }
}

/// Reads what `BundleWriter` wrote, or bytes of anybody: nothing is kept that is longer than what was sent.
struct BundleReader {
  private var rest: ArraySlice<UInt8>
  private let end: Int

  init(_ bytes: [UInt8]) {
    rest = bytes[...]
    end = bytes.count
  }

  private var place: Int { end - rest.count }

  mutating func number(_ what: String) throws(BundleFault) -> UInt64 {
    var reader = VarintReader(rest)
    guard let number = reader.next() else { throw BundleFault("byte \(place): expected \(what)") }
    rest = reader.rest
    return number
  }

  /// How many things follow, each of one byte or more.
  mutating func count(_ what: String) throws(BundleFault) -> Int {
    let number = try number("the number of \(what)")
    guard number <= UInt64(rest.count) else {
      throw BundleFault("byte \(place): \(number) \(what) in \(rest.count) bytes")
    }
    return Int(number)
  }

  mutating func content(_ what: String) throws(BundleFault) -> [UInt8] {
    let count = try count("bytes of \(what)")
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func text(_ what: String) throws(BundleFault) -> String {
    guard let text = String(validating: try content(what), as: UTF8.self) else {
      throw BundleFault("byte \(place): \(what) is no UTF-8")
    }
    return text
  }

  mutating func texts(_ what: String) throws(BundleFault) -> [String] {
    let count = try count(what)
    var texts: [String] = []
    for _ in 0..<count { texts.append(try text(what)) }
    return texts
  }

  func finish() throws(BundleFault) {
    guard rest.isEmpty else { throw BundleFault("byte \(place): \(rest.count) bytes too many") }
  }
}

/// Bytes as lower-case hex digits.
enum HexText {
  static func of(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
