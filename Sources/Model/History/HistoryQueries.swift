/// A check as history must know it: where slots are expected of it, and whose history it takes over.
package struct CheckRegistration: Hashable, Sendable {
  /// The identity of its history.
  package var id: CheckID
  /// An earlier id whose history becomes this one's.
  package var movedFrom: CheckID?
  /// No slots are expected of a disabled check.
  package var isEnabled: Bool
  /// Where it runs; nil is everywhere.
  package var regions: [String]?

  /// A check with everything said.
  package init(id: CheckID, movedFrom: CheckID? = nil, isEnabled: Bool = true, regions: [String]? = nil) {
    self.id = id
    self.movedFrom = movedFrom
    self.isEnabled = isEnabled
    self.regions = regions
  }

  /// What history must know of a check.
  package init(_ check: Check) {
    self.init(id: check.id, movedFrom: check.movedFrom, isEnabled: check.isEnabled, regions: check.regions)
  }

  /// Whether slots are expected of it in a region.
  package func runs(in region: String) -> Bool {
    isEnabled && (regions?.contains(region) ?? true)
  }
}

/// A check that history has heard of, whether or not a file still names it.
package struct KnownCheck: Hashable, Sendable {
  /// The identity of its history.
  package var id: CheckID
  /// The regions it has runs of, in order.
  package var regions: [String]
  /// Since when it has been removed or disabled in every region; nil while it is in force.
  package var endedAt: Timestamp?

  /// A check with everything said.
  package init(id: CheckID, regions: [String], endedAt: Timestamp?) {
    self.id = id
    self.regions = regions
    self.endedAt = endedAt
  }
}

/// What came of storing runs.
package struct WriteSummary: Hashable, Sendable {
  /// Runs that are stored now.
  package var added: Int
  /// Runs whose slot had a run already, which stays.
  package var duplicates: Int

  /// The outcome of one write.
  package init(added: Int = 0, duplicates: Int = 0) {
    self.added = added
    self.duplicates = duplicates
  }
}

/// What is held of one slot over all regions, where that is more than their runs alone say.
package struct JudgedSlot: Hashable, Sendable {
  package var check: CheckID
  /// When the slot began; kept to the millisecond.
  package var slotStart: Timestamp
  package var verdict: Verdict

  /// A slot with what is held of it.
  package init(check: CheckID, slotStart: Timestamp, verdict: Verdict) {
    self.check = check
    self.slotStart = slotStart
    self.verdict = verdict
  }
}

/// Which runs of a check are wanted, newest first.
package struct RunQuery: Sendable {
  package var check: CheckID
  /// Nil for every region.
  package var region: String?
  /// Slots that start here or later.
  package var from: Timestamp?
  /// Slots that start before.
  package var to: Timestamp?
  package var verdict: Verdict?
  /// How many at most; at least 1.
  package var limit: Int
  /// Where the page before ended.
  package var cursor: RunCursor?

  /// A query with everything said.
  package init(
    check: CheckID, region: String? = nil, from: Timestamp? = nil, to: Timestamp? = nil, verdict: Verdict? = nil,
    limit: Int = 100, cursor: RunCursor? = nil
  ) {
    self.check = check
    self.region = region
    self.from = from
    self.to = to
    self.verdict = verdict
    self.limit = max(1, limit)
    self.cursor = cursor
  }
}

/// The place of one run in the order of pages: newest slot first, regions of one slot by name.
package struct RunCursor: Hashable, Sendable {
  /// The slot of the last run of the page before.
  package var slotMilliseconds: Int64
  /// Its region.
  package var region: String

  /// The place of one run.
  package init(slotMilliseconds: Int64, region: String) {
    self.slotMilliseconds = slotMilliseconds
    self.region = region
  }

  /// What a client hands back: `1795000000000.eu`.
  package var text: String { "\(slotMilliseconds).\(region)" }

  /// Reads `text`; nil for anything else, and for a slot that no moment lies at.
  package init?(_ text: String) {
    guard let dot = text.firstIndex(of: "."), let slot = Int64(text[..<dot]), "\(slot)" == text[..<dot],
      Timestamp(millisecondsSinceEpoch: slot).millisecondsSinceEpoch == slot
    else { return nil }
    self.init(slotMilliseconds: slot, region: String(text[text.index(after: dot)...]))
  }
}

/// Some runs, and where the rest begins.
package struct RunPage: Sendable {
  /// Newest first.
  package var runs: [HistoryRun]
  /// Nil when there are no more.
  package var next: RunCursor?

  /// A page of runs.
  package init(runs: [HistoryRun], next: RunCursor?) {
    self.runs = runs
    self.next = next
  }
}

/// Whose slots are counted.
package enum RegionScope: Hashable, Sendable {
  /// The verdicts of slots over all regions (`Verdict.overRegions`); in one region they are its own.
  case combined
  /// Each region for itself.
  case each
  /// One region alone.
  case only(String)
}

/// Which slots are to be counted: those that start in [from, to).
package struct TallyQuery: Sendable {
  /// Nil for every check with a run; checks without any give no row.
  package var checks: [CheckID]?
  package var scope: RegionScope
  package var from: Timestamp
  package var to: Timestamp

  /// A query with everything said.
  package init(checks: [CheckID]? = nil, scope: RegionScope = .combined, from: Timestamp, to: Timestamp) {
    self.checks = checks
    self.scope = scope
    self.from = from
    self.to = to
  }
}

/// Which slots are to be counted piece by piece: those between each boundary and the next.
package struct SeriesQuery: Sendable {
  /// Nil for every check with a run; checks without any give no row.
  package var checks: [CheckID]?
  package var scope: RegionScope
  /// At least two, rising.
  package var boundaries: [Timestamp]

  /// A query with everything said.
  package init(checks: [CheckID]? = nil, scope: RegionScope = .combined, boundaries: [Timestamp]) {
    self.checks = checks
    self.scope = scope
    self.boundaries = boundaries
  }
}

/// The tallies of one check, one for each piece of the query.
package struct TallySeries: Hashable, Sendable {
  package var check: CheckID
  /// Nil over all regions.
  package var region: String?
  /// One fewer than there are boundaries.
  package var tallies: [SlotTally]

  /// The tallies of one check.
  package init(check: CheckID, region: String?, tallies: [SlotTally]) {
    self.check = check
    self.region = region
    self.tallies = tallies
  }
}

/// The tally of one check, of one region or over all.
package struct TallyRow: Hashable, Sendable {
  package var check: CheckID
  /// Nil over all regions.
  package var region: String?
  package var tally: SlotTally

  /// The tally of one check.
  package init(check: CheckID, region: String?, tally: SlotTally) {
    self.check = check
    self.region = region
    self.tally = tally
  }
}

/// How long the runs of one check took, in one region or in all.
package struct LatencyRow: Hashable, Sendable {
  package var check: CheckID
  /// Nil over all regions.
  package var region: String?
  package var latency: LatencyHistogram

  /// The latency of one check.
  package init(check: CheckID, region: String?, latency: LatencyHistogram) {
    self.check = check
    self.region = region
    self.latency = latency
  }
}

/// From which slot on a check was held to be something else. Kept for ever.
package struct StateChange: Hashable, Sendable {
  package var check: CheckID
  package var region: String
  /// The first slot of the new verdict.
  package var slotStart: Timestamp
  package var verdict: Verdict
  /// Why, where it is not up.
  package var reason: ReasonCode?
  /// In words.
  package var message: String?

  /// A change with everything said.
  package init(
    check: CheckID, region: String, slotStart: Timestamp, verdict: Verdict, reason: ReasonCode? = nil,
    message: String? = nil
  ) {
    self.check = check
    self.region = region
    self.slotStart = slotStart
    self.verdict = verdict
    self.reason = reason
    self.message = message
  }
}

/// How long each level of detail is kept.
package struct HistoryRetention: Hashable, Sendable {
  package var runs: Duration
  package var fiveMinutes: Duration
  package var hours: Duration
  /// Nil is for ever.
  package var days: Duration?

  /// Retention with every level said.
  package init(
    runs: Duration = .days(7), fiveMinutes: Duration = .days(35), hours: Duration = .days(400), days: Duration? = nil
  ) {
    self.runs = runs
    self.fiveMinutes = fiveMinutes
    self.hours = hours
    self.days = days
  }

  /// 7 d of runs, 35 d of five minutes, 400 d of hours, days for ever.
  package static let standard = HistoryRetention()
}

/// Whether history can be written.
package struct HistoryHealth: Hashable, Sendable {
  package var isWritable: Bool
  /// How long it took to find out.
  package var latency: Duration
  /// What is wrong, in one line; nil when nothing is.
  package var message: String?

  /// A finding.
  package init(isWritable: Bool, latency: Duration, message: String? = nil) {
    self.isWritable = isWritable
    self.latency = latency
    self.message = message
  }
}

extension Timestamp {
  /// The first whole millisecond that is not before the moment: a slot kept to the millisecond starts at the moment or
  /// later if it is not below this.
  package var firstMillisecond: Int64 {
    let floored = millisecondsSinceEpoch
    return Timestamp(millisecondsSinceEpoch: floored) < self ? floored + 1 : floored
  }
}
