import Glibc
import Transport

/// Why the spool's disk did not do what it was asked for.
package struct SpoolFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was done, with the path, and why it failed.
  package let description: String
  /// The error number of the system; 0 where it gave none.
  package let code: CInt

  /// A fault in words.
  package init(_ description: String, code: CInt = 0) {
    self.description = description
    self.code = code
  }

  /// What a call to the system failed with.
  static func system(_ what: String, _ path: String, _ code: CInt) -> SpoolFault {
    SpoolFault("\(what) \(path): \(SystemError.words(code))", code: code)
  }
}

/// What a spool writes and reads with: the system's files, or a disk that a test lets fail.
package protocol SpoolDisk {
  /// Writes bytes at a place, all of them.
  func write(_ bytes: [UInt8], to descriptor: CInt, at offset: Int) throws(SpoolFault)
  /// Returns when everything that was written will outlive the machine's power (fdatasync(2)).
  func synchronize(_ descriptor: CInt) throws(SpoolFault)
  /// Bytes from a place on; fewer where the file ends before.
  func read(_ count: Int, from descriptor: CInt, at offset: Int) throws(SpoolFault) -> [UInt8]
}

/// The system's files.
package struct SystemDisk: SpoolDisk {
  package init() {}

  package func write(_ bytes: [UInt8], to descriptor: CInt, at offset: Int) throws(SpoolFault) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written, off_t(offset + written))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw SpoolFault(SystemError.words(errno), code: errno)
      }
      written += count
    }
  }

  package func synchronize(_ descriptor: CInt) throws(SpoolFault) {
    while fdatasync(descriptor) != 0 {
      guard errno == EINTR else { throw SpoolFault(SystemError.words(errno), code: errno) }
    }
  }

  package func read(_ count: Int, from descriptor: CInt, at offset: Int) throws(SpoolFault) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        guard got > 0 else { return }
        filled += got
      }
    }
    guard failure == 0 else { throw SpoolFault(SystemError.words(failure), code: failure) }
    return bytes
  }
}

/// An open file; closed when nobody has it any more.
final class SpoolFile {
  let path: String
  let descriptor: CInt

  /// Opens a file that its owner alone may read.
  ///
  /// - Parameter flags: of open(2), besides O_CLOEXEC.
  init(_ path: String, flags: CInt) throws(SpoolFault) {
    self.path = path
    descriptor = open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("cannot open", path, errno) }
  }

  deinit { close(descriptor) }

  /// How many bytes it has.
  func size() throws(SpoolFault) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system("cannot look at", path, errno) }
    return Int(status.st_size)
  }

  /// Bytes from a place on; fewer where it ends before.
  func read(_ count: Int, at offset: Int) throws(SpoolFault) -> [UInt8] {
    do throws(SpoolFault) {
      return try SystemDisk().read(count, from: descriptor, at: offset)
    } catch {
      throw .system("cannot read", path, error.code)
    }
  }

  /// Cuts everything off behind a place.
  func truncate(to size: Int) throws(SpoolFault) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw .system("cannot cut", path, errno) }
  }
}

extension [UInt8] {
  /// A number, least significant byte first.
  mutating func append(littleEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  /// The number that stands at a place, least significant byte first.
  func littleEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number {
    var number: Number = 0
    for index in (0..<MemoryLayout<Number>.size).reversed() {
      number = number << 8 | Number(truncatingIfNeeded: self[offset + index])
    }
    return number
  }
}
