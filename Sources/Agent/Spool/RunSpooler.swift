package import Model

/// Spools the runs of this node's slots, with what they were made by.
package struct RunSpooler: RunSink {
  /// The most slots that are told of at a time; what is older corrects next to nothing.
  private static let mostMissed = Int64(SpoolKeeper.queueLength / 10)

  private let keeper: SpoolKeeper
  private let plan: WorkPlan

  /// A sink over a spool.
  package init(_ keeper: SpoolKeeper, plan: WorkPlan) {
    self.keeper = keeper
    self.plan = plan
  }

  package func record(_ run: Run) {
    guard let ticket = plan.end(run.check, slotStart: run.slot.start) else { return }
    keeper.add(FleetRun(run: HistoryRun(run), configuration: ticket.configuration, epoch: ticket.epoch))
  }

  /// Slots in planned work are told, as history keeps them; others are missed by having no run.
  package func record(_ missed: MissedSlots, in region: String) {
    guard missed.isInMaintenance else { return }
    let (first, last) = (missed.numbers.lowerBound, missed.numbers.upperBound)
    let newest = max(first, last - Self.mostMissed + 1)...last
    for piece in plan.pieces(of: newest, on: missed.grid, for: missed.check) {
      for number in piece.numbers {
        var run = HistoryRun(missedInMaintenance: missed.grid.slot(number: number), of: missed.check, in: region)
        // A hub takes nothing that does not say whose it is.
        run.node = plan.node
        keeper.add(FleetRun(run: run, configuration: piece.ticket.configuration, epoch: piece.ticket.epoch))
      }
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
    var own: [ClosedRange<Int64>] = []
    for (numbers, _) in plan.pieces(of: missed.numbers, on: missed.grid, for: missed.check) {
      if let last = own.last, last.upperBound + 1 == numbers.lowerBound {
        own[own.count - 1] = last.lowerBound...numbers.upperBound
      } else {
        own.append(numbers)
      }
    }
    for numbers in own {
      sink.record(
        MissedSlots(
          check: missed.check, grid: missed.grid, numbers: numbers, cause: missed.cause,
          isInMaintenance: missed.isInMaintenance), in: region)
    }
  }
}
