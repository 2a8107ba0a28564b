package import Model

/// Opens and closes the incidents of one check or service, slot by slot. It knows neither clock nor store.
package struct IncidentMachine: Sendable {
  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// An incident begins with the first of the bad slots.
    case open(began: Timestamp, cause: IncidentCause?)
    /// It goes on for another cause.
    case change(at: Timestamp, cause: IncidentCause?)
    /// It ended where the first of the good slots began.
    case close(ended: Timestamp)
  }

  /// When incidents open and close.
  package var policy: IncidentPolicy
  private var badSlots = 0
  private var goodSlots = 0
  private var firstBad: (start: Timestamp, cause: IncidentCause?)?
  private var firstGood: Timestamp?
  private var lastSlot: Timestamp?
  private var openCause: IncidentCause??

  /// A machine that has seen no slot.
  ///
  /// - Parameter open: the cause of the incident that lasts already; nil when none does.
  package init(policy: IncidentPolicy, open: IncidentCause?? = nil) {
    self.policy = policy
    openCause = open
  }

  /// Whether an incident lasts.
  package var isOpen: Bool { openCause != nil }

  /// Takes in the next slot. Late ones, unknown ones and those in maintenance change nothing, and break no row.
  package mutating func handle(_ slot: SlotVerdict) -> Action? {
    if let lastSlot, slot.slotStart <= lastSlot { return nil }
    lastSlot = slot.slotStart
    guard !slot.isInMaintenance, slot.verdict != .unknown else { return nil }
    return slot.verdict.isGood ? good(slot) : bad(slot)
  }

  private mutating func bad(_ slot: SlotVerdict) -> Action? {
    goodSlots = 0
    firstGood = nil
    if let known = openCause {
      guard known?.code != slot.cause?.code || known?.step != slot.cause?.step else { return nil }
      openCause = .some(slot.cause)
      return .change(at: slot.slotStart, cause: slot.cause)
    }
    badSlots += 1
    if badSlots == 1 { firstBad = (slot.slotStart, slot.cause) }
    guard badSlots >= policy.openAfter, let first = firstBad else { return nil }
    badSlots = 0
    firstBad = nil
    openCause = .some(slot.cause)
    return .open(began: first.start, cause: first.cause)
  }

  private mutating func good(_ slot: SlotVerdict) -> Action? {
    badSlots = 0
    firstBad = nil
    guard isOpen else { return nil }
    goodSlots += 1
    if goodSlots == 1 { firstGood = slot.slotStart }
    guard goodSlots >= policy.closeAfter, let ended = firstGood else { return nil }
    goodSlots = 0
    firstGood = nil
    openCause = nil
    return .close(ended: ended)
  }
}
