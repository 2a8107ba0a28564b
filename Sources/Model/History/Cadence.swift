/// The rhythm of one check in one region over its whole life: from which slot on which interval held. It says how many
/// slots were to be expected, without keeping the slots.
///
/// Between two runs the interval of the earlier one holds, so a new stretch begins only with a run whose interval is
/// another one, or which lies off the beat. All times are milliseconds since the epoch.
package struct Cadence: Hashable, Sendable {
  /// A time during which an interval held, to the start of the next stretch.
  package struct Stretch: Hashable, Sendable {
    /// The start of its first slot.
    package var sinceMilliseconds: Int64
    /// From one slot to the next; at least 1.
    package var intervalMilliseconds: Int64

    /// A stretch that begins with the slot at `sinceMilliseconds`.
    package init(sinceMilliseconds: Int64, intervalMilliseconds: Int64) {
      self.sinceMilliseconds = sinceMilliseconds
      self.intervalMilliseconds = max(1, intervalMilliseconds)
    }

    /// Whether a run is one of this stretch's beats.
    package func holds(slot: Int64, interval: Int64) -> Bool {
      interval == intervalMilliseconds && (slot - sinceMilliseconds) % intervalMilliseconds == 0
    }

    /// How many of its slots start in [from, to), if it lasted for ever.
    fileprivate func count(from: Int64, to: Int64) -> Int64 {
      max(0, beats(before: to) - beats(before: from))
    }

    /// How many slots start before `moment`.
    fileprivate func beats(before moment: Int64) -> Int64 {
      moment <= sinceMilliseconds ? 0 : (moment - sinceMilliseconds - 1) / intervalMilliseconds + 1
    }
  }

  /// In order of time.
  package private(set) var stretches: [Stretch]

  /// A rhythm read from where it was kept, in order of time.
  package init(_ stretches: [Stretch] = []) {
    self.stretches = stretches
  }

  /// The start of the first known slot.
  package var first: Int64? { stretches.first?.sinceMilliseconds }

  /// The interval that holds at `slot`; nil before the first one.
  package func interval(at slot: Int64) -> Int64? {
    index(at: slot).map { stretches[$0].intervalMilliseconds }
  }

  /// Takes in one run, in whatever order runs arrive.
  ///
  /// - Parameter nextKnown: the first known slot after the one given, or nil; asked only when a stretch is cut in two.
  /// - Returns: whether anything changed.
  @discardableResult
  package mutating func insert(slot: Int64, interval: Int64, nextKnown: (Int64) throws -> Int64?) rethrows -> Bool {
    let stretch = Stretch(sinceMilliseconds: slot, intervalMilliseconds: interval)
    guard let index = index(at: slot) else {
      if let first = stretches.first, first.holds(slot: slot, interval: interval) {
        stretches[0] = stretch
      } else {
        stretches.insert(stretch, at: 0)
      }
      return true
    }
    let current = stretches[index]
    guard !current.holds(slot: slot, interval: interval) else { return false }
    guard current.sinceMilliseconds != slot else { return false }
    let end = index + 1 < stretches.count ? stretches[index + 1].sinceMilliseconds : .max
    stretches.insert(stretch, at: index + 1)
    if let next = try nextKnown(slot), next < end {
      let rest = Stretch(sinceMilliseconds: next, intervalMilliseconds: current.intervalMilliseconds)
      stretches.insert(rest, at: index + 2)
    }
    return true
  }

  /// How many slots that start in [from, to) are expected, the one that is still open at `to` included.
  package func count(from: Int64, to: Int64) -> Int64 {
    var count: Int64 = 0
    for (index, stretch) in stretches.enumerated() {
      let end = index + 1 < stretches.count ? stretches[index + 1].sinceMilliseconds : .max
      guard end > from else { continue }
      guard stretch.sinceMilliseconds < to else { break }
      count += stretch.count(from: max(from, stretch.sinceMilliseconds), to: min(to, end))
    }
    return count
  }

  /// The start of the slot that is under way at `moment`, or nil when none is: a slot that ends at `moment` is over.
  package func openSlot(at moment: Int64) -> Int64? {
    guard let index = index(at: moment - 1) else { return nil }
    let stretch = stretches[index]
    let start = stretch.sinceMilliseconds + (stretch.beats(before: moment) - 1) * stretch.intervalMilliseconds
    return start + stretch.intervalMilliseconds > moment ? start : nil
  }

  /// The index of the stretch that `moment` lies in.
  private func index(at moment: Int64) -> Int? {
    var low = 0
    var high = stretches.count
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].sinceMilliseconds <= moment { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
  }
}
