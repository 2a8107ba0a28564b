import CLinux
import Glibc

/// Tells whether a file is still the one that was read: as make(1) does, by size and time, and by inode for a file that was
/// moved into its place.
struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  /// The stamp of a path now; nil when there is nothing to be seen.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }

  /// Reads a whole regular file with the stamp that belongs to what was read.
  ///
  /// - Throws: the words of the C library, or that the file is too large.
  static func read(_ path: String, atMost limit: Int) throws(PEM.Refusal) -> (bytes: [UInt8], stamp: FileStamp) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PEM.Refusal(words: SystemError.words(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw PEM.Refusal(words: SystemError.words(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw PEM.Refusal(words: "it is not a regular file") }
    guard status.st_size <= limit else { throw PEM.Refusal(words: "it is larger than \(limit) bytes") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    while bytes.count <= limit {
      let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) }
        return count
      }
      if count == 0 { return (bytes, FileStamp(status)) }
      guard count > 0 || errno == EINTR else { throw PEM.Refusal(words: SystemError.words(errno)) }
    }
    throw PEM.Refusal(words: "it is larger than \(limit) bytes")
  }
}
