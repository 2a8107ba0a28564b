import Glibc

/// Paths that scenario files name and that may not leave the folder of the file that names them: what counts is where a path
/// leads in the end, symbolic links followed (realpath(3)).
package enum ConfinedPath {
  /// Where a path leads.
  ///
  /// - Parameters:
  ///   - path: starts from the folder unless it is absolute.
  ///   - folder: where it must lead to, or below.
  ///   - allowsAbsolute: whether an absolute path is taken as it is, wherever it leads.
  /// - Throws: when there is nothing, or when it leads outside.
  package static func real(
    _ path: String, in folder: String, allowsAbsolute: Bool = false
  ) throws(ConfinedPathProblem) -> String {
    guard !path.utf8.contains(0) else { throw ConfinedPathProblem(path: path, words: "holds a NUL") }
    let isAbsolute = path.hasPrefix("/")
    if isAbsolute, allowsAbsolute { return path }
    guard let root = resolve(folder) else { throw ConfinedPathProblem(path: folder, code: errno) }
    guard let real = resolve(isAbsolute ? path : "\(folder)/\(path)") else {
      let code = errno
      // What does not exist outside is refused like what does: a file must not be able to ask which.
      throw isAbsolute || climbsOut(path) ? .leaving(path) : ConfinedPathProblem(path: path, code: code)
    }
    guard real == root || real.hasPrefix(root == "/" ? root : root + "/") else { throw .leaving(path) }
    return real
  }

  /// Whether a relative path goes above its start by its dots alone.
  private static func climbsOut(_ path: String) -> Bool {
    var depth = 0
    for part in path.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return true }
    }
    return false
  }

  private static func resolve(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

/// Why a path cannot be used.
package struct ConfinedPathProblem: Error, Hashable, CustomStringConvertible {
  /// The path as it was written.
  package let path: String
  /// What goes behind the path in a sentence.
  package let words: String
  /// The errno(3) that it failed with; nil where the path itself is refused.
  package let code: CInt?

  fileprivate init(path: String, words: String) {
    self.path = path
    self.words = words
    code = nil
  }

  fileprivate init(path: String, code: CInt) {
    self.path = path
    self.code = code
    words = "cannot be read: \(SystemError.words(code))"
  }

  fileprivate static func leaving(_ path: String) -> ConfinedPathProblem {
    ConfinedPathProblem(path: path, words: "leaves the folder of the file that names it; write a path below it")
  }

  package var description: String { "\"\(path)\" \(words)" }
}
