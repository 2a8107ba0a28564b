import Model
import TestSupport
import Testing
import Transport

@Suite("DNS messages")
struct DNSMessageTests {
  private let query: DNSQuery

  init() throws {
    query = DNSQuery(DNSQuery.Question(name: try DNSName("www.example.test"), type: .a), id: 0x1234)
  }

  private var answer: DNSAnswer { DNSAnswer(to: query.message()) }

  private func records(_ answer: DNSAnswer) throws -> [DNSRecord] {
    let message = try #require(try query.answer(in: answer.bytes))
    var presenter = DNSPresenter(message)
    return try presenter.records(message.answers)
  }

  @Test("a question is twelve bytes of header and its name, type and class")
  func question() {
    #expect(
      query.message() == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + DNSAnswer.name("www.example.test") + [0, 1, 0, 1])
    #expect(query.message(isFramed: true).prefix(2) == [0, 34])
    let iterative = DNSQuery(query.question, id: 1, isRecursive: false)
    #expect(iterative.message()[2] == 0)
  }

  @Test("asking for DNSSEC adds an OPT record with DO")
  func dnssec() {
    let bytes = DNSQuery(query.question, id: 1, dnssec: true).message()
    #expect(bytes[11] == 1)
    #expect(bytes.suffix(11) == [0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0])
  }

  @Test("flags, code and records are read")
  func honest() throws {
    var answer = answer
    answer.flags = 0x85a3
    answer.add(type: 1, data: [192, 0, 2, 1])
    answer.add(type: 2, data: [0xc0, 0x10], section: 2)
    answer.add(type: 28, data: [0x20, 1, 0xd, 0xb8] + Array(repeating: 0, count: 11) + [1], section: 3)
    let message = try #require(try query.answer(in: answer.bytes))
    #expect(message.code.mnemonic == "NXDOMAIN")
    #expect(message.header.flagNames == ["qr", "aa", "rd", "ra", "ad"])
    #expect(message.header.isAuthentic)
    var presenter = DNSPresenter(message)
    #expect(
      try presenter.records(message.answers) == [
        DNSRecord(name: "www.example.test.", type: "A", recordClass: "IN", ttl: 60, data: "192.0.2.1")
      ])
    #expect(try presenter.records(message.authority).map(\.data) == ["example.test."])
    #expect(try presenter.records(message.additional).map(\.data) == ["2001:db8::1"])
  }

  @Test("the OPT record gives the upper bits of the code and is none of the records")
  func extendedCode() throws {
    var answer = answer
    answer.flags = 0x8180
    answer.add(type: 41, data: [], name: [0], ttl: 1 << 24, section: 3)
    let message = try #require(try query.answer(in: answer.bytes))
    #expect(message.code.mnemonic == "BADVERS")
    #expect(message.additional.isEmpty)
  }

  @Test("names in data are expanded, also where ldns formats the rest")
  func compressedData() throws {
    var answer = answer
    answer.add(type: 15, data: [0, 10, 2, 0x6d, 0x78, 0xc0, 0x10])
    answer.add(type: 6, data: [0xc0, 0x10, 0xc0, 0x0c] + Array(repeating: 0, count: 19) + [9])
    answer.add(type: 33, data: [0, 1, 0, 2, 1, 187, 0xc0, 0x0c])
    #expect(
      try records(answer).map(\.data) == [
        "10 mx.example.test.", "example.test. www.example.test. 0 0 0 0 9", "1 2 443 www.example.test.",
      ])
  }

  @Test("data that does not fit its type, and a type without a name, are given as RFC 3597 has it")
  func generic() throws {
    var answer = answer
    answer.add(type: 65_280, data: [10, 0, 0, 1])
    answer.add(type: 65_281, data: [])
    answer.add(type: 55, data: [1, 2, 0, 1, 3, 4, 0xc0, 0x0c])
    let records = try records(answer)
    #expect(records.map(\.type) == ["TYPE65280", "TYPE65281", "HIP"])
    #expect(records.map(\.data) == ["\\# 4 0a000001", "\\# 0", "\\# 8 010200010304c00c"])
  }

  @Test("strings are quoted, and bytes that would break them escaped")
  func text() throws {
    var answer = answer
    answer.add(type: 16, data: [4, 0x61, 0x20, 0x20, 0x62, 3, 0x22, 0x5c, 0x07])
    #expect(try records(answer).map(\.data) == [#""a  b" "\"\\\007""#])
  }

  @Test("another id, another question or a question in place of an answer is a stray")
  func strays() throws {
    var other = answer
    other.id = 0x1235
    #expect(try query.answer(in: other.bytes) == nil)
    other = answer
    other.question = DNSAnswer.name("www.example.invalid") + [0, 1, 0, 1]
    #expect(try query.answer(in: other.bytes) == nil)
    other = answer
    other.flags = 0x0100
    #expect(try query.answer(in: other.bytes) == nil)
    #expect(try query.answer(in: []) == nil)
    #expect(try query.answer(in: Array(answer.bytes.prefix(11))) == nil)
    other = answer
    other.question = DNSAnswer.name("WWW.Example.TEST") + [0, 1, 0, 1]
    #expect(try query.answer(in: other.bytes) != nil)
  }

  @Test("an error without the question counts as the answer")
  func questionless() throws {
    var refusal = answer
    refusal.flags = 0x8185
    refusal.question = []
    refusal.counts[0] = 0
    #expect(try query.answer(in: refusal.bytes)?.code.mnemonic == "REFUSED")
    refusal.flags = 0x8180
    #expect(try query.answer(in: refusal.bytes) == nil)
  }

  /// Answers that lie about themselves, and a part of what must be said about them.
  static let lies: [(name: String, change: @Sendable (inout DNSAnswer) -> Void, reason: String)] = [
    ("a count without records", { $0.counts[1] = 40 }, "announces 40 answer records and holds 0"),
    ("a length beyond the end", { $0.add(type: 1, data: [1, 2, 3, 4], length: 400) }, "longer than the message"),
    ("a pointer to itself", { $0.add(type: 1, data: [1, 2, 3, 4], name: [0xc0, 0x22]) }, "circle"),
    ("a pointer forwards", { $0.add(type: 1, data: [1, 2, 3, 4], name: [0xc0, 0x30]) }, "circle"),
    ("two pointers in a circle", { $0.add(type: 5, data: [0xc0, 0x30, 0xc0, 0x2e]) }, "circle"),
    ("a reserved label", { $0.add(type: 1, data: [1, 2, 3, 4], name: [0x80, 0]) }, "unknown kind"),
    ("an address of five bytes", { $0.add(type: 1, data: [1, 2, 3, 4, 5]) }, "5 bytes"),
    ("a name shorter than its data", { $0.add(type: 5, data: [0, 0]) }, "does not fit its type"),
    ("a name longer than its data", { $0.add(type: 6, data: [0xc0, 0x0c]) }, "a name ends early"),
    ("a mail exchanger without a name", { $0.add(type: 15, data: [0, 1]) }, "does not fit its type"),
  ]

  @Test("an answer that lies is told as what it is", arguments: lies.indices)
  func lie(_ index: Int) throws {
    let (name, change, reason) = Self.lies[index]
    var answer = answer
    change(&answer)
    let malformation = #expect(throws: DNSMalformation.self, "\(name)") { try records(answer) }
    #expect(malformation?.description.contains(reason) == true, "\(name): \(malformation?.description ?? "")")
  }

  @Test("bytes without order never do more than fail", arguments: 0..<20)
  func noise(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      var answer = answer
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let data = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        answer.add(type: .random(in: 1...270, using: &random), data: data)
      }
      var bytes = answer.bytes
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        bytes[Int.random(in: 12..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      guard let message = try? query.answer(in: bytes) else { continue }
      var presenter = DNSPresenter(message)
      // What can be read has a text for every record.
      if let records = try? presenter.records(message.answers) { #expect(records.count == message.answers.count) }
    }
  }

  @Test("data that is longer than a message once its names are written out is shown as bytes")
  func overlongData() throws {
    var answer = answer
    // A name of 255 bytes in 72 bytes: four labels that overlap, each followed by a pointer to the label before it.
    let place = answer.bytes.count + 12
    var overlapping = [UInt8](repeating: UInt8(ascii: "x"), count: 72)
    for (start, length, target) in [(6, 63, 4), (4, 63, 2), (2, 63, 0)] {
      overlapping[start] = UInt8(length)
      overlapping[start + length + 1] = UInt8(0xc0 | (place + target) >> 8)
      overlapping[start + length + 2] = UInt8((place + target) & 255)
    }
    overlapping[0] = 61
    overlapping[62] = 0
    answer.add(type: 65_280, data: overlapping)
    let head = answer.bytes.count + 12
    let pointer = [UInt8(0xc0 | (place + 6) >> 8), UInt8((place + 6) & 255)]
    answer.add(type: 47, data: pointer + [UInt8](repeating: 0, count: 65_535 - head - 2))
    #expect(answer.bytes.count == 65_535)
    #expect(try records(answer).last?.data.hasPrefix("\\# 65") == true)
  }

  /// WKS, IPSECKEY, HIP and AMTRELAY: a bit for every port, and names that point at themselves.
  static let heavy: [(type: UInt16, data: [UInt8])] = [
    (11, [192, 0, 2, 1, 6] + Array(repeating: 0xff, count: 8192)), (45, [0, 3, 0, 0xc0, 3]),
    (55, [0, 0, 0, 0, 0xc0, 4]), (260, [0, 3, 0xc0, 2]),
  ]

  @Test("what ldns would spend long on is shown as bytes", arguments: heavy.indices)
  func untrusted(_ index: Int) throws {
    var answer = answer
    answer.add(type: Self.heavy[index].type, data: Self.heavy[index].data)
    let data = Self.heavy[index].data
    #expect(try records(answer).first?.data.hasPrefix("\\# \(data.count) ") == true)
  }

  @Test("an answer that says it is cut is believed in a datagram; from a stream, what came counts")
  func cut() throws {
    var answer = answer
    answer.flags = 0x8380
    answer.add(type: 1, data: [192, 0, 2, 1])
    #expect(try query.answer(in: answer.bytes)?.answers.count == 1)
    let datagram = try #require(try query.answer(in: Array(answer.bytes.dropLast(9)), isDatagram: true))
    #expect(datagram.header.isTruncated)
    #expect(datagram.answers.isEmpty)
  }

  @Test("64 KiB of records that point at one long name are read in little time and room")
  func pointerBomb() throws {
    var answer = answer
    let long = DNSAnswer.name(Array(repeating: String(repeating: "x", count: 49), count: 5).joined(separator: "."))
    // The long name is the data of the first record.
    let place = answer.bytes.count + 12
    answer.add(type: 2, data: long)
    let pointer = [UInt8(0xc0 | place >> 8), UInt8(place & 255)]
    for _ in 0..<4600 { answer.add(type: 2, data: pointer, name: pointer) }
    let records = try records(answer)
    #expect(records.count == 4601)
    #expect(Set(records.dropFirst().map(\.data)).count == 1)
  }
}

/// Numbers that are the same at every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
