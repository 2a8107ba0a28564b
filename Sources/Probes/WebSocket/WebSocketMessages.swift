/// Puts messages together from what a server sends (RFC 6455 sections 5.4 to 5.6), within bounds.
package struct WebSocketMessages: Sendable {
  /// The most bytes of one message, as much as a socket's exchange may receive.
  package static let maxBytes = 1 << 20
  /// The most fragments of one message: a server may cut it as it likes, but not into nothing for ever.
  package static let maxFragments = 16_384

  /// What a server said.
  package enum Event: Hashable, Sendable {
    case text(String)
    case binary([UInt8])
    /// To be answered by a pong with the same bytes.
    case ping([UInt8])
    case pong
    /// Nothing comes after it. The code is nil where none was given (section 7.1.5).
    case close(code: Int?, reason: String)
  }

  private var decoder = WebSocketFrameDecoder()
  private var opcode: WebSocketFrame.Opcode?
  private var message: [UInt8] = []
  private var fragments = 0

  /// Nothing has come yet.
  package init() {}

  /// Takes in what came.
  package mutating func append(_ piece: some Sequence<UInt8>) {
    decoder.append(piece)
  }

  /// What was said next; nil when more must come first.
  package mutating func next() throws(WebSocketViolation) -> Event? {
    while true {
      let frame: WebSocketFrame
      do {
        guard let next = try decoder.next(limit: Self.maxBytes - message.count) else { return nil }
        frame = next
      } catch .tooLarge {
        throw .tooLarge(Self.maxBytes)
      }
      // Section 5.1: only what a client sends is masked.
      guard frame.mask == nil else { throw .malformed("sent a masked frame, as only clients do") }
      switch frame.opcode {
      case .ping: return .ping(frame.payload)
      case .pong: return .pong
      case .close: return try Self.close(frame.payload)
      case .text, .binary, .continuation:
        if let event = try take(frame) { return event }
      }
    }
  }

  private mutating func take(_ frame: WebSocketFrame) throws(WebSocketViolation) -> Event? {
    if frame.opcode == .continuation {
      guard opcode != nil else { throw .malformed("went on with a message that it had not begun") }
    } else {
      guard opcode == nil else { throw .malformed("began a message in the middle of another") }
      opcode = frame.opcode
    }
    fragments += 1
    guard fragments <= Self.maxFragments else {
      throw .malformed("sent a message in more than \(Self.maxFragments) fragments")
    }
    message += frame.payload
    guard frame.isFinal else { return nil }
    defer {
      opcode = nil
      message = []
      fragments = 0
    }
    guard opcode == .text else { return .binary(message) }
    guard let text = String(validating: message, as: UTF8.self) else {
      throw .malformed("sent a text message that is not UTF-8")
    }
    return .text(text)
  }

  /// Section 5.5.1, and section 7.4 for the codes.
  private static func close(_ payload: [UInt8]) throws(WebSocketViolation) -> Event {
    guard !payload.isEmpty else { return .close(code: nil, reason: "") }
    guard payload.count > 1 else { throw .malformed("closed with half a code") }
    let code = Int(payload[0]) << 8 | Int(payload[1])
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: break
    default: throw .malformed("closed with the code \(code), which is none")
    }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else {
      throw .malformed("closed with a reason that is not UTF-8")
    }
    return .close(code: code, reason: reason)
  }
}
