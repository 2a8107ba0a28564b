import Glibc

/// Files that commands write.
enum OutputFile {
  /// Writes a file that must not be there yet.
  /// - Throws: `CommandFailure` that says how it can be overwritten.
  static func create(_ path: String, with text: String) throws {
    try write(text, to: path, flags: O_EXCL)
  }

  /// Writes a file, over whatever stands there.
  static func replace(_ path: String, with text: String) throws {
    try write(text, to: path, flags: O_TRUNC)
  }

  private static func write(_ text: String, to path: String, flags: CInt) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw CommandFailure("'\(path)' is there already: --force overwrites it") }
      throw CommandFailure("cannot write '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot write '\(path)': \(String(cString: strerror(errno)))") }
      bytes = bytes.dropFirst(count)
    }
  }
}
