/// A question and its answer over a stream, each message behind its length (RFC 1035 section 4.2.2, RFC 7766, RFC 7858).
package struct DNSStreamExchange {
  /// Messages that were no answer to the question, and were passed over.
  package private(set) var strayCount = 0
  private var buffer: [UInt8] = []

  /// An exchange that has not begun.
  package init() {}

  /// Asks and waits for the answer; messages with another id or question are passed over, as on a shared connection.
  ///
  /// Holds one message, at most 64 KiB, however much the peer sends.
  ///
  /// - Parameter onFirstByte: called when the first byte of an answer has come.
  package mutating func answer(
    to query: DNSQuery, over stream: any ByteStream, onFirstByte: () -> Void = {}
  ) async throws(DNSExchangeFailure) -> DNSMessage {
    do throws(StreamFailure) {
      try await stream.write(query.message(isFramed: true))
    } catch {
      throw .stream(error)
    }
    while true {
      let message = try await next(from: stream, onFirstByte: onFirstByte)
      do throws(DNSMalformation) {
        if let answer = try query.answer(in: message) { return answer }
      } catch {
        throw .malformed(error)
      }
      strayCount += 1
    }
  }

  private mutating func next(
    from stream: any ByteStream, onFirstByte: () -> Void
  ) async throws(DNSExchangeFailure) -> [UInt8] {
    try await fill(2, from: stream, onFirstByte: onFirstByte)
    let length = Int(buffer.number(at: 0))
    try await fill(2 + length, from: stream, onFirstByte: onFirstByte)
    let message = Array(buffer[2...])
    buffer.removeAll(keepingCapacity: true)
    return message
  }

  /// Reads until the buffer holds `count` bytes and no more, so that it never needs more than one message's room.
  private mutating func fill(
    _ count: Int, from stream: any ByteStream, onFirstByte: () -> Void
  ) async throws(DNSExchangeFailure) {
    while buffer.count < count {
      let isFirst = buffer.isEmpty
      let result: ReadResult
      do throws(StreamFailure) {
        result = try stream.read(into: &buffer, atMost: count - buffer.count)
        if result == .blocked { try await stream.untilReadable() }
      } catch {
        throw .stream(error)
      }
      switch result {
      case .blocked: continue
      case .bytes: if isFirst { onFirstByte() }
      case .end: throw .malformed(DNSMalformation(endedEarly(wanting: count)))
      }
    }
  }

  private func endedEarly(wanting count: Int) -> String {
    guard buffer.count >= 2 else { return "the connection was closed without an answer" }
    return "the connection was closed after \(buffer.count - 2) of \(count - 2) bytes"
  }
}

/// Why a question over a stream got no answer.
package enum DNSExchangeFailure: Error {
  /// The connection failed, or the deadline came.
  case stream(StreamFailure)
  /// What came is no answer that can be read.
  case malformed(DNSMalformation)
}
