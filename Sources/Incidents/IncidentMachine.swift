package import Model

/// Opens and closes the incidents of one check or service, slot by slot. It knows neither clock nor store.
///
/// Slots that are missed or unknown and those in maintenance neither open nor close, and break no row: two bad slots with
/// an unknown one between them are two in a row. Slots count in the order in which they come, each once. After the clock was
/// set that need not be the order of their starts; then a row begins with the earliest of its slots.
package struct IncidentMachine: Sendable {
  /// What is to be done.
  package enum Action: Hashable, Sendable {
    /// An incident begins with the first of the bad slots.
    case open(began: Timestamp, cause: IncidentCause?)
    /// It goes on for another cause.
    case change(at: Timestamp, cause: IncidentCause?)
    /// It ended where the first of the good slots began; never before it began.
    case close(ended: Timestamp)
  }

  /// Slots of one kind, one after the other.
  private struct Row {
    var count = 1
    var start: Timestamp
    var cause: IncidentCause?

    mutating func extend(by slot: SlotVerdict) {
      count += 1
      start = min(start, slot.slotStart)
    }
  }

  private struct Open {
    var began: Timestamp
    var cause: IncidentCause?
  }

  /// When incidents open and close; another one counts from the next slot on.
  package var policy: IncidentPolicy
  private var bad: Row?
  private var good: Row?
  private var open: Open?
  private var seen = SeenSlots()

  /// A machine that has seen no slot, and no incident.
  package init(policy: IncidentPolicy) {
    self.policy = policy
  }

  /// A machine that has seen no slot yet of an incident that lasts.
  package init(policy: IncidentPolicy, began: Timestamp, cause: IncidentCause?) {
    self.policy = policy
    open = Open(began: began, cause: cause)
  }

  /// Whether an incident lasts.
  package var isOpen: Bool { open != nil }

  /// Takes in a slot. One that was taken in before changes nothing, nor does a late one: one that is over for longer than it
  /// lasts, when a newer one is known already.
  ///
  /// - Parameter now: what the wall clock shows.
  /// - Returns: what is to be done, in order; mostly nothing.
  package mutating func handle(_ slot: SlotVerdict, at now: Timestamp) -> [Action] {
    if let newest = seen.newest, slot.slotStart < newest, now > slot.slotStart + slot.interval + slot.interval {
      return []
    }
    guard seen.insert(slot.slotStart, interval: slot.interval), !slot.isInMaintenance, slot.verdict != .unknown else {
      return []
    }
    return slot.verdict.isGood ? takeGood(slot) : takeBad(slot)
  }

  private mutating func takeBad(_ slot: SlotVerdict) -> [Action] {
    good = nil
    if let open {
      guard !open.cause.isAlike(slot.cause) else { return [] }
      self.open?.cause = slot.cause
      return [.change(at: slot.slotStart, cause: slot.cause)]
    }
    if bad == nil {
      bad = Row(start: slot.slotStart, cause: slot.cause)
    } else {
      bad?.extend(by: slot)
    }
    guard let row = bad, row.count >= policy.openAfter else { return [] }
    bad = nil
    open = Open(began: row.start, cause: slot.cause)
    let opening = Action.open(began: row.start, cause: row.cause)
    return row.cause.isAlike(slot.cause) ? [opening] : [opening, .change(at: slot.slotStart, cause: slot.cause)]
  }

  private mutating func takeGood(_ slot: SlotVerdict) -> [Action] {
    bad = nil
    guard let open else { return [] }
    if good == nil {
      good = Row(start: slot.slotStart)
    } else {
      good?.extend(by: slot)
    }
    guard let row = good, row.count >= policy.closeAfter else { return [] }
    good = nil
    self.open = nil
    return [.close(ended: max(open.began, row.start))]
  }
}

extension IncidentCause? {
  /// Whether it is one cause to people: messages hold numbers that change from slot to slot. That of a service has only its
  /// message.
  fileprivate func isAlike(_ other: IncidentCause?) -> Bool {
    guard let self, let other else { return (self == nil) == (other == nil) }
    if self.code == nil, other.code == nil { return self.message == other.message }
    return self.code == other.code && self.step == other.step
  }
}
