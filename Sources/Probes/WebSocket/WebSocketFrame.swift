/// One frame of a WebSocket connection (RFC 6455 section 5.2). No extension is spoken, so all reserved bits are zero.
package struct WebSocketFrame: Hashable, Sendable {
  /// What a frame is for.
  package enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xa

    /// Whether it may stand between the fragments of a message (section 5.4).
    package var isControl: Bool { rawValue >= 0x8 }
  }

  /// The four bytes that a client's payload is masked with (section 5.3).
  package struct Mask: Hashable, Sendable {
    /// Four of them.
    package let bytes: [UInt8]

    /// A mask of four bytes.
    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
      bytes = [first, second, third, fourth]
    }

    /// One that nobody can foresee.
    package static func random() -> Mask {
      Mask(.random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max), .random(in: 0 ... .max))
    }
  }

  package var opcode: Opcode
  package var payload: [UInt8]
  /// Whether it is the last of its message.
  package var isFinal: Bool
  /// Nil for a frame that is not masked, as a server's must be.
  package var mask: Mask?

  /// A frame with everything said.
  package init(_ opcode: Opcode, _ payload: [UInt8] = [], isFinal: Bool = true, mask: Mask? = nil) {
    self.opcode = opcode
    self.payload = payload
    self.isFinal = isFinal
    self.mask = mask
  }

  /// The frame as it goes over the wire.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 14)
    bytes.append((isFinal ? 0x80 : 0) | opcode.rawValue)
    let masked: UInt8 = mask == nil ? 0 : 0x80
    // The shortest form that holds the length ("Payload length").
    switch payload.count {
    case ...125: bytes.append(masked | UInt8(payload.count))
    case ...0xffff:
      bytes.append(masked | 126)
      bytes.append(UInt8(payload.count >> 8))
      bytes.append(UInt8(payload.count & 0xff))
    default:
      bytes.append(masked | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
      }
    }
    guard let mask else { return bytes + payload }
    bytes += mask.bytes
    let start = bytes.count
    bytes += payload
    Self.apply(mask, to: &bytes, from: start)
    return bytes
  }

  fileprivate static func apply(_ mask: Mask, to bytes: inout [UInt8], from start: Int) {
    for index in start..<bytes.count { bytes[index] ^= mask.bytes[(index - start) & 3] }
  }
}

/// What a peer does that RFC 6455 does not allow, or that is more than we take.
package enum WebSocketViolation: Error, Hashable, Sendable {
  /// In words that follow the peer's name: "sent a frame with the unknown opcode 3".
  case malformed(String)
  /// A message of more than that many bytes.
  case tooLarge(Int)
}

/// Takes frames out of bytes as they come, however they are cut.
package struct WebSocketFrameDecoder: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  /// Nothing has come yet.
  package init() {}

  /// Takes in what came.
  package mutating func append(_ piece: some Sequence<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: piece)
  }

  /// The next whole frame; nil when more must come first.
  ///
  /// - Parameter limit: the most bytes of a data frame's payload; a longer one is refused by its length alone.
  package mutating func next(limit: Int) throws(WebSocketViolation) -> WebSocketFrame? {
    let rest = bytes[start...]
    guard rest.count >= 2 else { return nil }
    let (first, second) = (rest[start], rest[start + 1])
    guard first & 0x70 == 0 else { throw .malformed("sent a frame with a reserved bit, without any extension") }
    guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0f) else {
      throw .malformed("sent a frame with the unknown opcode \(first & 0x0f)")
    }
    let isFinal = first & 0x80 != 0
    let short = Int(second & 0x7f)
    if opcode.isControl, !isFinal || short > 125 {
      throw .malformed("sent a control frame that is \(isFinal ? "longer than 125 bytes" : "only a part of one")")
    }
    let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
    let maskBytes = second & 0x80 == 0 ? 0 : 4
    guard rest.count >= 2 + lengthBytes else { return nil }
    let wide = rest[(start + 2)..<(start + 2 + lengthBytes)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let length = lengthBytes == 0 ? UInt64(short) : wide
    if lengthBytes > 0, length < (lengthBytes == 2 ? 126 : 0x1_0000) || length > UInt64(Int64.max) {
      throw .malformed("sent a frame whose length is not in its shortest form")
    }
    if !opcode.isControl, length > UInt64(limit) { throw .tooLarge(limit) }
    let head = 2 + lengthBytes + maskBytes
    guard rest.count >= head + Int(length) else { return nil }
    let payloadStart = start + head
    var payload = Array(bytes[payloadStart..<(payloadStart + Int(length))])
    var mask: WebSocketFrame.Mask?
    if maskBytes > 0 {
      let key = Array(bytes[(payloadStart - 4)..<payloadStart])
      let found = WebSocketFrame.Mask(key[0], key[1], key[2], key[3])
      WebSocketFrame.apply(found, to: &payload, from: 0)
      mask = found
    }
    start = payloadStart + Int(length)
    return WebSocketFrame(opcode, payload, isFinal: isFinal, mask: mask)
  }
}
