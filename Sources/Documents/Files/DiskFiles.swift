import Glibc

/// The machine's own file system.
package struct DiskFiles: DocumentFiles {
  /// The files as they are at each call.
  package init() {}

  package func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    // O_NONBLOCK, because opening a pipe that nobody writes to would wait for ever (open(2)).
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.problem(errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.problem(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .system("it is no regular file") }
    guard status.st_size <= limit else { throw .tooLong(limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.problem(errno) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      // A file may grow while it is read, and those of /proc have no size at all.
      guard bytes.count <= limit else { throw .tooLong(limit) }
    }
  }

  package func kind(of path: String) throws(FileProblem) -> FileKind? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      // A link that leads round in a circle leads to nothing.
      if code == ENOENT || code == ENOTDIR || code == ELOOP { return nil }
      throw Self.problem(code)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    default: return .other
    }
  }

  package func names(in directory: String) throws(FileProblem) -> [String] {
    guard let stream = opendir(directory) else { throw Self.problem(errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      // The end and an error look the same but for this (readdir(3)).
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw Self.problem(errno) }
        return names
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  package func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func problem(_ code: Int32) -> FileProblem {
    code == ENOENT || code == ENOTDIR ? .notFound : .system(String(cString: strerror(code)))
  }
}
