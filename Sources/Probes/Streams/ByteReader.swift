import Transport

/// Reads lines, amounts and ends from a stream, each within a bound, and remembers when the first byte came.
///
/// Belongs to one exchange.
final class ByteReader {
  /// The longest line, as blackbox_exporter has it.
  static let maxLineBytes = 64 << 10
  /// How much is read at once.
  private static let chunkBytes = 4 << 10

  /// When the first byte came, in nanoseconds of `EventLoop.now`; nil before it.
  private(set) var firstByte: Int64?
  /// What came and was not taken yet.
  private(set) var pending: [UInt8] = []

  private let stream: any ByteStream
  private var lineStart = 0
  private var scanned = 0
  private var hasEnded = false

  init(_ stream: any ByteStream) {
    self.stream = stream
  }

  /// Waits for more bytes; false when the peer has closed its side. A reset is a close too: a peer that closes without having
  /// read all that we sent resets the connection (RFC 2525 section 2.17).
  func fill() async throws(StreamFailure) -> Bool {
    while !hasEnded {
      let result: ReadResult
      do {
        result = try stream.read(into: &pending, atMost: Self.chunkBytes)
      } catch .reset {
        result = .end
      }
      switch result {
      case .bytes:
        if firstByte == nil { firstByte = EventLoop.now }
        return true
      case .end: hasEnded = true
      case .blocked: try await stream.untilReadable()
      }
    }
    return false
  }

  /// The next line without its end (LF, or CR and LF); nil when there is no more. A last line need not have an end.
  func line() async throws(StreamFailure) -> [UInt8]? {
    while true {
      if let end = pending[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { advance(to: end + 1) }
        let hasReturn = end > lineStart && pending[end - 1] == UInt8(ascii: "\r")
        return Array(pending[lineStart..<(hasReturn ? end - 1 : end)])
      }
      scanned = pending.count
      guard scanned - lineStart <= Self.maxLineBytes else {
        throw .violation("\(stream.peer) sent a line of more than \(Self.maxLineBytes) bytes")
      }
      guard try await fill() else {
        guard lineStart < pending.count else { return nil }
        defer { advance(to: pending.count) }
        return Array(pending[lineStart...])
      }
    }
  }

  /// Exactly that many bytes; fewer when there are no more.
  func bytes(_ count: Int) async throws(StreamFailure) -> [UInt8] {
    while pending.count - lineStart < count {
      guard try await fill() else { break }
    }
    return take(count)
  }

  /// Takes that many bytes of what came; fewer when there are not so many.
  func take(_ count: Int) -> [UInt8] {
    let end = min(pending.count, lineStart + count)
    defer { advance(to: end) }
    return Array(pending[lineStart..<end])
  }

  /// What came and was not taken.
  var rest: ArraySlice<UInt8> { pending[lineStart...] }

  /// Takes all that came.
  func takeRest() -> [UInt8] {
    defer { advance(to: pending.count) }
    return Array(rest)
  }

  private func advance(to index: Int) {
    lineStart = index
    scanned = index
    // Moved together now and then, so that a stream of short lines is not copied at each of them.
    if lineStart == pending.count {
      pending.removeAll(keepingCapacity: true)
      (lineStart, scanned) = (0, 0)
    } else if lineStart > Self.maxLineBytes {
      pending.removeFirst(lineStart)
      (lineStart, scanned) = (0, 0)
    }
  }
}
