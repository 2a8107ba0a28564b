/// A connection that carries bytes both ways: a socket, or TLS over one.
///
/// Reading is split in two, so that no buffer is borrowed across a wait: `read` takes what is there, `untilReadable` waits
/// for more. Belongs to one exchange and is used on its loop's thread alone.
package protocol ByteStream: AnyObject {
  /// The other side in words: `127.0.0.1:25` or a path.
  var peer: String { get }

  /// Appends at most `count` bytes of what has arrived, without waiting.
  func read(into buffer: inout [UInt8], atMost count: Int) throws(StreamFailure) -> ReadResult

  /// Waits after a `read` that was `blocked` until it is worth another try.
  func untilReadable() async throws(StreamFailure)

  /// Writes all bytes, waiting for the peer to take them.
  func write(_ bytes: [UInt8]) async throws(StreamFailure)
}

/// What one attempt to read gave.
package enum ReadResult: Hashable {
  /// That many bytes, at least one.
  case bytes(Int)
  /// The peer has closed its side.
  case end
  /// Nothing for now.
  case blocked
}
