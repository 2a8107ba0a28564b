/// One run as history keeps it: what the verdict was and why, without what was seen. This is what is stored, read back,
/// and imported from elsewhere.
package struct HistoryRun: Hashable, Sendable {
  /// Which check.
  package var check: CheckID
  /// Where it was run from.
  package var region: String
  /// Which node ran it; nil where an import did not say.
  package var node: String?
  /// When its slot began; kept to the millisecond.
  package var slotStart: Timestamp
  /// How long its slot lasts; kept to the millisecond.
  package var interval: Duration
  /// When its first attempt began; kept to the millisecond.
  package var started: Timestamp
  /// How long the deciding attempt took, kept to the microsecond; nil where an import did not say.
  package var duration: Duration?
  /// What is held of it.
  package var verdict: Verdict
  /// Why it is not up.
  package var reason: HistoryReason?
  /// How many attempts were made.
  package var attempts: Int
  /// 32 lower-case hex digits; nil where an import did not say.
  package var traceID: String?
  /// Whether it fell into planned maintenance.
  package var isInMaintenance: Bool

  /// A run with everything said; one that says nothing of its start began with its slot.
  package init(
    check: CheckID, region: String, node: String? = nil, slotStart: Timestamp, interval: Duration,
    started: Timestamp? = nil, duration: Duration?, verdict: Verdict, reason: HistoryReason? = nil, attempts: Int = 1,
    traceID: String? = nil, isInMaintenance: Bool = false
  ) {
    self.check = check
    self.region = region
    self.node = node
    self.slotStart = slotStart
    self.interval = interval
    self.started = started ?? slotStart
    self.duration = duration
    self.verdict = verdict
    self.reason = reason
    self.attempts = attempts
    self.traceID = traceID
    self.isInMaintenance = isInMaintenance
  }

  /// A slot in planned maintenance that was not run: history remembers that it was maintenance, and not missed.
  package init(missedInMaintenance slot: Slot, of check: CheckID, in region: String) {
    self.init(
      check: check, region: region, slotStart: slot.start, interval: slot.interval, duration: nil, verdict: .unknown,
      attempts: 0, isInMaintenance: true)
  }

  /// What history keeps of a run. Facts and bodies are let go, so that a queue of these stays small.
  package init(_ run: Run) {
    self.init(
      check: run.check, region: run.region, node: run.node, slotStart: run.slot.start, interval: run.slot.interval,
      started: run.started, duration: run.attempts == 0 ? nil : run.duration, verdict: run.verdict,
      reason: run.reason.map(HistoryReason.init),
      attempts: run.attempts, traceID: run.traceID, isInMaintenance: run.isInMaintenance)
  }
}

/// Why a run was not up, as far as history keeps it.
package struct HistoryReason: Hashable, Sendable {
  /// The longest message that is kept, in bytes of UTF-8: a hostile target chooses parts of it.
  package static let messageBytes = 1024

  /// Which of the closed set.
  package var code: ReasonCode
  /// The step it happened in.
  package var step: String?
  /// The phase that was under way.
  package var phase: Phase?
  /// One line in words, cut to `messageBytes`; empty where an import did not say.
  package var message: String
  /// `file:line:column` of the expression that decided.
  package var location: String?

  /// A reason with everything said.
  package init(
    code: ReasonCode, step: String? = nil, phase: Phase? = nil, message: String = "", location: String? = nil
  ) {
    self.code = code
    self.step = step
    self.phase = phase
    self.message = Self.bounded(message)
    self.location = location
  }

  /// What history keeps of a run's reason.
  package init(_ reason: Reason) {
    self.init(
      code: reason.code, step: reason.step, phase: reason.phase, message: reason.message,
      location: reason.excerpt.map { $0.location.description })
  }

  private static func bounded(_ message: String) -> String {
    guard message.utf8.count > messageBytes else { return message }
    var end = message.utf8.index(message.startIndex, offsetBy: messageBytes)
    // A character that the cut goes through is left out.
    while UTF8.isContinuation(message.utf8[end]) { end = message.utf8.index(before: end) }
    return String(message[..<end])
  }
}
