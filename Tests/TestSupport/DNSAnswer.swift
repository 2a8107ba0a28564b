/// Builds DNS messages by hand, honest or not.
package struct DNSAnswer {
  /// The question part of the query, as it came.
  private let query: [UInt8]
  /// The id of the answer; the query's unless changed.
  package var id: UInt16
  /// QR, RD and RA unless changed.
  package var flags: UInt16 = 0x8180
  /// The counts of the header; those of what was added unless changed.
  package var counts: [Int]
  private var records: [UInt8] = []
  /// What stands in place of the question.
  package var question: [UInt8]

  /// An empty answer to a query without frame.
  package init(to query: [UInt8]) {
    self.query = query
    id = UInt16(query[0]) << 8 | UInt16(query[1])
    var end = 12
    while query[end] != 0 { end += Int(query[end]) + 1 }
    question = Array(query[12..<end + 5])
    counts = [1, 0, 0, 0]
  }

  /// The type that a query asks for.
  package static func type(in query: [UInt8]) -> UInt16 {
    var end = 12
    while query[end] != 0 { end += Int(query[end]) + 1 }
    return UInt16(query[end + 1]) << 8 | UInt16(query[end + 2])
  }

  /// Adds a record, for the question's own name unless another is given in wire form.
  ///
  /// - Parameter section: 1 answer, 2 authority, 3 additional; to be added in that order.
  package mutating func add(
    type: UInt16, data: [UInt8], name: [UInt8] = [0xc0, 0x0c], ttl: UInt32 = 60, length: Int? = nil, section: Int = 1
  ) {
    records += name + Self.bytes(type) + Self.bytes(1)
    records += Self.bytes(UInt16(ttl >> 16)) + Self.bytes(UInt16(ttl & 0xffff))
    records += Self.bytes(UInt16(length ?? data.count)) + data
    counts[section] += 1
  }

  /// The message.
  package var bytes: [UInt8] {
    Self.bytes(id) + Self.bytes(flags) + counts.flatMap { Self.bytes(UInt16($0)) } + question + records
  }

  /// The message behind its length, as streams have it.
  package var framed: [UInt8] { Self.framed(bytes) }

  /// A message behind its length.
  package static func framed(_ message: [UInt8]) -> [UInt8] { bytes(UInt16(message.count)) + message }

  /// A name in wire form.
  package static func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + $0.utf8 } + [0]
  }

  private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
}
