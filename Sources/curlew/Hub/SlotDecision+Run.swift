import Hub
import Model

extension SlotDecision {
  /// What is held over all regions, as a run of the hub's own region: for all that follows from runs.
  var run: Run {
    let deciding = votes.filter { $0.verdict == verdict && $0.origin == .scheduled }
    return Run(
      check: check, region: HubDesk.ownRegion, node: "", slot: slot, started: slot.start,
      duration: deciding.compactMap(\.duration).max() ?? .zero, verdict: verdict, reason: reason.map { Reason($0) },
      attempts: votes.isEmpty ? 0 : 1, traceID: "", isInMaintenance: isInMaintenance)
  }

  /// What each region said in its slot, as a run of it.
  var regionalRuns: [Run] {
    votes.filter { $0.origin == .scheduled }.map { vote in
      Run(
        check: check, region: vote.region, node: vote.node ?? "", slot: slot, started: slot.start,
        duration: vote.duration ?? .zero, verdict: vote.verdict, reason: vote.reason.map { Reason($0) },
        attempts: vote.duration == nil ? 0 : 1, traceID: "", isInMaintenance: isInMaintenance)
    }
  }
}

extension Reason {
  /// As history keeps it, without its excerpt.
  fileprivate init(_ reason: HistoryReason) {
    self.init(code: reason.code, step: reason.step, phase: reason.phase, message: reason.message)
  }
}

extension Check {
  /// The same for what is told of decisions alone, which are of no region.
  var overRegions: Check {
    var check = self
    check.regions = nil
    return check
  }
}
