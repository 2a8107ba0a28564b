import Glibc

/// Reads files whole.
enum FileReader {
  /// Why a file was not read, as the end of a sentence.
  struct Refusal: Error {
    var words: String
  }

  /// Reads a whole regular file with the stamp that belongs to what was read.
  ///
  /// - Throws: the words of the C library, or that the file is too large.
  static func read(_ path: String, atMost limit: Int) throws(Refusal) -> (bytes: [UInt8], stamp: FileStamp) {
    // O_NONBLOCK: opening a pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Refusal(words: SystemError.words(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Refusal(words: SystemError.words(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Refusal(words: "it is not a regular file") }
    guard status.st_size <= limit else { throw Refusal(words: "it is larger than \(limit) bytes") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    while bytes.count <= limit {
      let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) }
        return count
      }
      if count == 0 { return (bytes, FileStamp(status)) }
      guard count > 0 || errno == EINTR else { throw Refusal(words: SystemError.words(errno)) }
    }
    throw Refusal(words: "it is larger than \(limit) bytes")
  }
}
