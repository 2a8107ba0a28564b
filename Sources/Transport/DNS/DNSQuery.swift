/// One question to a name server, and how to recognise the answer to it.
package struct DNSQuery: Sendable {
  /// What is asked (RFC 1035 section 4.1.2).
  package struct Question: Hashable, Sendable {
    package var name: DNSName
    package var type: DNSType
    package var recordClass: DNSClass

    /// A question of all its parts.
    package init(name: DNSName, type: DNSType, recordClass: DNSClass = .internet) {
      self.name = name
      self.type = type
      self.recordClass = recordClass
    }
  }

  /// What is asked.
  package var question: Question
  /// Random, so that who does not see the query cannot answer it (RFC 5452).
  package var id: UInt16
  /// Whether the server should ask on (RD).
  package var isRecursive: Bool
  /// Whether an OPT record asks for DNSSEC records (DO, RFC 3225) and for datagrams over 512 bytes.
  package var dnssec: Bool

  /// A question with a fresh id.
  package init(
    _ question: Question, id: UInt16 = .random(in: 0 ... .max), isRecursive: Bool = true, dnssec: Bool = false
  ) {
    self.question = question
    self.id = id
    self.isRecursive = isRecursive
    self.dnssec = dnssec
  }

  /// The largest datagram that is asked for: what passes every path without fragments (RFC 9715).
  private static let datagramSize: UInt16 = 1232

  /// The message to send.
  ///
  /// - Parameter isFramed: puts the length in front, as streams have it (RFC 1035 section 4.2.2).
  package func message(isFramed: Bool = false) -> [UInt8] {
    let length = 12 + question.name.wire.count + 4 + (dnssec ? 11 : 0)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length + 2)
    if isFramed { bytes.append(UInt16(length)) }
    bytes.append(id)
    bytes.append(isRecursive ? 0x0100 as UInt16 : 0)
    bytes.append(1 as UInt16)
    bytes.append(0 as UInt16)
    bytes.append(0 as UInt16)
    bytes.append(dnssec ? 1 as UInt16 : 0)
    bytes.append(contentsOf: question.name.wire)
    bytes.append(question.type.rawValue)
    bytes.append(question.recordClass.rawValue)
    if dnssec {
      // RFC 6891 section 6.1.2: root, OPT, payload size, extended code and version, flags, no options.
      bytes.append(0 as UInt8)
      bytes.append(DNSType.opt.rawValue)
      bytes.append(Self.datagramSize)
      bytes.append(0 as UInt16)
      bytes.append(0x8000 as UInt16)
      bytes.append(0 as UInt16)
    }
    return bytes
  }

  /// Whether a message is the answer to this question; nil when it is something else, to be ignored.
  ///
  /// - Parameter isDatagram: whether it came in a datagram, which may be cut.
  /// - Throws: when it is the answer but cannot be read.
  package func answer(in bytes: [UInt8], isDatagram: Bool = false) throws(DNSMalformation) -> DNSMessage? {
    guard let header = DNSHeader(bytes), header.id == id, header.isResponse, header.opcode == 0 else { return nil }
    if header.questionCount == 0, header.code != 0 {
      // Some servers leave the question out of an error (RFC 1035 does not forbid it).
      return try DNSMessage(header, bytes, isDatagram: isDatagram)
    }
    guard header.questionCount == 1, let echoed = try? DNSMessage.question(in: bytes), echoed == question else {
      return nil
    }
    return try DNSMessage(header, bytes, isDatagram: isDatagram)
  }
}

extension [UInt8] {
  /// A number in network order.
  fileprivate mutating func append(_ number: UInt16) {
    append(UInt8(number >> 8))
    append(UInt8(truncatingIfNeeded: number))
  }
}
