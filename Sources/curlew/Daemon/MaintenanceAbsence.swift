import Model
import Recording
import ServiceLevels

/// The slots in planned maintenance that went by while the daemon was not running: they count as maintenance all the same,
/// and not as missed.
struct MaintenanceAbsence {
  private let slots: [MissedSlots]
  private let region: String

  /// Reads where the last runs ended.
  ///
  /// - Parameters:
  ///   - checks: those that are run in the region.
  ///   - until: when this process began.
  ///   - retention: how far back runs are kept.
  init(
    of checks: [Check], in region: String, plan: MaintenancePlan, store: any HistoryStore, until: Timestamp,
    retention: Duration
  ) async throws {
    self.region = region
    guard !plan.isEmpty else {
      slots = []
      return
    }
    var last: [CheckID: Timestamp] = [:]
    for run in try await store.lastRuns(of: nil) where run.region == region { last[run.check] = run.slotStart }
    slots = checks.flatMap { check -> [MissedSlots] in
      // Of a check that never ran nothing was expected.
      guard let run = last[check.id] else { return [] }
      let first = check.grid.firstSlot(startingFrom: max(run + .milliseconds(1), until - retention))
      // The slot that is under way belongs to the process before, but for what is judged at a slot's end.
      let present = check.grid.slot(at: until)
      let last = check.kind.isProbed ? present : check.grid.slot(number: present.number - 1)
      guard first.number <= last.number else { return [] }
      let missed = MissedSlots(
        check: check.id, grid: check.grid, numbers: first.number...last.number, cause: .stopped)
      return missed.divided(by: plan.maintenance(of: check.id, from: first.start, to: last.end))
        .filter(\.isInMaintenance)
    }
  }

  /// Stores them in portions, so that years of them are never in memory at once. What cannot be stored shows as missed.
  func record(in store: any HistoryStore, at now: Timestamp) async {
    for missed in slots {
      var next = missed.numbers.lowerBound
      while next <= missed.numbers.upperBound, !Task.isCancelled {
        let end = min(next + 5000, missed.numbers.upperBound + 1)
        let runs = (next..<end).map { number in
          HistoryRun(missedInMaintenance: missed.grid.slot(number: number), of: missed.check, in: region)
        }
        guard (try? await store.write(runs, at: now)) != nil else { return }
        next = end
      }
    }
  }
}
