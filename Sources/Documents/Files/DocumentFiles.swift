/// What readers of files ask of a file system: the machine's own in the program, one in memory in tests.
package protocol DocumentFiles: Sendable {
  /// The content of a file.
  ///
  /// - Parameter limit: the most bytes that are taken; a longer file is refused.
  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8]

  /// What is found at a path, symbolic links followed; nil when nothing is.
  ///
  /// - Throws: why that cannot be told, such as a folder that may not be searched.
  func kind(of path: String) throws(FileProblem) -> FileKind?

  /// The names of what lies in a directory, without `.` and `..`, in any order.
  func names(in directory: String) throws(FileProblem) -> [String]

  /// The path with `.`, `..` and symbolic links resolved (realpath(3)); nil when nothing is there.
  func realPath(_ path: String) -> String?

  /// Takes note that somebody names a file or directory without reading it yet, such as a body that a probe will send.
  func noteNamed(_ path: String, kind: FileKind)

  /// Takes note that a file holds a secret: a value, or a private key. Said before it is read.
  func noteSecret(_ path: String)

  /// Every file of which that was said; none where nobody remembers.
  var secretFiles: Set<String> { get }

  /// Whether whoever probes finds no file under these paths: then what a probe sends is taken from here when it is made.
  var areCarried: Bool { get }
}

extension DocumentFiles {
  /// Nobody remembers.
  package func noteNamed(_ path: String, kind: FileKind) {}

  /// Nobody remembers.
  package func noteSecret(_ path: String) {}

  /// None.
  package var secretFiles: Set<String> { [] }

  /// The files are where their paths lead.
  package var areCarried: Bool { false }
}

/// What a path leads to.
package enum FileKind: Hashable, Sendable {
  case file, directory
  /// A socket, a pipe, a device.
  case other
}

/// Why a file could not be read.
package enum FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case notFound
  /// It is longer than this many bytes.
  case tooLong(Int)
  /// The system's own words (strerror(3)).
  case system(String)

  package var description: String {
    switch self {
    case .notFound: "there is no such file"
    case .tooLong(let limit): "it is longer than \(limit >> 20) MiB"
    case .system(let text): text
    }
  }
}

/// Paths as text.
package enum Path {
  /// What comes before the last `/`, or `.`.
  package static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// `path` as seen from `folder`; an absolute path stays as it is.
  package static func join(_ folder: String, _ path: String) -> String {
    if path.hasPrefix("/") || folder == "." { return path }
    return folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }

  /// Whether following `path` from a folder leads out of it, symbolic links aside.
  package static func leavesFolder(_ path: String) -> Bool {
    if path.hasPrefix("/") { return true }
    var depth = 0
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": depth -= 1
      default: depth += 1
      }
      if depth < 0 { return true }
    }
    return false
  }
}

extension DocumentFiles {
  /// Whether what `path` leads to lies in `folder`, with symbolic links followed. A path to nothing is judged by its text.
  package func contains(_ path: String, in folder: String) -> Bool {
    guard !Path.leavesFolder(path) else { return false }
    guard let home = realPath(folder), let target = realPath(Path.join(folder, path)) else { return true }
    return home == "/" || target == home || target.hasPrefix(home + "/")
  }
}
