package import Model

/// What a module holds of an observation.
package struct ModuleVerdict: Sendable {
  /// Why the probe failed; nil when it succeeded.
  package var failure: ProbeFailure?
  /// Whether a regular expression decided, for `probe_failed_due_to_regex`.
  package var isRegexFailure = false
  /// Whether expected bytes decided, for `probe_failed_due_to_bytes`.
  package var isBytesFailure = false
  /// Whether a CEL expression decided, for `probe_failed_due_to_cel`.
  package var isCELFailure = false
  /// What was done and found, in order, for the log and the debug page.
  package var log: [LogEntry] = []

  /// A success, unless a failure is given.
  package init(failure: ProbeFailure? = nil) {
    self.failure = failure
  }

  /// Fails the probe, unless something failed it already, and says so in the log.
  package mutating func fail(_ failure: ProbeFailure, _ fields: [(String, String)] = []) {
    if self.failure == nil { self.failure = failure }
    log.append(LogEntry(.error, failure.words, fields))
  }
}

/// One line of a probe's log.
package struct LogEntry: Sendable {
  /// How loud it is.
  package enum Level: String, Comparable, Sendable, CaseIterable {
    case debug, info, warn, error

    package static func < (left: Level, right: Level) -> Bool {
      (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
  }

  package var level: Level
  package var message: String
  /// Names and values in order.
  package var fields: [(String, String)]

  /// A line with everything said.
  package init(_ level: Level, _ message: String, _ fields: [(String, String)] = []) {
    self.level = level
    self.message = message
    self.fields = fields
  }
}
