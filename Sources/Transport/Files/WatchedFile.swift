import Glibc

/// A small file of the system that is read again whenever it was changed.
struct WatchedFile<Value: Sendable>: Sendable {
  /// More than any file of names that a resolver should read on a probe's time.
  private static var limitBytes: Int { 16 << 20 }

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

  /// What the file says now; while it cannot be read, what it said before.
  mutating func value() -> Value {
    // One stat(2) a lookup; an editor that replaces the file changes its inode, one that writes into it the time.
    let new = FileStamp(path)
    guard new != stamp else { return current }
    if new == nil {
      // A file that cannot be seen for want of anything but itself is still there.
      guard errno == ENOENT || errno == ENOTDIR else { return current }
      stamp = nil
      current = parse("")
      return current
    }
    // Read and stamped by one descriptor, and remembered only when that went well: what failed is tried at the next lookup.
    guard let content = try? FileReader.read(path, atMost: Self.limitBytes) else { return current }
    stamp = content.stamp
    current = parse(String(decoding: content.bytes, as: UTF8.self))
    return current
  }
}
