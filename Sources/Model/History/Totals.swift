/// Counts of runs; differences of running totals are these as well.
package struct Totals: Hashable, Sendable {
  package var up: Int64 = 0
  package var degraded: Int64 = 0
  package var down: Int64 = 0
  package var unknown: Int64 = 0
  package var maintenance: Int64 = 0
  package var downMilliseconds: Int64 = 0

  /// Counts with everything said.
  package init(
    up: Int64 = 0, degraded: Int64 = 0, down: Int64 = 0, unknown: Int64 = 0, maintenance: Int64 = 0,
    downMilliseconds: Int64 = 0
  ) {
    self.up = up
    self.degraded = degraded
    self.down = down
    self.unknown = unknown
    self.maintenance = maintenance
    self.downMilliseconds = downMilliseconds
  }

  /// All runs together.
  package var known: Int64 { up + degraded + down + unknown + maintenance }

  /// Counts one run (`sign` 1), or takes it back (−1).
  ///
  /// - Parameter interval: asked only where the run is down.
  package mutating func count(_ run: RunMark, interval: @autoclosure () -> Int64, sign: Int64 = 1) {
    if run.isInMaintenance {
      maintenance += sign
    } else {
      switch run.verdict {
      case .up: up += sign
      case .degraded: degraded += sign
      case .down:
        down += sign
        downMilliseconds += sign * interval()
      case .unknown: unknown += sign
      }
    }
  }

  /// The counts of both together.
  package static func + (left: Totals, right: Totals) -> Totals {
    Totals(
      up: left.up + right.up, degraded: left.degraded + right.degraded, down: left.down + right.down,
      unknown: left.unknown + right.unknown, maintenance: left.maintenance + right.maintenance,
      downMilliseconds: left.downMilliseconds + right.downMilliseconds)
  }

  /// What the left ones count beyond the right ones.
  package static func - (left: Totals, right: Totals) -> Totals {
    Totals(
      up: left.up - right.up, degraded: left.degraded - right.degraded, down: left.down - right.down,
      unknown: left.unknown - right.unknown, maintenance: left.maintenance - right.maintenance,
      downMilliseconds: left.downMilliseconds - right.downMilliseconds)
  }
}

/// What happened in one bucket alone.
package struct BucketContent: Sendable {
  /// How many of what.
  package var totals = Totals()
  /// How long runs took.
  package var latency = LatencyHistogram()
  /// The starts of its known slots, in order.
  package var slots = SlotSet()

  /// Of nothing yet.
  package init() {}

  /// Counts a run that comes after all others of the bucket.
  package mutating func append(_ run: RunMark, interval: Int64) {
    totals.count(run, interval: interval)
    if run.isTimed, let microseconds = run.microseconds { latency.add(microseconds: microseconds) }
    slots.append(run.slot)
  }
}
