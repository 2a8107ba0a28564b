import Foundation
import Glibc

/// Notices that files have changed, by what stat(2) says of them.
///
/// Polling, not inotify(7): files that arrive by a bind mount or by the swap of a symlink, as in Kubernetes, change without
/// an event on the name that is watched.
struct FileWatch {
  /// What was seen of one path.
  fileprivate struct Mark: Hashable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  private var marks: [String: Mark]

  /// Remembers how the paths look now; a directory stands for the YAML files below it.
  init(_ paths: [String]) {
    marks = Self.marks(of: paths)
  }

  /// Whether anything looks other than it did; remembers how it looks now.
  mutating func hasChanged(_ paths: [String]) -> Bool {
    let now = Self.marks(of: paths)
    defer { marks = now }
    return now != marks
  }

  private static func marks(of paths: [String]) -> [String: Mark] {
    var marks: [String: Mark] = [:]
    for path in paths where path != "-" {
      var information = stat()
      guard stat(path, &information) == 0 else { continue }
      guard information.st_mode & S_IFMT == S_IFDIR else {
        marks[path] = Mark(information)
        continue
      }
      let names = FileManager.default.enumerator(atPath: path)
      while let name = names?.nextObject() as? String {
        guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { continue }
        var information = stat()
        if stat("\(path)/\(name)", &information) == 0 { marks["\(path)/\(name)"] = Mark(information) }
      }
    }
    return marks
  }
}

extension FileWatch.Mark {
  fileprivate init(_ information: stat) {
    self.init(
      inode: UInt64(information.st_ino), size: Int64(information.st_size), seconds: information.st_mtim.tv_sec,
      nanoseconds: information.st_mtim.tv_nsec)
  }
}
