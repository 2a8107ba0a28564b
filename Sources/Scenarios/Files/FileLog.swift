/// Every file that was read, in order, for whoever watches them for changes.
final class FileLog {
  private(set) var paths: [String] = []
  /// Those that are the value of a secret.
  private(set) var secrets: Set<String> = []

  /// Takes note of a file.
  func add(_ path: String) { paths.append(path) }

  /// Takes note of a file that is the value of a secret.
  func addSecret(_ path: String) { secrets.insert(path) }
}
