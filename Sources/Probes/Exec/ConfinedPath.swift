import Glibc
import Transport

/// Paths that may not leave a folder, symbolic links followed (realpath(3)).
enum ConfinedPath {
  /// Where a path leads that is absolute or starts from the folder.
  static func real(_ path: String, in folder: String) throws(ConfinedPathProblem) -> String {
    guard let root = resolve(folder) else { throw ConfinedPathProblem(folder, errno) }
    guard let real = resolve(path.hasPrefix("/") ? path : "\(folder)/\(path)") else {
      throw ConfinedPathProblem(path, errno)
    }
    guard real == root || real.hasPrefix(root == "/" ? root : root + "/") else {
      throw ConfinedPathProblem(
        description: "\(Words.quoted(path)) leaves the folder of the file that names it; write a path below it")
    }
    return real
  }

  private static func resolve(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

/// Why a path cannot be used.
struct ConfinedPathProblem: Error, CustomStringConvertible {
  /// One line in words, with the path in quotes.
  let description: String

  init(description: String) {
    self.description = description
  }

  init(_ path: String, _ code: CInt) {
    description = "\(Words.quoted(path)): \(SystemError.words(code))"
  }
}
