import Glibc

/// What is piped into a command.
enum StandardInput {
  /// All of it, or its first `limit` bytes.
  ///
  /// - Throws: `CommandFailure` when it is closed, a directory, or fails in another way.
  static func read(atMost limit: Int = .max) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
      let count = Glibc.read(STDIN_FILENO, &chunk, min(chunk.count, limit - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot read standard input: \(String(cString: strerror(errno)))") }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
