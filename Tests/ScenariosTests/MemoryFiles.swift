import Documents
import Scenarios

/// A file system in memory: a tree of paths, with symbolic links.
struct MemoryFiles: DocumentFiles {
  /// Content by path; folders follow from the paths.
  var files: [String: [UInt8]] = [:]
  /// Targets of symbolic links by path.
  var links: [String: String] = [:]
  /// Folders that may not be searched.
  var closed: Set<String> = []

  init(_ files: [String: String], links: [String: String] = [:]) {
    self.files = files.mapValues { Array($0.utf8) }
    self.links = links
  }

  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    guard let name = name(of: path), let bytes = files[name] else { throw .notFound }
    guard bytes.count <= limit else { throw .tooLong(limit) }
    return bytes
  }

  func kind(of path: String) throws(FileProblem) -> FileKind? {
    if closed.contains(where: { path.hasPrefix($0 + "/") }) { throw .system("Permission denied") }
    guard let name = name(of: path) else { return nil }
    return files[name] != nil ? .file : .directory
  }

  func names(in directory: String) throws(FileProblem) -> [String] {
    guard let name = name(of: directory) else { throw .notFound }
    let prefix = name.isEmpty ? "" : name + "/"
    let below = (Array(files.keys) + links.keys).filter { $0.hasPrefix(prefix) }
    return Array(Set(below.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }))
  }

  /// Where relative paths start.
  private static let home = "/home/me"

  /// The key in `files`, or the folder, that a path leads to.
  private func name(of path: String) -> String? {
    guard let real = realPath(path) else { return nil }
    guard real.hasPrefix(Self.home) else { return real }
    return String(real.dropFirst(Self.home.count).drop { $0 == "/" })
  }

  func realPath(_ path: String) -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", !parts.isEmpty, parts.last != ".." { parts.removeLast() } else { parts.append(part) }
      if let target = links[parts.joined(separator: "/")] { parts = target.split(separator: "/") }
    }
    let name = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    let exists = name.isEmpty || files[name] != nil || files.keys.contains { $0.hasPrefix(name + "/") }
    return exists ? name.hasPrefix("/") ? name : name.isEmpty ? Self.home : "\(Self.home)/\(name)" : nil
  }
}
