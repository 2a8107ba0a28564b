import Glibc

/// The files that reports go into: opened before anything runs, so that a path that cannot be written is known then, and
/// written at the end. Until then what was in them stays.
struct ReportFiles: ~Copyable {
  fileprivate struct File {
    var request: ReportRequest
    var descriptor: Int32
    var isNew: Bool
  }

  private var files: [File] = []

  /// Opens all files.
  ///
  /// - Throws: `CommandFailure` that names every path that cannot be written; no new file is left behind.
  init(_ requests: [ReportRequest]) throws(CommandFailure) {
    var problems: [String] = []
    var known: [String: String] = [:]
    for request in requests {
      let isNew = access(request.path, F_OK) != 0
      let descriptor = open(request.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o644)
      guard descriptor >= 0 else {
        problems.append("report \(request.kind.rawValue)=\(request.path) cannot be written: \(Self.advice(on: errno))")
        continue
      }
      files.append(File(request: request, descriptor: descriptor, isNew: isNew))
      guard let identity = Self.identity(of: request.path) else { continue }
      if let other = known[identity] {
        problems.append(
          "report \(request.kind.rawValue)=\(request.path) would be written over \(other); give each a file of its own")
      }
      known[identity] = "\(request.kind.rawValue)=\(request.path)"
    }
    guard !problems.isEmpty else { return }
    discard()
    throw CommandFailure(problems.joined(separator: "\ncurlew: ") + "; nothing was sent")
  }

  /// Writes all reports.
  ///
  /// - Returns: a sentence for each that could not be written whole.
  consuming func write(_ report: CheckReport, failsDegraded: Bool) -> [String] {
    files.compactMap { file in
      defer { close(file.descriptor) }
      do {
        try file.replaceContent(by: try file.request.kind.document(of: report, failsDegraded: failsDegraded))
        return nil
      } catch {
        let cause = (error as? CommandFailure)?.message ?? "\(error)"
        return "report \(file.request.kind.rawValue)=\(file.request.path) was not written: \(cause)"
      }
    }
  }

  /// Takes away what was made for nothing.
  private mutating func discard() {
    for file in files {
      close(file.descriptor)
      if file.isNew { unlink(file.request.path) }
    }
    files = []
  }

  private static func advice(on code: Int32) -> String {
    let words = String(cString: strerror(code))
    switch code {
    case ENOENT: return "\(words); its folder must be there already"
    case EISDIR: return "\(words); name a file in it"
    default: return words
    }
  }

  /// What tells that two paths lead to the same file; nil for devices, which may be written twice.
  private static func identity(of path: String) -> String? {
    let real: UnsafeMutablePointer<CChar>? = realpath(path, nil)
    defer { free(real) }
    guard let real else { return nil }
    let text = String(cString: real)
    return ["/dev/", "/proc/"].contains(where: text.hasPrefix) ? nil : text
  }
}

extension ReportFiles.File {
  fileprivate func replaceContent(by text: String) throws(CommandFailure) {
    // A pipe or a terminal cannot be cut, and needs not to be.
    if ftruncate(descriptor, 0) != 0, errno != EINVAL { throw CommandFailure(String(cString: strerror(errno))) }
    do throws(WriteFailure) {
      try Terminal.write(text, to: descriptor)
    } catch {
      throw CommandFailure(String(cString: strerror(error.code)))
    }
  }
}
