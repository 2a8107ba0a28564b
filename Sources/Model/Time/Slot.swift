/// One scheduled occasion of a check: every run belongs to a slot, and a slot has at most one run a region.
///
/// number = floor((scheduled time − phase) / interval). Slots are never shifted by a slow target; two regions that watch
/// one check agree on its slots without talking to each other.
package struct Slot: Hashable, Comparable, Sendable {
  /// The count of intervals since the epoch, less the phase.
  package var number: Int64
  /// When the slot begins.
  package var start: Timestamp
  /// How long it lasts; the next slot begins where it ends.
  package var interval: Duration

  /// A slot whose start and number are known already, such as one read from history.
  package init(number: Int64, start: Timestamp, interval: Duration) {
    self.number = number
    self.start = start
    self.interval = interval
  }

  /// When the slot is over: the start of the next one.
  package var end: Timestamp { start + interval }

  package static func < (left: Slot, right: Slot) -> Bool {
    (left.start, left.number) < (right.start, right.number)
  }
}

/// The even grid of a check's slots: an interval, and a phase that spreads checks over it.
package struct SlotGrid: Hashable, Sendable {
  /// From the start of one slot to the start of the next; above zero.
  package let interval: Duration
  /// How far the grid is shifted against the epoch: at least zero, less than the interval.
  package let phase: Duration

  /// The grid of a check.
  ///
  /// - Precondition: `interval` is above zero.
  package init(check: CheckID, interval: Duration) {
    precondition(interval > .zero, "an interval is above zero")
    self.interval = interval
    let nanoseconds = UInt64(interval.nanoseconds)
    phase = .nanoseconds(Int64(check.stableHash % nanoseconds))
  }

  /// The slot that `moment` falls into.
  package func slot(at moment: Timestamp) -> Slot {
    let number = (moment - phase).nanosecondsSinceEpoch.flooredQuotient(by: interval.nanoseconds)
    return slot(number: number)
  }

  /// The slot of that number.
  package func slot(number: Int64) -> Slot {
    let start = Timestamp(nanosecondsSinceEpoch: number.saturatingProduct(interval.nanoseconds)) + phase
    return Slot(number: number, start: start, interval: interval)
  }

  /// The first slot that starts at `moment` or later.
  package func firstSlot(startingFrom moment: Timestamp) -> Slot {
    let slot = slot(at: moment)
    return slot.start == moment ? slot : self.slot(number: slot.number + 1)
  }
}
