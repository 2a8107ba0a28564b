package import Documents
import Synchronization

/// Files of another file system, with a memory of what a load asked for: everything that a bundle needs, so that loading from
/// it gives the same. What is said to hold a secret is not remembered.
package final class RecordingFiles: DocumentFiles {
  /// What was asked for.
  struct Record {
    /// Content of what was read.
    var contents: [String: [UInt8]] = [:]
    /// What was read or named. That a directory which was walked holds more than that is nobody's business.
    var named: [String: FileKind] = [:]
    /// Files that hold secrets.
    var secrets: Set<String> = []
  }

  private let base: any DocumentFiles
  private let state = Mutex(Record())

  /// A memory without anything in it.
  ///
  /// - Parameter base: where the files are.
  package init(_ base: any DocumentFiles = DiskFiles()) {
    self.base = base
  }

  var record: Record { state.withLock { $0 } }

  package func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    let bytes = try base.read(path, limit: limit)
    state.withLock { state in
      state.named[path] = .file
      if !state.secrets.contains(path) { state.contents[path] = bytes }
    }
    return bytes
  }

  package func kind(of path: String) throws(FileProblem) -> FileKind? {
    try base.kind(of: path)
  }

  package func names(in directory: String) throws(FileProblem) -> [String] { try base.names(in: directory) }

  package func realPath(_ path: String) -> String? { base.realPath(path) }

  package func noteNamed(_ path: String, kind: FileKind) {
    state.withLock { $0.named[path] = kind }
    base.noteNamed(path, kind: kind)
  }

  package func noteSecret(_ path: String) {
    state.withLock { state in
      state.secrets.insert(path)
      state.contents[path] = nil
    }
    base.noteSecret(path)
  }

  package var secretFiles: Set<String> { state.withLock { $0.secrets } }
}
