import Documents
import Model

/// Finds the files that the user named: a directory means all its YAML files, recursively, in the order of whole paths.
struct FileCollector {
  /// A file to load.
  struct Found {
    var path: String
    /// Whether the user named it, rather than its directory.
    var isNamed: Bool
  }

  /// Deeper than any tree that people keep, and a bound on a loop of symbolic links.
  static let depthLimit = 64

  private let files: any DocumentFiles
  private let sink: DiagnosticSink
  private(set) var found: [Found] = []
  private(set) var directories: [String] = []
  private var seen: Set<String> = []

  /// The path that means standard input.
  static let standardInput = "-"

  init(files: any DocumentFiles, sink: DiagnosticSink) {
    self.files = files
    self.sink = sink
  }

  /// Adds what one argument of the command line names.
  mutating func add(_ path: String) {
    if path == Self.standardInput {
      if seen.insert(path).inserted { found.append(Found(path: path, isNamed: true)) }
      return
    }
    let kind: FileKind?
    do {
      kind = try files.kind(of: path)
    } catch {
      sink.report(Diagnostic("'\(path)' cannot be reached: \(error)"))
      return
    }
    switch kind {
    case .directory?:
      var below: [String] = []
      walk(path, depth: 0, into: &below)
      for file in below.sorted(by: Self.isBefore) { append(file, isNamed: false) }
    case .file?: append(path, isNamed: true)
    case .other?: sink.report(Diagnostic("'\(path)' is neither a file nor a directory"))
    case nil: sink.report(Diagnostic("'\(path)' was not found", notes: [.init("name a scenario file or a directory")]))
    }
  }

  private mutating func append(_ path: String, isNamed: Bool) {
    if seen.insert(files.realPath(path) ?? path).inserted { found.append(Found(path: path, isNamed: isNamed)) }
  }

  private mutating func walk(_ directory: String, depth: Int, into result: inout [String]) {
    guard depth < Self.depthLimit, seen.insert((files.realPath(directory) ?? directory) + "/").inserted else { return }
    directories.append(directory)
    let names: [String]
    do {
      names = try files.names(in: directory)
    } catch {
      sink.report(Diagnostic("'\(directory)' could not be read: \(error)"))
      return
    }
    // In order, so that problems come out in the same order everywhere.
    // What begins with a dot belongs to tools: `.github` and `.git` hold YAML that is no scenario.
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = Path.join(directory, name)
      let kind: FileKind?
      do {
        kind = try files.kind(of: path)
      } catch {
        // Checks must not vanish from a reload without a word.
        sink.report(Diagnostic("'\(path)' cannot be reached: \(error)"))
        continue
      }
      switch kind {
      case .directory?: walk(path, depth: depth + 1, into: &result)
      case .file? where name.hasSuffix(".yaml") || name.hasSuffix(".yml"): result.append(path)
      default: continue
      }
    }
  }

  /// Bytewise, as `LC_ALL=C sort` has it, so that the order is the same on every machine.
  private static func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
