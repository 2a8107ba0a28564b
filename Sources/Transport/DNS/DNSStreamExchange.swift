/// A question and its answer over a stream, each message behind its length (RFC 1035 section 4.2.2, RFC 7766, RFC 7858).
package struct DNSStreamExchange {
  /// Messages that were no answer to the question, and were passed over.
  package private(set) var strayCount = 0
  private var buffer: [UInt8] = []
  /// Where what was not used yet begins in the buffer.
  private var start = 0

  private static let pieceBytes = 16 << 10
  /// Nobody but the peer writes into a stream, so one who sends this many answers to something else has lost his way; and
  /// a flood of them must not hold the thread.
  private static let strayLimit = 256

  /// An exchange that has not begun.
  package init() {}

  /// Sends the question.
  package func send(_ query: DNSQuery, over stream: any ByteStream) async throws(DNSExchangeFailure) {
    do throws(StreamFailure) {
      try await stream.write(query.message(isFramed: true))
    } catch {
      throw .stream(error)
    }
  }

  /// Waits until an answer begins to arrive.
  package mutating func untilFirstByte(from stream: any ByteStream) async throws(DNSExchangeFailure) {
    try await fill(1, from: stream)
  }

  /// Waits for the answer; messages with another id or question are passed over, as on a shared connection.
  ///
  /// Holds at most one message and a piece, 80 KiB, however much the peer sends.
  package mutating func answer(
    to query: DNSQuery, from stream: any ByteStream
  ) async throws(DNSExchangeFailure) -> DNSMessage {
    while true {
      try await fill(2, from: stream)
      let length = 2 + Int(buffer.number(at: start))
      try await fill(length, from: stream)
      let message = Array(buffer[start + 2..<start + length])
      start += length
      do throws(DNSMalformation) {
        if let answer = try query.answer(in: message) { return answer }
      } catch {
        throw .malformed(error)
      }
      strayCount += 1
      guard strayCount < Self.strayLimit else {
        throw .malformed(DNSMalformation("it sent \(strayCount) messages with another id or question"))
      }
    }
  }

  /// Reads until the buffer holds at least `count` bytes that were not used yet.
  ///
  /// In large pieces, so that a flood of empty messages costs no system call each.
  private mutating func fill(_ count: Int, from stream: any ByteStream) async throws(DNSExchangeFailure) {
    while buffer.count - start < count {
      if start > 0 {
        buffer.removeFirst(start)
        start = 0
      }
      let result: ReadResult
      do throws(StreamFailure) {
        result = try stream.read(into: &buffer, atMost: Self.pieceBytes)
        if result == .blocked { try await stream.untilReadable() }
      } catch {
        throw .stream(error)
      }
      if result == .end { throw .malformed(DNSMalformation(endedEarly(wanting: count))) }
    }
  }

  private func endedEarly(wanting count: Int) -> String {
    let held = buffer.count - start
    guard held >= 2 else { return "the connection was closed without an answer" }
    return "the connection was closed after \(held - 2) of \(count - 2) bytes"
  }
}
