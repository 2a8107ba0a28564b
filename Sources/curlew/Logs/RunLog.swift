import Logging
import Model

/// Writes a line whenever a check's verdict changes, and each run at debug level, with check id and run's trace id.
final class RunLog: RunSink {
  private let logger: Logger
  private let recent: @Sendable (CheckID) -> Verdict?

  /// - Parameter lastVerdict: what was held of a check before the run that is being recorded.
  init(logger: Logger, lastVerdict: @escaping @Sendable (CheckID) -> Verdict?) {
    self.logger = logger
    recent = lastVerdict
  }

  func record(_ run: Run) {
    for step in run.cleanup {
      guard let reason = step.reason, !reason.code.verdict.isGood else { continue }
      // Once each time, since nothing else in the run's verdict tells of it.
      logger.warning(
        "clean-up failed",
        metadata: [
          "check": "\(run.check)", "run": "\(run.traceID)", "step": "\(step.name)", "reason": "\(reason.code.rawValue)",
          "detail": "\(reason.message)",
        ])
    }
    let before = recent(run.check)
    let isChange = before != run.verdict && !(before == nil && run.verdict == .up)
    let level: Logger.Level = !isChange ? .debug : run.verdict == .up ? .notice : .warning
    // The message and its fields are not made for lines that nobody reads: this is the path of every run.
    guard level >= logger.logLevel else { return }
    var fields: Logger.Metadata = [
      "check": "\(run.check)", "run": "\(run.traceID)", "verdict": "\(run.verdict.rawValue)",
      "duration_ms": "\((run.duration.milliseconds * 1000).rounded() / 1000)", "slot": "\(run.slot.start)",
    ]
    if let reason = run.reason {
      fields["reason"] = "\(reason.code.rawValue)"
      fields["detail"] = "\(reason.message)"
      if let place = reason.excerpt?.location { fields["at"] = "\(place)" }
    }
    logger.log(level: level, isChange ? "check is \(run.verdict.rawValue)" : "run", metadata: fields)
  }

  func record(_ missed: MissedSlots, in region: String) {
    let count = missed.count
    // Nobody is to be woken by what was planned.
    logger.log(
      level: missed.isInMaintenance ? .info : .warning,
      count == 1 ? "slot missed" : "\(count) slots missed",
      metadata: ["check": "\(missed.check)", "slot": "\(missed.first.start)", "cause": "\(missed.cause.rawValue)"])
  }
}
