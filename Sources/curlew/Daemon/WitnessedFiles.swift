import Documents
import Model
package import Scenarios
import Synchronization
import Transport

/// The machine's files, with a memory of how each path looked when it was asked for: of what was found and of what was
/// missing, so that a file that comes later is noticed as well as one that changes.
///
/// What was seen is noted before it is read. What changes in the meantime looks different afterwards, and is not lost.
final class WitnessedFiles: DocumentFiles {
  private let disk = DiskFiles()
  private let sight = Mutex(FileSight())

  /// How everything looked that was asked for so far.
  var seen: FileSight { sight.withLock { $0 } }

  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    sight.withLock { $0.noteContent(of: path) }
    return try disk.read(path, limit: limit)
  }

  func kind(of path: String) throws(FileProblem) -> FileKind? {
    sight.withLock { $0.noteKind(of: path) }
    return try disk.kind(of: path)
  }

  func names(in directory: String) throws(FileProblem) -> [String] {
    sight.withLock { $0.noteNames(in: directory) }
    return try disk.names(in: directory)
  }

  func realPath(_ path: String) -> String? { disk.realPath(path) }
}

/// How files and directories looked at one time.
///
/// It is compared by polling, not by inotify(7): files that arrive by a bind mount or by the swap of a symbolic link, as in
/// Kubernetes, change without an event on the name that is watched.
struct FileSight {
  /// What stat(2) said of files that were read; nil of those that were not there.
  private var contents: [String: FileStamp?] = [:]
  /// What lay at paths of which no more was asked.
  private var kinds: [String: FileKind?] = [:]
  /// The names in directories that matter to a loader.
  private var names: [String: Set<String>] = [:]

  mutating func noteContent(of path: String) {
    contents[path] = .some(FileStamp(path))
  }

  mutating func noteKind(of path: String) {
    kinds[path] = .some(Self.kind(of: path))
  }

  mutating func noteNames(in directory: String) {
    names[directory] = Self.names(in: directory)
  }

  /// Whether everything looks as it did.
  var stillHolds: Bool {
    contents.allSatisfy { FileStamp($0.key) == $0.value }
      && kinds.allSatisfy { Self.kind(of: $0.key) == $0.value }
      && names.allSatisfy { Self.names(in: $0.key) == $0.value }
  }

  /// What may not be looked at counts as nothing: when it may, it has changed.
  private static func kind(of path: String) -> FileKind? { (try? DiskFiles().kind(of: path)) ?? nil }

  /// YAML files and directories, without what a loader passes over: the temporary file of an editor is no change.
  private static func names(in directory: String) -> Set<String> {
    let all = (try? DiskFiles().names(in: directory)) ?? []
    return Set(
      all.filter { name in
        guard !name.hasPrefix(".") else { return false }
        return name.hasSuffix(".yaml") || name.hasSuffix(".yml") || kind(of: "\(directory)/\(name)") == .directory
      })
  }
}

/// What scenario files said, and how they looked when they said it.
package struct Reading {
  package var result: LoadResult
  var sight: FileSight

  /// Loads files, and remembers how each of them looked.
  static func take(_ load: (any DocumentFiles) -> LoadResult) -> Reading {
    let files = WitnessedFiles()
    let result = load(files)
    return Reading(result: result, sight: files.seen)
  }
}
