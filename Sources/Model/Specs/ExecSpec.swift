/// A program to run, without a shell.
package struct ExecSpec: Hashable, Sendable {
  /// How the program's result is read.
  package enum Format: String, Hashable, Sendable, CaseIterable {
    /// 0 is good.
    case exitCode = "exit-code"
    /// 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, with performance data (Monitoring Plugins guidelines).
    case nagios
  }

  /// The program and its arguments; at least the program.
  package var command: [String]
  /// The whole environment of the program beside `PATH`.
  package var environment: [String: String]
  /// The working directory; the context's folder when nil.
  package var directory: String?
  /// How the result is read.
  package var format: Format

  /// A program to run.
  package init(
    command: [String], environment: [String: String] = [:], directory: String? = nil, format: Format = .exitCode
  ) {
    self.command = command
    self.environment = environment
    self.directory = directory
    self.format = format
  }
}
