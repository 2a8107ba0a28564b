import Glibc

/// A file that is sent as a request's body, opened once and read from its start for each request.
package final class UploadFile: Sendable {
  /// Its size when it was opened, in bytes; exactly that many are sent.
  package let size: Int64
  private let descriptor: CInt

  /// Opens a file under a folder.
  ///
  /// - Parameters:
  ///   - path: relative to the folder, or absolute; in the end, symbolic links followed, it must lie in the folder.
  ///   - folder: where it may be.
  /// - Throws: `UploadFileError` with a sentence that quotes the path.
  package init(path: String, in folder: String) throws(UploadFileError) {
    let real = try Self.realPath(of: path, in: folder)
    // O_NONBLOCK: opening a pipe would wait for its writer.
    descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw UploadFileError(path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw UploadFileError(description: "\"\(path)\" is no regular file")
    }
    size = Int64(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Where the path of a file leads that libcurl opens itself: a regular one under the folder.
  package static func checkedPath(of path: String, in folder: String) throws(UploadFileError) -> String {
    let real = try realPath(of: path, in: folder)
    var status = stat()
    guard stat(real, &status) == 0 else { throw UploadFileError(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw UploadFileError(description: "\"\(path)\" is no regular file")
    }
    return real
  }

  private static func realPath(of path: String, in folder: String) throws(UploadFileError) -> String {
    do throws(ConfinedPathProblem) {
      return try ConfinedPath.real(path, in: folder)
    } catch {
      throw UploadFileError(description: error.description)
    }
  }

  /// Reads at an offset; short at the end of the file, nil when that fails (pread(2)).
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
    let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
    return count < 0 ? nil : count
  }
}

/// Why a file cannot be sent.
package struct UploadFileError: Error, Hashable, CustomStringConvertible {
  package let description: String

  fileprivate init(description: String) {
    self.description = description
  }

  fileprivate init(_ path: String, _ code: CInt) {
    description = "\"\(path)\" cannot be read: \(SystemError.words(code))"
  }
}
