import Fleet
import Model
import Regions

extension HubDesk {
  /// Holds a batch against what its node may send, and stores it. One pass over the runs.
  func take(_ batch: SpoolBatch, by pass: NodePass) async throws(Refused) -> IngestSummary {
    guard batch.runs.count <= FleetProtocol.batchRuns else {
      throw Refused(.tooLarge, "\(batch.runs.count) runs are sent, \(FleetProtocol.batchRuns) are allowed")
    }
    let standing = try await standing(of: batch.node, in: batch.region, spool: batch.spool, by: pass)
    let plan = supply.plan
    try await refuseNewer(batch, than: plan)
    let sieve = Sieve(
      batch, plan: plan, membership: view.picture.memberships[batch.region]?.last,
      quarantine: standing.quarantine, now: view.clock.now)
    let sifted = try sieve.sifted()
    let summary = try await stored(of: batch.node) { try await $0.ingest(sifted.batch) }
    tallies.count(
      [
        (.stored, summary.added), (.duplicate, summary.duplicates), (.replayed, summary.replayed),
        (.stale, sifted.stale), (.late, sifted.late), (.foreign, sifted.foreign),
      ], in: batch.region)
    return summary
  }

  /// Refuses runs of a configuration that this replica does not have yet, or cannot read: another one takes them, and here their
  /// checks are not known.
  private func refuseNewer(_ batch: SpoolBatch, than plan: HubPlan) async throws(Refused) {
    guard batch.runs.contains(where: { $0.configuration > plan.configuration }) else { return }
    let newest = try await stored(of: batch.node) { try await $0.newestConfiguration()?.version ?? 0 }
    // A version that the store does not have is of a database that is no more; nobody will ever have it.
    guard let run = batch.runs.first(where: { $0.configuration > plan.configuration && $0.configuration <= newest })
    else { return }
    throw Refused(
      .unavailable,
      "this replica does not have version \(run.configuration) of the configuration yet, by which runs of the batch were made",
      retryAfter: .seconds(1))
  }

  /// A node as it is registered in a region, with that spool where one is said.
  func standing(
    of node: String, in region: String, spool: UInt64? = nil, by pass: NodePass
  ) async throws(Refused) -> NodeStanding {
    func known() -> NodeStanding? {
      guard let known = view.picture[node], known.description.region == region else { return nil }
      return spool.map { $0 == known.description.spool } ?? true ? known : nil
    }
    if let known = known() { return known }
    // It may have registered at another replica a moment ago.
    try budgets.pass(.recalling, by: pass.name)
    try await stored(of: node) { _ in try await self.view.refresh() }
    guard let known = known() else { throw Self.unknown(node) }
    return known
  }
}

/// Decides about each run of a batch whether it is stored, and as what.
private struct Sieve {
  let batch: SpoolBatch
  let plan: HubPlan
  let membership: Membership?
  let quarantine: Quarantine?
  /// Slots that begin later have not begun.
  let latest: Timestamp
  /// Slots that began before correct nothing any more.
  let oldest: Timestamp
  let now: Timestamp

  init(_ batch: SpoolBatch, plan: HubPlan, membership: Membership?, quarantine: Quarantine?, now: Timestamp) {
    self.batch = batch
    self.plan = plan
    self.membership = membership
    self.quarantine = quarantine
    self.now = now
    latest = now + FleetProtocol.futureTolerance
    oldest = now - FleetProtocol.latenessBound
  }

  struct Sifted {
    var batch: SpoolBatch
    var stale = 0
    var late = 0
    var foreign = 0
  }

  func sifted() throws(Refused) -> Sifted {
    var sifted = Sifted(batch: batch)
    for index in batch.runs.indices {
      let run = batch.runs[index]
      guard run.run.region == batch.region, run.run.node == batch.node else {
        throw Refused(
          .foreignRegion,
          "run \(batch.first + Int64(index)) says that it is of the region \"\(run.run.region.bounded)\" and the node \"\(run.run.node?.bounded ?? "")\", and the batch is of \"\(batch.region)\" and \"\(batch.node)\""
        )
      }
      guard run.run.slotStart <= latest, run.run.started <= latest else {
        throw Refused(
          .future,
          "run \(batch.first + Int64(index)) of \"\(run.run.check)\" is of \(max(run.run.slotStart, run.run.started)), which has not come yet"
        )
      }
      let isLate = run.run.slotStart < oldest
      guard !isLate, let check = plan.check(of: run, at: now) else {
        if isLate { sifted.late += 1 } else { sifted.foreign += 1 }
        sifted.batch.passedOver.insert(index)
        continue
      }
      // Renamed since.
      if check != run.run.check { sifted.batch.runs[index].run.check = check }
      if let membership, run.epoch < membership.epoch, run.run.slotStart >= membership.since { sifted.stale += 1 }
      if let quarantine {
        sifted.batch.runs[index].run = Abstention.abstaining(sifted.batch.runs[index].run, quarantine: quarantine)
      }
    }
    return sifted
  }
}
