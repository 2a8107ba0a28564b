import Model

/// Which checks are in force, at the start and after a reload.
extension IncidentKeeper {
  /// Runs that are looked at for each check at the start, beside those that its policy counts: unknown ones and those in
  /// maintenance break no row.
  private static let spareRuns = 20
  /// How many incidents are asked of the store at once.
  private static let pageLength = 500

  /// Whether incidents of a check are opened here.
  private func isInForce(_ check: Check) -> Bool {
    region.map { check.runs(in: $0) } ?? check.isEnabled
  }

  /// Reads back what lasts and what ended lately, and finds out where each check stands.
  ///
  /// - Throws: what the store fails with; then it can be done again.
  func restore(_ checks: [Check], at moment: Timestamp) async throws {
    await enter()
    defer { leave() }
    var query = IncidentQuery(isOpen: true, limit: Self.pageLength)
    repeat {
      let page = try await store.incidents(query)
      for incident in page.incidents { board.put(incident, isNews: false) }
      query.cursor = page.next
    } while query.cursor != nil
    let recent = IncidentQuery(
      from: moment - IncidentBoard.memory, isOpen: false, limit: IncidentBoard.mostRecent)
    for incident in try await store.incidents(recent).incidents { board.put(incident, isNews: false) }
    // Seen at once: to look through the runs of ten thousand checks takes seconds.
    board.publish(at: moment)

    let inForce = checks.filter(isInForce)
    let ids = Set(inForce.map(\.id))
    for check in inForce {
      // The store has moved what it keeps already, unless it could not be written when the daemon began.
      if let old = check.movedFrom, !ids.contains(old), board.openIncident(of: check.id) == nil,
        let incident = board.openIncident(of: old)
      {
        try await rename(incident, to: check.id)
      }
    }
    graph = DependencyGraph(inForce)
    // Decided on as a whole, because all of this is done again when the store fails half-way.
    var steps: [Step] = []
    for check in inForce {
      if let step = try await revive(check, at: moment) { steps.append(step) }
    }
    for incident in board.openIncidents {
      guard let id = incident.check, !ids.contains(id) else { continue }
      steps.append(.close(id, ended: moment, at: moment, text: Self.farewell(to: id, among: checks)))
    }
    enqueue(steps)
  }

  /// Feeds the last runs to a machine. What opened and closed among them was told of when it happened, so only where the row
  /// of runs ends counts: that an incident lasts which the store does not know, or has ended which it has for open.
  private func revive(_ check: Check, at moment: Timestamp) async throws -> Step? {
    let limit = 2 * max(check.incidents.openAfter, check.incidents.closeAfter) + Self.spareRuns
    let open = board.openIncident(of: check.id)
    var runs = try await lastSlots(check.id, limit)
    // Those of this process come in by the sink, and what they open and close is to be told of.
    runs.removeAll { $0.started >= moment }
    runs.sort { $0.slotStart < $1.slotStart }
    var machine = IncidentMachine(policy: check.incidents)
    if let open {
      machine = IncidentMachine(policy: check.incidents, began: open.began, cause: open.cause)
      runs.removeAll { $0.slotStart < open.began }
    } else if runs.contains(where: { $0.verdict == .down }), let ended = try await lastEnd(of: check.id) {
      runs.removeAll { $0.slotStart < ended }
    }
    var last: IncidentMachine.Action?
    for run in runs {
      let slot = SlotVerdict(run)
      for action in machine.handle(slot, at: slot.slotStart + slot.interval) {
        if case .change = action { continue }
        last = action
      }
    }
    watched[check.id] = Watched(check: check, machine: machine)
    guard let last, machine.isOpen != (open != nil) else { return nil }
    return step(last, of: check.id, at: moment)
  }

  /// When the last incident of a check ended; nil when it never had one.
  private func lastEnd(of check: CheckID) async throws -> Timestamp? {
    var query = IncidentQuery(checks: [check], isOpen: false, origin: .automatic, limit: 10)
    repeat {
      let page = try await store.incidents(query)
      if let last = page.incidents.first(where: { $0.check == check }) { return last.ended }
      query.cursor = page.next
    } while query.cursor != nil
    return nil
  }

  /// Puts other checks in force.
  ///
  /// - Returns: what is to be done with the incidents of those that are gone or renamed.
  func adopt(_ checks: [Check], at moment: Timestamp) -> [Step] {
    let inForce = checks.filter(isInForce)
    let ids = Set(inForce.map(\.id))
    var steps: [Step] = []
    var next: [CheckID: Watched] = [:]
    for check in inForce {
      var machine = IncidentMachine(policy: check.incidents)
      if let old = check.movedFrom, !ids.contains(old) { board.rename(old, to: check.id) }
      if let known = watched[check.id] {
        machine = known.machine
      } else if let old = check.movedFrom, !ids.contains(old), let known = watched[old] {
        machine = known.machine
        steps.append(.rename(old, to: check.id))
      }
      machine.policy = check.incidents
      next[check.id] = Watched(check: check, machine: machine)
    }
    let renamed = Set(inForce.compactMap(\.movedFrom)).subtracting(ids)
    for id in watched.keys.sorted() where next[id] == nil && !renamed.contains(id) {
      steps.append(.close(id, ended: moment, at: moment, text: Self.farewell(to: id, among: checks)))
    }
    watched = next
    graph = DependencyGraph(inForce)
    return steps
  }

  private static func farewell(to id: CheckID, among checks: [Check]) -> String {
    switch checks.first(where: { $0.id == id }) {
    case nil: "The check was removed; whether it is good is not known"
    case let check? where !check.isEnabled: "The check was disabled; whether it is good is not known"
    default: "The check is not run here any more; whether it is good is not known"
    }
  }
}

extension SlotVerdict {
  /// What history says of a slot.
  fileprivate init(_ run: HistoryRun) {
    self.init(
      check: run.check, slotStart: run.slotStart, interval: run.interval, verdict: run.verdict,
      cause: run.verdict == .down
        ? run.reason.map { IncidentCause(code: $0.code, step: $0.step, message: $0.message) } : nil,
      isInMaintenance: run.isInMaintenance)
  }
}
