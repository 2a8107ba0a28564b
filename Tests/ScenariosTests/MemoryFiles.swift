import Scenarios

/// A file system in memory: a tree of paths, with symbolic links.
struct MemoryFiles: ScenarioFiles {
  /// Content by path; folders follow from the paths.
  var files: [String: [UInt8]] = [:]
  /// Targets of symbolic links by path.
  var links: [String: String] = [:]

  init(_ files: [String: String], links: [String: String] = [:]) {
    self.files = files.mapValues { Array($0.utf8) }
    self.links = links
  }

  func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    guard let real = realPath(path), let bytes = files[real] else { throw .notFound }
    guard bytes.count <= limit else { throw .tooLong(limit) }
    return bytes
  }

  func kind(of path: String) -> FileKind? {
    guard let real = realPath(path) else { return nil }
    return files[real] != nil ? .file : .directory
  }

  func names(in directory: String) throws(FileProblem) -> [String] {
    guard let real = realPath(directory) else { throw .notFound }
    let prefix = real == "." ? "" : real + "/"
    let below = (Array(files.keys) + links.keys).filter { $0.hasPrefix(prefix) }
    return Array(Set(below.compactMap { $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init) }))
  }

  func realPath(_ path: String) -> String? {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", !parts.isEmpty, parts.last != ".." { parts.removeLast() } else { parts.append(part) }
      if let target = links[parts.joined(separator: "/")] { parts = target.split(separator: "/") }
    }
    let real = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    if real.isEmpty { return "." }
    let exists = files[real] != nil || files.keys.contains { $0.hasPrefix(real + "/") }
    return exists ? real : nil
  }
}
