import Probes
import Testing

@Suite("WebSocket frames")
struct WebSocketFrameTests {
  private static let mask = WebSocketFrame.Mask(0x37, 0xfa, 0x21, 0x3d)

  /// The examples of RFC 6455 section 5.7.
  static let examples: [(frame: WebSocketFrame, bytes: [UInt8])] = [
    (WebSocketFrame(.text, Array("Hello".utf8)), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
    (
      WebSocketFrame(.text, Array("Hello".utf8), mask: mask),
      [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    ),
    (WebSocketFrame(.text, Array("Hel".utf8), isFinal: false), [0x01, 0x03, 0x48, 0x65, 0x6c]),
    (WebSocketFrame(.continuation, Array("lo".utf8)), [0x80, 0x02, 0x6c, 0x6f]),
    (WebSocketFrame(.ping, Array("Hello".utf8)), [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]),
    (
      WebSocketFrame(.pong, Array("Hello".utf8), mask: mask),
      [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
    ),
    (
      WebSocketFrame(.binary, [UInt8](repeating: 7, count: 256)),
      [0x82, 0x7e, 0x01, 0x00] + [UInt8](repeating: 7, count: 256)
    ),
    (
      WebSocketFrame(.binary, [UInt8](repeating: 7, count: 65_536)),
      [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] + [UInt8](repeating: 7, count: 65_536)
    ),
  ]

  @Test("are written as in the examples of RFC 6455", arguments: examples.indices)
  func encode(index: Int) {
    #expect(Self.examples[index].frame.encoded == Self.examples[index].bytes)
  }

  @Test("are read as in the examples of RFC 6455", arguments: examples.indices)
  func decode(index: Int) throws {
    var decoder = WebSocketFrameDecoder()
    decoder.append(Self.examples[index].bytes)
    #expect(try decoder.next(limit: 1 << 20) == Self.examples[index].frame)
    #expect(try decoder.next(limit: 1 << 20) == nil)
  }

  @Test("are read however the bytes are cut", arguments: [1, 2, 3, 5, 64, 70_000])
  func pieces(size: Int) throws {
    let bytes = Self.examples.flatMap(\.bytes)
    var decoder = WebSocketFrameDecoder()
    var frames: [WebSocketFrame] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      decoder.append(bytes[start..<min(start + size, bytes.count)])
      while let frame = try decoder.next(limit: 1 << 20) { frames.append(frame) }
    }
    #expect(frames == Self.examples.map(\.frame))
  }

  @Test("have their length in the shortest form", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
  func lengths(count: Int) throws {
    let frame = WebSocketFrame(.binary, [UInt8](repeating: 1, count: count), mask: .random())
    #expect(frame.encoded.count == count + 4 + (count < 126 ? 2 : count < 65_536 ? 4 : 10))
    var decoder = WebSocketFrameDecoder()
    decoder.append(frame.encoded)
    #expect(try decoder.next(limit: 1 << 20) == frame)
  }

  @Test(
    "that are none are refused",
    arguments: [
      ([0xc1, 0], "sent a frame with a reserved bit, without any extension"),
      ([0x83, 0], "sent a frame with the unknown opcode 3"), ([0x8b, 0], "sent a frame with the unknown opcode 11"),
      ([0x09, 0], "sent a control frame that is only a part of one"),
      ([0x88, 126, 0, 200], "sent a control frame that is longer than 125 bytes"),
      ([0x82, 126, 0, 125], "sent a frame whose length is not in its shortest form"),
      ([0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255], "sent a frame whose length is not in its shortest form"),
      ([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], "sent a frame whose length is not in its shortest form"),
    ] as [([UInt8], String)])
  func malformed(bytes: [UInt8], words: String) {
    var decoder = WebSocketFrameDecoder()
    decoder.append(bytes)
    #expect(throws: WebSocketViolation.malformed(words)) { try decoder.next(limit: 1 << 20) }
  }

  @Test("are refused by the length that they announce, before it has come")
  func tooLong() {
    var decoder = WebSocketFrameDecoder()
    decoder.append([0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
    #expect(throws: WebSocketViolation.tooLarge(1 << 20)) { try decoder.next(limit: 1 << 20) }
  }
}

@Suite("WebSocket messages")
struct WebSocketMessagesTests {
  private func events(_ frames: WebSocketFrame...) throws -> [WebSocketMessages.Event] {
    var messages = WebSocketMessages()
    for frame in frames { messages.append(frame.encoded) }
    var events: [WebSocketMessages.Event] = []
    while let event = try messages.next() { events.append(event) }
    return events
  }

  @Test("are put together from fragments, with control frames between them")
  func fragments() throws {
    let euro = Array("€".utf8)
    #expect(
      try events(
        WebSocketFrame(.text, Array("Hel".utf8) + euro[..<1], isFinal: false), WebSocketFrame(.ping, [1]),
        WebSocketFrame(.continuation, Array(euro[1...]), isFinal: false), WebSocketFrame(.pong),
        WebSocketFrame(.continuation, Array("lo".utf8)), WebSocketFrame(.binary, [0xff]), WebSocketFrame(.text))
        == [.ping([1]), .pong, .text("Hel€lo"), .binary([0xff]), .text("")])
  }

  @Test("a close tells its code and its reason, or neither")
  func close() throws {
    #expect(try events(WebSocketFrame(.close)) == [.close(code: nil, reason: "")])
    #expect(
      try events(WebSocketFrame(.close, [0x0f, 0xa1] + Array("bye".utf8))) == [.close(code: 4001, reason: "bye")])
  }

  @Test(
    "against the protocol are refused",
    arguments: [
      ([WebSocketFrame(.continuation)], "went on with a message that it had not begun"),
      (
        [WebSocketFrame(.text, isFinal: false), WebSocketFrame(.text)], "began a message in the middle of another"
      ),
      ([WebSocketFrame(.text, [0xff, 0xfe])], "sent a text message that is not UTF-8"),
      ([WebSocketFrame(.text, [0xc3])], "sent a text message that is not UTF-8"),
      ([WebSocketFrame(.text, [], mask: .random())], "sent a masked frame, as only clients do"),
      ([WebSocketFrame(.close, [3])], "closed with half a code"),
      ([WebSocketFrame(.close, [0x03, 0xed])], "closed with the code 1005, which is none"),
      ([WebSocketFrame(.close, [0, 0])], "closed with the code 0, which is none"),
      ([WebSocketFrame(.close, [0x03, 0xe8, 0xff])], "closed with a reason that is not UTF-8"),
    ] as [([WebSocketFrame], String)])
  func violations(frames: [WebSocketFrame], words: String) {
    var messages = WebSocketMessages()
    for frame in frames { messages.append(frame.encoded) }
    #expect(throws: WebSocketViolation.malformed(words)) {
      while try messages.next() != nil {}
    }
  }

  @Test("hold no more than a mebibyte, in however many fragments")
  func bounded() throws {
    let whole = WebSocketFrame(.binary, [UInt8](repeating: 0, count: WebSocketMessages.maxBytes))
    #expect(try events(whole).count == 1)
    #expect(throws: WebSocketViolation.tooLarge(WebSocketMessages.maxBytes)) {
      try events(
        WebSocketFrame(.binary, [UInt8](repeating: 0, count: WebSocketMessages.maxBytes), isFinal: false),
        WebSocketFrame(.continuation, [0]))
    }
    var messages = WebSocketMessages()
    messages.append(WebSocketFrame(.binary, isFinal: false).encoded)
    let empty = WebSocketFrame(.continuation, isFinal: false).encoded
    for _ in 0..<WebSocketMessages.maxFragments { messages.append(empty) }
    #expect(throws: WebSocketViolation.malformed("sent a message in more than 16384 fragments")) {
      try messages.next()
    }
  }
}
