/// When slots were expected of one check in one region, or over all: its rhythm, less the times when it was removed or
/// disabled.
package struct SlotExpectation: Sendable {
  /// From which slot on which interval held.
  package var cadence: Cadence
  /// When nothing was expected, in order; the last one may be open.
  package var pauses: [Range<Int64>]

  /// An expectation with everything said; all times are milliseconds since the epoch.
  package init(cadence: Cadence, pauses: [Range<Int64>]) {
    self.cadence = cadence
    self.pauses = pauses
  }

  /// How many slots that start in [from, to) are expected.
  ///
  /// - Parameters:
  ///   - end: the moment up to which all is known. A slot that was open at `to` and is over by then is expected as every
  ///     other one, so that pieces of a window add up to the whole.
  ///   - isKnown: whether a slot has a run. What is asked does not depend on what was answered.
  ///   - count: how many slots in a range have a run; as above.
  package func slots(
    from: Int64, to: Int64, knownUntil end: Int64, isKnown: (Int64) throws -> Bool,
    count: (Range<Int64>) throws -> Int64
  ) rethrows -> Int64 {
    var expected = cadence.count(from: from, to: to)
    // The slot that is still open is expected only if it was run; one that no pause takes off already is taken off.
    var open = cadence.openSlot(at: end)
    if let slot = open, try slot < from || slot >= to || isKnown(slot) { open = nil }
    /// Up to where pauses are taken off: two may lie in one slot.
    var done = from
    for pause in pauses where pause.lowerBound <= end && pause.upperBound > from {
      // So is the slot that was open when the pause began.
      let begin = max(done, cadence.openSlot(at: pause.lowerBound) ?? pause.lowerBound)
      let stop = min(to, pause.upperBound)
      guard begin < stop else { continue }
      done = stop
      expected -= max(0, try cadence.count(from: begin, to: stop) - count(begin..<stop))
      if let slot = open, slot >= begin, slot < stop { open = nil }
    }
    if open != nil { expected -= 1 }
    return expected
  }
}

extension SlotTally {
  /// The tally of a window.
  ///
  /// - Parameter expected: how many of its slots were expected; those with a run were in any case.
  package init(_ counted: Totals, expected: Int64) {
    let expected = max(expected, counted.known)
    self.init(
      expected: Int(expected), up: Int(counted.up), degraded: Int(counted.degraded), down: Int(counted.down),
      unknown: Int(counted.unknown), missed: Int(expected - counted.known), maintenance: Int(counted.maintenance),
      downtime: .milliseconds(counted.downMilliseconds))
  }
}
