/// The first twelve bytes of a message (RFC 1035 section 4.1.1).
package struct DNSHeader: Sendable {
  /// The number that ties an answer to its question.
  package let id: UInt16
  private let flags: UInt16
  /// How many questions follow.
  package let questionCount: Int
  let recordCounts: [Int]

  /// Nil when there are fewer than twelve bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count >= 12 else { return nil }
    id = bytes.number(at: 0)
    flags = bytes.number(at: 2)
    questionCount = Int(bytes.number(at: 4))
    recordCounts = [Int(bytes.number(at: 6)), Int(bytes.number(at: 8)), Int(bytes.number(at: 10))]
  }

  /// Whether it is an answer (QR).
  package var isResponse: Bool { flags & 0x8000 != 0 }
  /// 0 for an ordinary question.
  package var opcode: UInt16 { flags >> 11 & 15 }
  /// Whether the message was cut to fit a datagram (TC).
  package var isTruncated: Bool { flags & 0x0200 != 0 }
  /// Whether the server asks others for what it does not know (RA).
  package var isRecursionAvailable: Bool { flags & 0x0080 != 0 }
  /// Whether the server vouches for the data by DNSSEC (AD, RFC 4035 section 3.2.3).
  package var isAuthentic: Bool { flags & 0x0020 != 0 }
  /// The lower four bits of the response code.
  package var code: UInt16 { flags & 15 }

  /// The flags that are set, lower-case, in the order of their bits.
  package var flagNames: [String] {
    Self.names.compactMap { flags & $0.bit != 0 ? $0.name : nil }
  }

  private static let names: [(bit: UInt16, name: String)] = [
    (0x8000, "qr"), (0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0020, "ad"), (0x0010, "cd"),
  ]
}

/// An answer that has been taken apart as far as the borders of its records; names and data are read on demand.
///
/// The bytes are a stranger's. Work and memory are bounded by their number: compression pointers must point backwards and
/// are followed 127 times at most, and no count is believed before its records were seen.
package struct DNSMessage: Sendable {
  /// One record: where its parts are.
  package struct Record: Sendable {
    /// Where the owner's name begins.
    let nameOffset: Int
    package let type: DNSType
    package let recordClass: DNSClass
    /// Seconds.
    package let ttl: UInt32
    /// Where the data is.
    let data: Range<Int>
  }

  /// What stands in front.
  package let header: DNSHeader
  /// The whole message.
  let bytes: [UInt8]
  package private(set) var answers: [Record] = []
  package private(set) var authority: [Record] = []
  /// Without the OPT record, which is none of the zone's.
  package private(set) var additional: [Record] = []
  /// Whether there was an OPT record (RFC 6891).
  package private(set) var hasOptions = false
  private var extendedCode: UInt16 = 0

  /// Takes a message apart.
  ///
  /// - Parameter isDatagram: whether it may be cut in the middle of a record where it says that it is cut; what begins there is
  ///   left out then, for it has to be asked for again.
  package init(_ header: DNSHeader, _ bytes: [UInt8], isDatagram: Bool) throws(DNSMalformation) {
    self.header = header
    self.bytes = bytes
    do throws(DNSMalformation) {
      try readRecords()
    } catch {
      guard header.isTruncated, isDatagram else { throw error }
    }
  }

  private mutating func readRecords() throws(DNSMalformation) {
    var offset = 12
    for _ in 0..<header.questionCount {
      offset = try bytes.endOfName(at: offset) + 4
      guard offset <= bytes.count else { throw DNSMalformation("its question ends early") }
    }
    try Self.read(header.recordCounts[0], in: bytes, at: &offset, of: "answer", into: &answers)
    try Self.read(header.recordCounts[1], in: bytes, at: &offset, of: "authority", into: &authority)
    try Self.read(header.recordCounts[2], in: bytes, at: &offset, of: "additional", into: &additional)
    if let index = additional.firstIndex(where: { $0.type == .opt }) {
      // RFC 6891 section 6.1.3: the TTL field holds the upper eight bits of the code.
      extendedCode = UInt16(additional.remove(at: index).ttl >> 24) << 4
      hasOptions = true
    }
  }

  /// The response code with all its bits.
  package var code: DNSResponseCode { DNSResponseCode(rawValue: extendedCode | header.code) }

  /// The question that an answer repeats.
  static func question(in bytes: [UInt8]) throws(DNSMalformation) -> DNSQuery.Question {
    let (name, end) = try bytes.name(at: 12)
    guard end + 4 <= bytes.count else { throw DNSMalformation("its question ends early") }
    return DNSQuery.Question(
      name: name, type: DNSType(rawValue: bytes.number(at: end)),
      recordClass: DNSClass(rawValue: bytes.number(at: end + 2)))
  }

  private static func read(
    _ count: Int, in bytes: [UInt8], at offset: inout Int, of section: String, into records: inout [Record]
  ) throws(DNSMalformation) {
    for index in 0..<count {
      let start = offset
      guard start < bytes.count else {
        throw DNSMalformation("it announces \(count) \(section) records and holds \(index)")
      }
      let end = try bytes.endOfName(at: start)
      guard end + 10 <= bytes.count else { throw DNSMalformation("an \(section) record ends early") }
      let data = end + 10
      offset = data + Int(bytes.number(at: end + 8))
      guard offset <= bytes.count else {
        throw DNSMalformation("an \(section) record says it is longer than the message")
      }
      let ttl = UInt32(bytes.number(at: end + 4)) << 16 | UInt32(bytes.number(at: end + 6))
      records.append(
        Record(
          nameOffset: start, type: DNSType(rawValue: bytes.number(at: end)),
          recordClass: DNSClass(rawValue: bytes.number(at: end + 2)), ttl: ttl, data: data..<offset))
    }
  }

  /// The name that a record belongs to.
  package func owner(of record: Record) throws(DNSMalformation) -> DNSName {
    try bytes.name(at: record.nameOffset).name
  }

  /// The name that a CNAME, NS or PTR record's data is.
  package func target(of record: Record) throws(DNSMalformation) -> DNSName {
    let (name, end) = try bytes.name(at: record.data.lowerBound)
    guard end == record.data.upperBound else {
      throw DNSMalformation("the data of its \(record.type.mnemonic) record is no name")
    }
    return name
  }

  /// The address that an A or AAAA record's data is; nil for other types.
  package func address(of record: Record) throws(DNSMalformation) -> IPAddress? {
    let length: Int
    switch record.type {
    case .a: length = 4
    case .aaaa: length = 16
    default: return nil
    }
    guard record.data.count == length, let address = IPAddress(bytes: bytes[record.data]) else {
      throw DNSMalformation("its \(record.type.mnemonic) record has \(record.data.count) bytes of data")
    }
    return address
  }
}

/// Why bytes are no DNS message.
package struct DNSMalformation: Error, Hashable, Sendable, CustomStringConvertible {
  /// Words that go after "the answer cannot be read: ".
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Names and numbers in a message.
extension [UInt8] {
  /// Two bytes in network order.
  func number(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  /// Where the name ends that begins at an offset, its compression pointer included.
  func endOfName(at start: Int) throws(DNSMalformation) -> Int {
    var offset = start
    while offset < count {
      let length = self[offset]
      switch length {
      case 0: return offset + 1
      case 1...63: offset += Int(length) + 1
      case 0xc0...:
        guard offset + 2 <= count else { throw DNSMalformation("a name ends early") }
        return offset + 2
      default: throw DNSMalformation("a name has a label of unknown kind")
      }
    }
    throw DNSMalformation("a name ends early")
  }

  /// The name that begins at an offset, and where it ends there.
  func name(at start: Int) throws(DNSMalformation) -> (name: DNSName, end: Int) {
    var wire: [UInt8] = []
    var offset = start
    var end: Int?
    // RFC 1035 section 4.1.4: a pointer is to a prior occurrence. Each one pointing further back means that they end.
    var limit = start
    var pointers = 0
    while offset < count {
      let length = Int(self[offset])
      switch length {
      case 0:
        wire.append(0)
        return (DNSName(wire: wire), end ?? offset + 1)
      case 1...63:
        let next = offset + 1 + length
        guard next <= count else { throw DNSMalformation("a name ends early") }
        guard wire.count + length + 2 <= 255 else { throw DNSMalformation("a name is longer than 255 bytes") }
        wire.append(contentsOf: self[offset..<next])
        offset = next
      case 0xc0...:
        guard offset + 2 <= count else { throw DNSMalformation("a name ends early") }
        let target = Int(number(at: offset) & 0x3fff)
        pointers += 1
        guard target < limit, pointers < 128 else {
          throw DNSMalformation("the compression of a name runs in a circle")
        }
        if end == nil { end = offset + 2 }
        limit = target
        offset = target
      default: throw DNSMalformation("a name has a label of unknown kind")
      }
    }
    throw DNSMalformation("a name ends early")
  }
}
