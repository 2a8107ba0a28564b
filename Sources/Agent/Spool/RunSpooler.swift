package import Model

/// Spools the runs of this node's slots, with what they were made by.
package struct RunSpooler: RunSink {
  private let keeper: SpoolKeeper
  private let plan: WorkPlan

  /// A sink over a spool.
  package init(_ keeper: SpoolKeeper, plan: WorkPlan) {
    self.keeper = keeper
    self.plan = plan
  }

  package func record(_ run: Run) {
    guard let ticket = plan.ticket(for: run.check, slotStart: run.slot.start) else { return }
    keeper.add(FleetRun(run: HistoryRun(run), configuration: ticket.configuration, epoch: ticket.epoch))
  }

  /// Slots in planned work are told, as history keeps them; others are missed by having no run.
  package func record(_ missed: MissedSlots, in region: String) {
    guard missed.isInMaintenance else { return }
    for number in missed.numbers.suffix(SpoolKeeper.queueLength / 10) {
      let slot = missed.grid.slot(number: number)
      guard let ticket = plan.ticket(for: missed.check, slotStart: slot.start) else { continue }
      var run = HistoryRun(missedInMaintenance: slot, of: missed.check, in: region)
      // A hub takes nothing that does not say whose it is.
      run.node = plan.node
      keeper.add(FleetRun(run: run, configuration: ticket.configuration, epoch: ticket.epoch))
    }
  }

  /// Spools what was asked for as a second opinion.
  package func recordOpinion(_ run: Run) {
    let ticket = plan.ticketForOpinion(at: run.slot.start)
    keeper.add(
      FleetRun(run: HistoryRun(run), origin: .opinion, configuration: ticket.configuration, epoch: ticket.epoch))
  }
}

/// Passes on what belongs to this node: a schedule that knows the checks of two memberships counts slots as missed that
/// another node runs.
package struct OwnSlots: RunSink {
  private let sink: any RunSink
  private let plan: WorkPlan

  /// - Parameter sink: told of runs, and of missed slots of this node's alone.
  package init(_ sink: any RunSink, plan: WorkPlan) {
    self.sink = sink
    self.plan = plan
  }

  package func record(_ run: Run) { sink.record(run) }

  package func record(_ missed: MissedSlots, in region: String) {
    var piece: ClosedRange<Int64>?
    func flush() {
      guard let numbers = piece else { return }
      sink.record(
        MissedSlots(
          check: missed.check, grid: missed.grid, numbers: numbers, cause: missed.cause,
          isInMaintenance: missed.isInMaintenance), in: region)
      piece = nil
    }
    for number in missed.numbers {
      if plan.ticket(for: missed.check, slotStart: missed.grid.slot(number: number).start) != nil {
        piece = (piece?.lowerBound ?? number)...number
      } else {
        flush()
      }
    }
    flush()
  }
}
