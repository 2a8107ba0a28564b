import Glibc

/// A small file of the system that is read again whenever it was changed.
struct WatchedFile<Value: Sendable>: Sendable {
  /// More than any file of names that a resolver should read on a probe's time.
  private static var limitBytes: Int { 4 << 20 }

  private let path: String
  private let parse: @Sendable (String) -> Value
  private var stamp: FileStamp?
  private var current: Value

  /// A file that is read when its value is first asked for; one that is missing counts as empty.
  init(path: String, parse: @escaping @Sendable (String) -> Value) {
    self.path = path
    self.parse = parse
    current = parse("")
  }

  /// What the file says now.
  mutating func value() -> Value {
    // One stat(2) a lookup; an editor that replaces the file changes its inode, one that writes into it the time.
    let new = FileStamp(path)
    guard new != stamp else { return current }
    stamp = new
    current = parse(new == nil ? "" : Self.text(of: path))
    return current
  }

  private static func text(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    return withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
      while bytes.count < limitBytes {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { break }
        bytes.append(contentsOf: buffer.prefix(count))
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
