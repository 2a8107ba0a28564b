/// The newest slots of checks, put together from the runs of their regions.
package struct HeldSlots: Sendable {
  /// One slot of one check.
  package struct Key: Hashable, Sendable {
    package var check: CheckID
    /// When it began, in milliseconds since the epoch.
    package var slot: Int64

    /// A slot with everything said.
    package init(check: CheckID, slot: Int64) {
      self.check = check
      self.slot = slot
    }
  }

  /// The runs of each slot; of each check newest first.
  private var slots: [[HistoryRun]] = []

  /// - Parameters:
  ///   - runs: at least so many of each region, the newest ones.
  ///   - limit: how many slots of each check.
  package init(_ runs: [HistoryRun], limit: Int) {
    let checks = Dictionary(grouping: runs, by: \.check).sorted { $0.key < $1.key }
    for (_, runs) in checks {
      let own = Dictionary(grouping: runs) { $0.slotStart.millisecondsSinceEpoch }
      slots += own.sorted { $0.key > $1.key }.prefix(limit).map { $0.value.sorted { $0.region < $1.region } }
    }
  }

  /// Of each check the oldest of the slots, in milliseconds since the epoch: what was judged before it is not asked for.
  package var oldest: [CheckID: Int64] {
    Dictionary(
      slots.compactMap { runs in runs.first.map { ($0.check, $0.slotStart.millisecondsSinceEpoch) } },
      uniquingKeysWith: { min($0, $1) })
  }

  /// A run for each slot.
  ///
  /// - Parameter judged: what is held of slots where somebody said so (`HistoryStore.judge`).
  package func runs(judged: [Key: Verdict]) -> [HistoryRun] {
    slots.compactMap { runs in
      guard let first = runs.first else { return nil }
      let key = Key(check: first.check, slot: first.slotStart.millisecondsSinceEpoch)
      let verdict = judged[key] ?? .overRegions(runs.map(\.verdict))
      let deciding = runs.first { $0.verdict == verdict }
      var held = first
      held.region = ""
      held.node = nil
      held.started = runs.map(\.started).min() ?? first.started
      held.duration = runs.filter { $0.verdict == verdict }.compactMap(\.duration).max()
      held.verdict = verdict
      held.reason = verdict == .down && runs.count > 1 ? Self.outage(runs) : deciding?.reason
      held.traceID = deciding?.traceID
      held.isInMaintenance = runs.contains { $0.isInMaintenance }
      return held
    }
  }

  /// Whoever decided it gave this reason.
  private static func outage(_ runs: [HistoryRun]) -> HistoryReason {
    let known = runs.filter { $0.verdict != .unknown }
    let down = known.filter { $0.verdict == .down }
    return HistoryReason(
      .quorum, downIn: down.map(\.region), of: known.count, because: down.lazy.compactMap(\.reason).first)
  }
}

extension HistoryReason {
  /// More regions than these are counted, not named.
  private static let namedRegions = 8

  /// Why a slot is not up over its regions.
  ///
  /// - Parameters:
  ///   - regions: that are down.
  ///   - known: how many had a say.
  ///   - cause: why the first of them is down.
  ///   - note: what else is to be said.
  package init(
    _ code: ReasonCode, downIn regions: [String], of known: Int, because cause: HistoryReason?, note: String? = nil
  ) {
    var names = regions.prefix(Self.namedRegions).joined(separator: ", ")
    if regions.count > Self.namedRegions { names += " and \(regions.count - Self.namedRegions) more" }
    var message = "down in \(regions.count) of \(known) regions: \(names)"
    if let cause { message += cause.message.isEmpty ? " (\(cause.code.rawValue))" : " (\(cause.message))" }
    if let note { message += "; \(note)" }
    self.init(code: code, step: cause?.step, phase: cause?.phase, message: message, location: cause?.location)
  }
}
