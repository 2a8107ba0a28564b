import Expressions
import Model
import Transport

/// What is said over a WebSocket connection, from the opening handshake to the closing one.
///
/// Belongs to one exchange.
final class WebSocketExchange {
  /// How long a server may take to answer our close. It says nothing about the target, so it is in no phase.
  private static let closePatience = Duration.milliseconds(500)

  private(set) var facts = WebSocketFacts()
  /// The phases up to the closing handshake; nil when it did not come to that.
  private(set) var phases: Phases?

  private let session: StreamSession
  private let reader: ByteReader
  private var messages = WebSocketMessages()
  private var groups = GroupExpansion()
  private var headBytes = 0

  /// An exchange over a session that stands.
  init(_ session: StreamSession) {
    self.session = session
    reader = ByteReader(session.stream)
  }

  private func stop(_ failure: StreamFailure, late: String) -> StreamSession.Stop {
    noteFirstByte()
    return session.stop(failure, late: late)
  }

  private func stop(_ code: ReasonCode, _ message: String, quote: String = "") -> StreamSession.Stop {
    noteFirstByte()
    return session.stop(code, message, quote: quote)
  }

  /// The phase `receive` begins with the first byte, which only the reader sees.
  private func noteFirstByte() {
    if session.clock.phase == .wait, let firstByte = reader.firstByte { session.clock.enter(.receive, at: firstByte) }
  }

  // MARK: Opening

  /// Asks for the upgrade and takes the answer.
  func open(_ handshake: WebSocketHandshake) async throws(StreamSession.Stop) {
    session.clock.enter(.wait)
    try await write(handshake.request, late: "the opening handshake was not taken")
    while true {
      let line = try await headLine()
      guard let status = WebSocketHandshake.status(in: line) else {
        throw stop(.protocolError, "\(session.target) does not answer in HTTP/1.1", quote: ": \(Words.quoted(line))")
      }
      let fields = try await headFields()
      // Something provisional may come first (RFC 9110 section 15.2).
      if (100...199).contains(status), status != 101 { continue }
      facts.status = status
      guard status == 101 else {
        throw stop(.protocolError, "\(session.target) refused the upgrade: status is \(status), expected 101")
      }
      if let fault = handshake.fault(inAnswer: fields) {
        throw stop(.protocolError, "\(session.target) answers the opening handshake wrongly: it \(fault)")
      }
      facts.isUpgraded = true
      messages.append(reader.takeRest())
      return noteFirstByte()
    }
  }

  private func headFields() async throws(StreamSession.Stop) -> [HeaderField] {
    var fields: [HeaderField] = []
    while true {
      let line = try await headLine()
      if line.isEmpty { return fields }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      let end = value.lastIndex { $0 != " " && $0 != "\t" }.map(value.index(after:)) ?? value.startIndex
      fields.append(HeaderField(String(line[..<colon]), String(value[..<end])))
    }
  }

  private func headLine() async throws(StreamSession.Stop) -> String {
    let line: [UInt8]?
    do {
      try await session.breathe()
      line = try await reader.line()
    } catch {
      throw stop(error, late: "no answer to the opening handshake")
    }
    guard let line else {
      throw stop(.protocolError, "\(session.target) closed the connection in the middle of the opening handshake")
    }
    headBytes += line.count + 2
    guard headBytes <= WebSocketHandshake.maxHeadBytes else {
      throw stop(
        .protocolError,
        "\(session.target) answered the opening handshake with more than \(WebSocketHandshake.maxHeadBytes >> 10) KiB")
    }
    return String(decoding: line, as: UTF8.self)
  }

  // MARK: Talking

  /// Says and expects one message after another. What came stays in the session's facts, whatever happens.
  func converse(_ steps: [DialogueStep]) async throws(StreamSession.Stop) {
    for step in steps {
      switch step {
      case .send(let text): try await send(.text, Array(groups.expand(text).utf8))
      case .sendBytes(let bytes): try await send(.binary, bytes)
      case .expect(let text, let labels): try await expect(text, labels)
      case .newEntry: groups = GroupExpansion()
      case .expectBytes, .startTLS: throw stop(.internal, "this word of a dialogue is not spoken over WebSocket")
      }
    }
  }

  private func send(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) async throws(StreamSession.Stop) {
    let what = opcode == .pong ? "an answer to a ping" : "a message of \(payload.count) bytes"
    try await write(WebSocketFrame(opcode, payload, mask: .random()).encoded, late: "\(what) was not taken")
  }

  private func write(_ bytes: [UInt8], late: String) async throws(StreamSession.Stop) {
    do {
      try await session.stream.write(bytes)
    } catch {
      throw stop(error, late: late)
    }
  }

  private func expect(_ source: String, _ labels: [HeaderField]) async throws(StreamSession.Stop) {
    let pattern: RegularExpression
    do {
      pattern = try session.equipment.patterns.pattern(source)
    } catch {
      throw stop(.templateFailed, error.description)
    }
    // Taken back when it comes: whatever ends the exchange before that has kept it from coming.
    session.socketFacts.unmet = .pattern
    let bytes = try await message(for: "a message for \(Words.quoted(source))")
    keep(bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    guard let match = pattern.firstMatch(in: text) else {
      throw stop(
        .expectationFailed, "\(session.target) sent a message that \(Words.quoted(source)) does not match",
        quote: ": \(Words.quoted(bytes))")
    }
    groups.add(match, of: pattern, in: text)
    session.socketFacts.unmet = nil
    session.socketFacts.messages.append(text)
    session.socketFacts.matches.merge(groups.named) { $1 }
    if !labels.isEmpty {
      session.socketFacts.labels.append(labels.map { HeaderField($0.name, groups.expand($0.value)) })
    }
  }

  /// The next message; pings before it are answered.
  private func message(for wanted: String) async throws(StreamSession.Stop) -> [UInt8] {
    while true {
      do {
        try await session.breathe()
      } catch {
        throw stop(error, late: "\(wanted) did not come")
      }
      switch try nextEvent() {
      case .text(let text): return Array(text.utf8)
      case .binary(let bytes): return bytes
      case .ping(let payload): try await send(.pong, payload)
      case .pong: break
      case .close(let code, let reason):
        throw stop(
          .expectationFailed,
          "\(session.target) closed the connection\(code.map { " with code \($0)" } ?? "") before \(wanted) came",
          quote: reason.isEmpty ? "" : ": \(Words.quoted(reason))")
      case nil: try await more(than: wanted)
      }
    }
  }

  private func nextEvent() throws(StreamSession.Stop) -> WebSocketMessages.Event? {
    do throws(WebSocketViolation) {
      return try messages.next()
    } catch {
      switch error {
      case .tooLarge(let limit):
        throw stop(.bodyTooLarge, "\(session.target) sent a message of more than \(limit) bytes; that many are allowed")
      case .malformed(let words): throw stop(.protocolError, "\(session.target) \(words)")
      }
    }
  }

  private func more(than wanted: String) async throws(StreamSession.Stop) {
    do {
      if try await reader.fill() {
        messages.append(reader.takeRest())
        return
      }
    } catch {
      throw stop(error, late: "\(wanted) did not come")
    }
    throw stop(
      .expectationFailed, "\(session.target) cut the connection, without a closing handshake, before \(wanted) came")
  }

  private func keep(_ bytes: [UInt8]) {
    let separator: [UInt8] = session.socketFacts.received.isEmpty ? [] : [UInt8(ascii: "\n")]
    let room = StreamExchange.maxReceivedBytes - session.socketFacts.received.count
    session.socketFacts.received += (separator + bytes).prefix(max(0, room))
  }

  // MARK: Closing

  /// Takes leave (RFC 6455 section 7.1.2) and waits a little for the server's, so that it need not take the probe for a client
  /// that broke down. How that goes is no part of what was asked.
  func close() async {
    phases = session.clock.phases()
    // Code 1000, "normal closure" (section 7.4.1).
    let end = EventLoop.now + Self.closePatience.nanoseconds
    do {
      try await write(WebSocketFrame(.close, [0x03, 0xe8], mask: .random()).encoded, late: "")
      while EventLoop.now < end {
        switch try nextEvent() {
        case .close: return
        case .some: continue
        case nil: guard try await hasMore(until: end) else { return }
        }
      }
    } catch {
      return
    }
  }

  /// Waits for more to read, and no longer than to a time; false when there is none.
  private func hasMore(until end: Int64) async throws -> Bool {
    var bytes: [UInt8] = []
    while true {
      switch try session.stream.read(into: &bytes, atMost: 4096) {
      case .bytes:
        messages.append(bytes)
        return true
      case .end: return false
      case .blocked: guard try await session.deadline.wait(until: end) else { return false }
      }
    }
  }
}
