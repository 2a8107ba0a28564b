import Documents
import Scenarios
import Server
import Synchronization

/// What of the service file can change while the daemon runs: pages, tokens and passes of nodes. Everything else is read at the start.
final class ServiceFileKeeper: Sendable {
  /// What is in force.
  let access: AccessBook
  private let path: String?
  /// How the file and the logos in it looked when they were read last, whether or not they could be put in force.
  private let sight: Mutex<FileSight>

  /// - Parameters:
  ///   - file: what was read at the start.
  ///   - path: where from; nil where there is no service file.
  init(_ file: ServiceFile, path: String?) {
    access = AccessBook(pages: file.pages, tokens: file.tokens, nodes: file.nodes)
    self.path = path
    let files = WitnessedFiles()
    // For how it looks alone.
    if let path { _ = ServiceFileLoader(files: files).load(path) }
    sight = Mutex(files.seen)
  }

  /// Whether a file is another one than when it was last looked at.
  var looksDifferent: Bool { !sight.withLock { $0 }.stillHolds }

  /// Reads the file anew; nothing is in force before `apply`.
  ///
  /// - Returns: nil for the file where there is none, and for the problem where there is none either.
  func read() -> (file: ServiceFile?, problem: String?) {
    guard let path else { return (nil, nil) }
    let files = WitnessedFiles()
    let result = ServiceFileLoader(files: files).load(path)
    sight.withLock { $0 = files.seen }
    guard let file = result.file else {
      return (nil, result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n"))
    }
    return (file, nil)
  }

  /// Puts the pages, tokens and passes of a file in force.
  func apply(_ file: ServiceFile) {
    access.apply(pages: file.pages, tokens: file.tokens, nodes: file.nodes)
  }
}
