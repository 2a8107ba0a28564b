import Model

/// Reads what `FleetWriter` wrote, or bytes of anybody: a fault is thrown, and no more is kept than was sent.
struct FleetReader {
  private let bytes: [UInt8]
  private var place = 0
  private var texts: [String] = []

  /// - Parameter version: the only one that is read.
  init(_ bytes: [UInt8], version: UInt8) throws(CodingFault) {
    self.bytes = bytes
    guard let first = bytes.first else { throw CodingFault("there are no bytes") }
    guard first == version else { throw CodingFault("byte 0: form \(first) is not known; \(version) is") }
    place = 1
    let count = try count("texts")
    texts.reserveCapacity(count)
    for _ in 0..<count {
      let length = try self.count("the length of a text")
      guard length <= FleetWriter.longestText else {
        throw CodingFault("byte \(place): a text of \(length) bytes; \(FleetWriter.longestText) are allowed")
      }
      let end = place + length
      guard let text = String(validating: bytes[place..<end], as: UTF8.self) else {
        throw CodingFault("byte \(place): a text that is no UTF-8")
      }
      texts.append(text)
      place = end
    }
  }

  /// Whether every byte was read.
  var isAtEnd: Bool { place == bytes.count }

  mutating func number(_ what: String) throws(CodingFault) -> UInt64 {
    guard let number = bytes.varint(at: &place) else { throw CodingFault("byte \(place): expected \(what)") }
    return number
  }

  mutating func signed(_ what: String) throws(CodingFault) -> Int64 {
    let number = try number(what)
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }

  /// A number of things that follow, each of at least one byte: more than there are bytes cannot be.
  mutating func count(_ what: String) throws(CodingFault) -> Int {
    let number = try number("the number of \(what)")
    guard number <= UInt64(bytes.count - place) else {
      throw CodingFault("byte \(place): \(number) as the number of \(what), with \(bytes.count - place) bytes left")
    }
    return Int(number)
  }

  mutating func text(_ what: String) throws(CodingFault) -> String {
    let index = try number(what)
    guard index < UInt64(texts.count) else {
      throw CodingFault("byte \(place): \(what) is text \(index) of \(texts.count)")
    }
    return texts[Int(index)]
  }

  mutating func optionalText(_ what: String) throws(CodingFault) -> String? {
    let index = try number(what)
    guard index > 0 else { return nil }
    guard index <= UInt64(texts.count) else {
      throw CodingFault("byte \(place): \(what) is text \(index - 1) of \(texts.count)")
    }
    return texts[Int(index - 1)]
  }

  mutating func bytes(_ count: Int, _ what: String) throws(CodingFault) -> ArraySlice<UInt8> {
    guard count <= bytes.count - place else { throw CodingFault("byte \(place): \(what) is cut off") }
    defer { place += count }
    return bytes[place..<(place + count)]
  }

  func finish() throws(CodingFault) {
    guard isAtEnd else { throw CodingFault("byte \(place): \(bytes.count - place) bytes too many") }
  }
}
