/// How far a node's spool is stored: everything up to a number, and perhaps one stretch of newer runs that were let past those
/// before them, as TCP acknowledges selectively (RFC 2018).
///
/// A pure value: every store of a fleet keeps it with the spool, under the spool's lock.
package struct SpoolProgress: Hashable, Sendable {
  /// Everything up to this number is stored, or never comes.
  package private(set) var acknowledged: Int64
  /// Numbers that are stored too; there is a hole before them.
  package private(set) var ahead: ClosedRange<Int64>?

  /// The numbers that a spool can have; 0 is the one before the first. Nobody spools so many runs, and what says more is wrong.
  package static let numbers: ClosedRange<Int64> = 0...(1 << 59)

  /// Progress as it was kept. A stretch without a hole before it is none.
  package init(acknowledged: Int64 = 0, ahead: ClosedRange<Int64>? = nil) {
    self.acknowledged = acknowledged
    self.ahead = ahead
    close()
  }

  /// Whether a spool can have come so far: what somebody else says need not be so.
  package var isPossible: Bool {
    Self.numbers.contains(acknowledged) && ahead.map { $0.clamped(to: Self.numbers) == $0 } ?? true
  }

  /// The newest number that is stored; 0 before the first one.
  package var newest: Int64 { max(acknowledged, ahead?.upperBound ?? 0) }

  /// Whether a number is stored.
  package func holds(_ number: Int64) -> Bool { number <= acknowledged || ahead?.contains(number) ?? false }

  /// Takes a batch in.
  ///
  /// - Returns: those of its runs that are to be stored, and how many of the others had come before.
  /// - Throws: `FleetFault.gap` when runs are missing before the batch; nothing is changed then.
  package mutating func take(_ batch: SpoolBatch) throws(FleetFault) -> (fresh: [FleetRun], replayed: Int) {
    // What the spool dropped never comes, and is no gap.
    let whole = max(acknowledged + 1, batch.oldest) - 1
    var next = SpoolProgress(acknowledged: whole, ahead: ahead)
    let known = next
    if batch.first <= next.acknowledged + 1 {
      next.acknowledged = max(next.acknowledged, batch.last)
    } else {
      guard batch.isAhead else { throw .gap(acknowledged: next.acknowledged) }
      if let stretch = next.ahead {
        guard batch.first >= stretch.lowerBound, batch.first <= stretch.upperBound + 1 else {
          throw .gap(acknowledged: next.acknowledged)
        }
        next.ahead = stretch.lowerBound...max(stretch.upperBound, batch.last)
      } else if !batch.runs.isEmpty {
        next.ahead = batch.first...batch.last
      }
    }
    next.close()
    self = next
    return known.sift(batch)
  }

  /// A stretch that the rest has reached is no longer one.
  private mutating func close() {
    // A number that nobody counts to must not end the process.
    guard let stretch = ahead, acknowledged >= stretch.lowerBound || acknowledged + 1 == stretch.lowerBound else {
      return
    }
    acknowledged = max(acknowledged, stretch.upperBound)
    ahead = nil
  }

  private func sift(_ batch: SpoolBatch) -> (fresh: [FleetRun], replayed: Int) {
    if batch.first > acknowledged, ahead == nil, batch.passedOver.isEmpty { return (batch.runs, 0) }
    var fresh: [FleetRun] = []
    var replayed = 0
    for (index, run) in batch.runs.enumerated() {
      let number = batch.first + Int64(index)
      if holds(number) {
        replayed += 1
      } else if !batch.passedOver.contains(index) {
        fresh.append(run)
      }
    }
    return (fresh, replayed)
  }
}
