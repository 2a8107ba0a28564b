import Documents
import Fleet

/// The files of a bundle, with the files among the supplied values beside them. Nothing is on a disk.
struct BundleFiles: DocumentFiles {
  private let contents: [String: [UInt8]]
  private let directories: Set<String>
  private let aliases: [String: String]

  /// - Parameter supplied: a file with a secret that is not among them is empty.
  init(_ bundle: ScenarioBundle, supplied: SuppliedValues) {
    var contents: [String: [UInt8]] = [:]
    // Without a module; a file without a byte is no file of modules.
    if let modules = bundle.modules { contents[Self.plain(modules)] = Array("modules: {}\n".utf8) }
    for path in bundle.manifest.secretFiles where path != bundle.modules || supplied.secrets[path] != nil {
      contents[Self.plain(path)] = Array((supplied.secrets[path]?[SecretName.wholeFile] ?? "").utf8)
    }
    for (path, file) in bundle.files where path != BundleManifest.path && path != FileCollector.standardInput {
      contents[Self.plain(path)] = file.content
    }
    self.contents = contents
    directories = Set(bundle.manifest.directories.map(Self.plain))
    aliases = bundle.manifest.aliases
  }

  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    guard let bytes = contents[Self.plain(path)] else { throw .notFound }
    guard bytes.count <= limit else { throw .tooLong(limit) }
    return bytes
  }

  func kind(of path: String) throws(FileProblem) -> FileKind? {
    let path = Self.plain(path)
    if contents[path] != nil { return .file }
    return directories.contains(path) ? .directory : nil
  }

  /// The files that were found in directories are named one by one in the bundle.
  func names(in directory: String) throws(FileProblem) -> [String] { [] }

  func realPath(_ path: String) -> String? {
    if let first = aliases[path] { return Self.plain(first) }
    let path = Self.plain(path)
    return contents[path] == nil ? nil : path
  }

  /// Whatever a probe sends comes from here.
  var areCarried: Bool { true }

  /// Without `.` and, where a name comes before it, `..`.
  private static func plain(_ path: String) -> String {
    guard path.contains("./") || path.hasSuffix("/.") || path.contains("//") else { return path }
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
