/// What a program showed.
package struct ExecFacts: Sendable {
  /// The exit code; 128 + n after signal n, as shells have it; -1 when it never ran.
  package var exitCode: Int
  package var stdout: [UInt8]
  package var stderr: [UInt8]
  /// Nagios performance data, label to value in its base unit as written.
  package var metrics: [String: Double]

  /// What a program showed.
  package init(exitCode: Int = -1, stdout: [UInt8] = [], stderr: [UInt8] = [], metrics: [String: Double] = [:]) {
    self.exitCode = exitCode
    self.stdout = stdout
    self.stderr = stderr
    self.metrics = metrics
  }
}
