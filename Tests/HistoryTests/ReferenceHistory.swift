import Model

/// History as the definitions say it, slot by slot and without any cleverness: what the stores are compared with. It keeps
/// every run for ever.
struct ReferenceHistory {
  private var runs: [HistoryRun] = []
  private var pauses: [CheckID: [Range<Timestamp>]] = [:]

  /// Stores a run unless its slot has one.
  mutating func store(_ run: HistoryRun) {
    let isKnown = runs.contains {
      $0.check == run.check && $0.region == run.region && $0.slotStart == run.slotStart
    }
    if !isKnown { runs.append(run) }
  }

  /// Stores a run whose slot has none, as the caller knows: looking takes long where runs are many.
  mutating func store(unchecked run: HistoryRun) { runs.append(run) }

  /// Says that nothing is expected of a check in a time.
  mutating func pause(_ check: CheckID, from: Timestamp, to: Timestamp) {
    pauses[check, default: []].append(from..<to)
  }

  /// The slots of a check, of one region or over all: one for each start.
  private func slots(of check: CheckID, region: String?) -> [HistoryRun] {
    let own = runs.filter { $0.check == check && (region == nil || $0.region == region) }
    return Dictionary(grouping: own, by: \.slotStart).values.compactMap { same in
      guard var slot = same.first else { return nil }
      slot.verdict = .overRegions(same.map(\.verdict))
      slot.isInMaintenance = same.contains { $0.isInMaintenance }
      return slot
    }
    .sorted { $0.slotStart < $1.slotStart }
  }

  /// One slot that was expected, or was run all the same.
  struct ReferenceSlot {
    var start: Timestamp
    var interval: Duration
    /// Nil for a missed one.
    var verdict: Verdict?
    var isInMaintenance = false
  }

  /// The slots that start in [from, to), as far as they are over or have a run at `end`.
  func slots(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp, knownUntil end: Timestamp
  ) -> [ReferenceSlot] {
    let known = slots(of: check, region: region)
    let starts = Set(known.map(\.slotStart))
    var found = known.filter { $0.slotStart >= from && $0.slotStart < to }.map {
      ReferenceSlot(
        start: $0.slotStart, interval: $0.interval, verdict: $0.verdict, isInMaintenance: $0.isInMaintenance)
    }
    for (index, slot) in known.enumerated() {
      let next = index + 1 < known.count ? known[index + 1].slotStart : Timestamp(nanosecondsSinceEpoch: .max)
      var start = slot.slotStart + slot.interval
      while start < next, start < to {
        defer { start = start + slot.interval }
        // A slot is over with its interval, or with the next run when that came off the beat.
        let over = min(start + slot.interval, next)
        guard start >= from, !starts.contains(start), over <= end else { continue }
        let isPaused = pauses[check, default: []].contains { over > $0.lowerBound && start < $0.upperBound }
        if !isPaused { found.append(ReferenceSlot(start: start, interval: slot.interval, verdict: nil)) }
      }
    }
    return found
  }

  func tally(of check: CheckID, region: String?, from: Timestamp, to: Timestamp) -> SlotTally {
    Self.tally(slots(of: check, region: region, from: from, to: to, knownUntil: to))
  }

  static func tally(_ slots: [ReferenceSlot]) -> SlotTally {
    var tally = SlotTally()
    for slot in slots {
      tally.expected += 1
      guard !slot.isInMaintenance else {
        tally.maintenance += 1
        continue
      }
      switch slot.verdict {
      case .up: tally.up += 1
      case .degraded: tally.degraded += 1
      case .unknown: tally.unknown += 1
      case .down:
        tally.down += 1
        tally.downtime += slot.interval
      case nil: tally.missed += 1
      }
    }
    return tally
  }

  /// Durations that latency speaks of, in order.
  func latencies(of check: CheckID, region: String?, from: Timestamp, to: Timestamp) -> [Duration] {
    runs.filter {
      $0.check == check && (region == nil || $0.region == region) && $0.slotStart >= from && $0.slotStart < to
        && $0.verdict.isGood && !$0.isInMaintenance
    }
    .compactMap(\.duration).sorted()
  }

  /// Changes of verdict, newest first.
  func stateChanges(of check: CheckID, region: String) -> [StateChange] {
    var changes: [StateChange] = []
    for run in slots(of: check, region: region) where changes.last?.verdict != run.verdict {
      changes.append(StateChange(check: check, region: region, slotStart: run.slotStart, verdict: run.verdict))
    }
    return changes.reversed()
  }
}
