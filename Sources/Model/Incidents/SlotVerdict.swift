/// What is held of a check or a service in one slot, over all its regions.
package struct SlotVerdict: Hashable, Sendable {
  package var check: CheckID
  /// When the slot began.
  package var slotStart: Timestamp
  /// How long it lasts.
  package var interval: Duration
  package var verdict: Verdict
  /// Why it is not up.
  package var cause: IncidentCause?
  /// A slot in maintenance neither opens nor closes an incident.
  package var isInMaintenance: Bool

  /// A verdict with everything said.
  package init(
    check: CheckID, slotStart: Timestamp, interval: Duration, verdict: Verdict, cause: IncidentCause? = nil,
    isInMaintenance: Bool = false
  ) {
    self.check = check
    self.slotStart = slotStart
    self.interval = interval
    self.verdict = verdict
    self.cause = cause
    self.isInMaintenance = isInMaintenance
  }
}

/// Why an incident began: the reason of its first bad slot. No secret is in it.
package struct IncidentCause: Hashable, Sendable {
  /// Which of the closed set; nil for a service, whose cause is a member.
  package var code: ReasonCode?
  /// The step it happened in.
  package var step: String?
  /// The expression that did not hold, as written.
  package var expression: String?
  /// One line in words.
  package var message: String

  /// A cause with everything said.
  package init(code: ReasonCode?, step: String? = nil, expression: String? = nil, message: String) {
    self.code = code
    self.step = step
    self.expression = expression
    self.message = message
  }

  /// The cause that a run's reason is.
  package init(_ reason: Reason) {
    self.init(
      code: reason.code, step: reason.step, expression: reason.excerpt.map(\.text), message: reason.message)
  }
}
