package import Model
package import ServiceLevels
import Synchronization

/// The planned work in force, swapped as a whole when files are reloaded.
package final class CurrentMaintenance: Sendable {
  private let current: Mutex<MaintenancePlan>

  /// No work is planned, unless said otherwise.
  package init(_ plan: MaintenancePlan = MaintenancePlan()) {
    current = Mutex(plan)
  }

  /// The plan in force.
  package var plan: MaintenancePlan { current.withLock { $0 } }

  /// Puts another plan in force, for all that is recorded from now on.
  package func apply(_ plan: MaintenancePlan) {
    current.withLock { $0 = plan }
  }
}

/// Marks what falls into planned work before it is recorded: a run by the begin of its slot, and missed slots one by one.
package struct MaintenanceMarker: RunSink {
  private let sink: any RunSink
  private let maintenance: CurrentMaintenance

  /// - Parameter sink: what everything goes on to.
  package init(_ sink: any RunSink, by maintenance: CurrentMaintenance) {
    self.sink = sink
    self.maintenance = maintenance
  }

  private var plan: MaintenancePlan { maintenance.plan }

  package func record(_ run: Run) {
    guard !run.isInMaintenance, plan.isInMaintenance(run.check, at: run.slot.start) else { return sink.record(run) }
    var run = run
    run.isInMaintenance = true
    sink.record(run)
  }

  package func record(_ missed: MissedSlots, in region: String) {
    let work = plan.maintenance(of: missed.check, from: missed.first.start, to: missed.last.end)
    for piece in missed.divided(by: work) { sink.record(piece, in: region) }
  }
}

extension MissedSlots {
  /// The same slots in order, in pieces that fall into planned work, by the begin of each slot, and pieces that do not.
  ///
  /// - Parameter work: in order of time.
  package func divided(by work: [Range<Timestamp>]) -> [MissedSlots] {
    var pieces: [MissedSlots] = []
    var next = numbers.lowerBound
    func add(_ end: Int64, _ isInMaintenance: Bool) {
      guard next < end else { return }
      pieces.append(
        MissedSlots(
          check: check, grid: grid, numbers: next...(end - 1), cause: cause, isInMaintenance: isInMaintenance))
      next = end
    }
    let end = numbers.upperBound + 1
    for range in work where next < end {
      add(min(end, grid.firstSlot(startingFrom: range.lowerBound).number), false)
      add(min(end, grid.firstSlot(startingFrom: range.upperBound).number), true)
    }
    add(end, false)
    return pieces
  }
}
