import Foundation
import Transport

/// Notices that files have changed, by what stat(2) says of them.
///
/// Polling, not inotify(7): files that arrive by a bind mount or by the swap of a symlink, as in Kubernetes, change without
/// an event on the name that is watched.
struct FileWatch {
  private var stamps: [String: FileStamp]

  /// Remembers how the paths look now; a directory stands for the YAML files below it.
  init(_ paths: [String]) {
    stamps = Self.stamps(of: paths)
  }

  /// Whether anything looks other than it did; remembers how it looks now.
  mutating func hasChanged(_ paths: [String]) -> Bool {
    let now = Self.stamps(of: paths)
    defer { stamps = now }
    return now != stamps
  }

  private static func stamps(of paths: [String]) -> [String: FileStamp] {
    var stamps: [String: FileStamp] = [:]
    for path in paths where path != "-" {
      guard let names = yamlFiles(below: path) else {
        stamps[path] = FileStamp(path)
        continue
      }
      for name in names { stamps["\(path)/\(name)"] = FileStamp("\(path)/\(name)") }
    }
    return stamps
  }

  /// The names below a directory; nil for what is none.
  private static func yamlFiles(below path: String) -> [String]? {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
      return nil
    }
    let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
  }
}
