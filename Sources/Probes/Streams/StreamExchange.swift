import Expressions
import Model
import Transport

/// What is said over a stream once it stands: bytes with an end to wait for, or a dialogue in lines.
struct StreamExchange {
  /// How much may come before the text or pattern that is waited for.
  static let maxReceivedBytes = 1 << 20

  private let session: StreamSession
  /// Makes TLS of the connection, for a dialogue that begins it in the middle.
  private let secure: () async throws(StreamSession.Stop) -> Void
  private var reader: ByteReader

  /// An exchange over a session's stream.
  init(_ session: StreamSession, secure: @escaping () async throws(StreamSession.Stop) -> Void) {
    self.session = session
    self.secure = secure
    reader = ByteReader(session.stream)
  }

  /// Says what is to be said. What came stays in the session's facts, whatever happens.
  mutating func run(_ exchange: SocketExchange) async throws(StreamSession.Stop) {
    switch exchange {
    case .none: try await session.awaitVerdict()
    case .message(let bytes, let end):
      session.clock.enter(.wait)
      defer { noteFirstByte() }
      if let bytes { try await send(bytes) }
      if let end { try await receive(until: end) } else { try await session.awaitVerdict() }
    case .dialogue(let steps):
      session.clock.enter(.wait)
      defer { noteFirstByte() }
      try await converse(steps)
      switch steps.last {
      case .expect, .expectBytes: return
      default: try await session.awaitVerdict()
      }
    }
  }

  /// The phase `receive` begins with the first byte, which only the reader sees.
  private func noteFirstByte() {
    if session.clock.phase == .wait, let firstByte = reader.firstByte { session.clock.enter(.receive, at: firstByte) }
  }

  private func stop(_ failure: StreamFailure, late: String, quote: String = "") -> StreamSession.Stop {
    noteFirstByte()
    return session.stop(failure, late: late, quote: quote)
  }

  private func stop(_ code: ReasonCode, _ message: String, quote: String = "") -> StreamSession.Stop {
    noteFirstByte()
    return session.stop(code, message, quote: quote)
  }

  private func send(_ bytes: [UInt8]) async throws(StreamSession.Stop) {
    do {
      try await session.stream.write(bytes)
    } catch {
      throw stop(error, late: "\(bytes.count) bytes were not taken")
    }
  }

  private func pattern(_ text: String) throws(StreamSession.Stop) -> RegularExpression {
    do {
      return try session.equipment.patterns.pattern(text)
    } catch {
      throw stop(.templateFailed, error.description)
    }
  }

  /// Waits for more to read; false when the peer has closed.
  private func fill(late: @autoclosure () -> String) async throws(StreamSession.Stop) -> Bool {
    do {
      try await session.breathe()
      return try await reader.fill()
    } catch {
      throw stop(error, late: late())
    }
  }

  // MARK: One message

  private func receive(until end: ReceiveUntil) async throws(StreamSession.Stop) {
    let wanted: Int
    do {
      switch end {
      case .text(let text): wanted = try await receive(Array(text.utf8))
      case .bytes(let count): wanted = try await receive(count: count)
      case .pattern(let text): wanted = try await receive(matching: try pattern(text))
      }
    } catch {
      session.socketFacts.received = Array(reader.rest.prefix(Self.maxReceivedBytes))
      throw error
    }
    session.socketFacts.received = Array(reader.rest.prefix(wanted))
  }

  /// Waits for bytes to come and tells where they end.
  private func receive(_ text: [UInt8]) async throws(StreamSession.Stop) -> Int {
    var finder = TextFinder(text)
    while true {
      if let end = finder.end(in: reader.rest) { return end }
      try await more(than: "the text \(Words.quoted(text))")
    }
  }

  private func receive(count: Int) async throws(StreamSession.Stop) -> Int {
    while reader.rest.count < count {
      guard try await fill(late: "\(reader.rest.count) of \(count) bytes came") else {
        throw stop(
          .expectationFailed, "\(session.target) closed the connection after \(reader.rest.count) of \(count) bytes")
      }
    }
    return count
  }

  private func receive(matching pattern: RegularExpression) async throws(StreamSession.Stop) -> Int {
    while true {
      let begin = EventLoop.now
      if let end = end(of: pattern) { return end }
      // All of it is searched again each time. So that a peer which sends byte by byte costs no more than a fifth of the
      // time, what comes right after a search waits in the kernel for a while.
      let next = begin + 5 * (EventLoop.now - begin)
      let wanted = "a match for \(Words.quoted(pattern.pattern))"
      try await more(than: wanted)
      do {
        try await session.rest(until: next)
      } catch {
        // What came before the end of the time counts.
        if let end = end(of: pattern) { return end }
        throw stop(error, late: "\(wanted) did not come")
      }
    }
  }

  /// Where the first match ends in what came; its groups are kept.
  private func end(of pattern: RegularExpression) -> Int? {
    guard let match = reader.rest.withUnsafeBytes({ pattern.firstMatch(in: $0) }) else { return nil }
    remember(match, of: pattern)
    return match.range.upperBound
  }

  private func remember(_ match: RegularExpression.Match, of pattern: RegularExpression) {
    let bytes = reader.rest
    for (name, index) in pattern.groupNames where index < match.groups.count {
      let group = match.groups[index].map {
        bytes[(bytes.startIndex + $0.lowerBound)..<(bytes.startIndex + $0.upperBound)]
      }
      session.socketFacts.matches[name] = String(decoding: group ?? [], as: UTF8.self)
    }
  }

  /// Waits for more of a message that is not complete.
  private func more(than wanted: String) async throws(StreamSession.Stop) {
    guard reader.rest.count < Self.maxReceivedBytes else {
      throw stop(
        .bodyTooLarge, "\(session.target) sent \(Self.maxReceivedBytes) bytes without \(wanted); that many are allowed")
    }
    guard try await fill(late: "\(wanted) did not come") else {
      let came = reader.rest.isEmpty ? "nothing came" : "what came: \(Words.quoted(reader.rest))"
      throw stop(
        .expectationFailed, "\(session.target) closed the connection before \(wanted) came", quote: "; \(came)")
    }
  }

  // MARK: Lines

  private mutating func converse(_ steps: [DialogueStep]) async throws(StreamSession.Stop) {
    var groups = GroupExpansion()
    for step in steps {
      switch step {
      case .send(let text): try await send(Array(groups.expand(text).utf8) + [UInt8(ascii: "\n")])
      case .sendBytes(let bytes): try await send(bytes)
      case .expect(let text, let labels): try await expect(try pattern(text), labels: labels, groups: &groups)
      case .expectBytes(let bytes): try await expect(bytes)
      case .startTLS: try await beginTLS()
      case .newEntry: groups = GroupExpansion()
      }
    }
  }

  private func expect(
    _ pattern: RegularExpression, labels: [HeaderField], groups: inout GroupExpansion
  ) async throws(StreamSession.Stop) {
    var last: [UInt8]?
    while true {
      let line: [UInt8]?
      do {
        try await session.breathe()
        line = try await reader.line()
      } catch {
        session.socketFacts.unmet = .pattern
        throw stop(error, late: "no line matched \(Words.quoted(pattern.pattern))", quote: Self.words(ofLast: last))
      }
      guard let line else {
        session.socketFacts.unmet = .pattern
        throw stop(
          .expectationFailed,
          "\(session.target) closed the connection before a line matched \(Words.quoted(pattern.pattern))",
          quote: Self.words(ofLast: last))
      }
      keep(line + [UInt8(ascii: "\n")])
      let text = String(decoding: line, as: UTF8.self)
      if let match = pattern.firstMatch(in: text) {
        groups.add(match, of: pattern, in: text)
        session.socketFacts.note(text, groups, labels: labels)
        return
      }
      last = line
    }
  }

  private static func words(ofLast line: [UInt8]?) -> String {
    line.map { "; the last line was \(Words.quoted($0))" } ?? "; no line came"
  }

  /// Waits for bytes in as many pieces as they come in. Others than the first ones are known before all are there.
  private func expect(_ wanted: [UInt8]) async throws(StreamSession.Stop) {
    let late = "\(wanted.count) expected bytes did not come"
    while reader.rest.count < wanted.count, reader.rest.elementsEqual(wanted.prefix(reader.rest.count)) {
      let isMore: Bool
      do {
        isMore = try await fill(late: late)
      } catch {
        session.socketFacts.unmet = .bytes
        throw error
      }
      guard isMore else {
        session.socketFacts.unmet = .bytes
        throw stop(
          .expectationFailed,
          "\(session.target) closed the connection after \(reader.rest.count) of \(wanted.count) expected bytes")
      }
    }
    let came = reader.take(wanted.count)
    keep(came)
    guard came == wanted else {
      session.socketFacts.unmet = .otherBytes
      throw stop(
        .expectationFailed, "\(session.target) sent other bytes than the expected \(Words.quoted(wanted))",
        quote: ": \(Words.quoted(came))")
    }
  }

  private func keep(_ bytes: [UInt8]) {
    session.socketFacts.keep(bytes, atMost: Self.maxReceivedBytes)
  }

  private mutating func beginTLS() async throws(StreamSession.Stop) {
    noteFirstByte()
    guard reader.rest.isEmpty else {
      // Taken as said under TLS, it would be words of whoever stands in between (CVE-2011-0411).
      throw stop(
        .protocolError, "\(session.target) went on in plain words where TLS begins",
        quote: ": \(Words.quoted(reader.rest))")
    }
    let phase = session.clock.phase
    try await secure()
    session.clock.enter(phase)
    reader = ByteReader(session.stream)
  }
}
