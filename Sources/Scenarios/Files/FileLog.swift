/// Every file that was read, in order, for whoever watches them for changes.
final class FileLog {
  private(set) var paths: [String] = []

  /// Takes note of a file.
  func add(_ path: String) { paths.append(path) }
}
