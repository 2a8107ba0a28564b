import GRDB
import Model

extension Ledger {
  /// Keeps what is held of slots over all regions, and works it into what is rolled up already.
  ///
  /// Of a slot whose runs outlived their retention, what was said of it stays: nobody can tell any more what it counted for.
  mutating func judge(_ verdicts: [JudgedSlot], in database: Database) throws {
    let judged = try JudgedSlots(database)
    for (id, verdicts) in Dictionary(grouping: verdicts, by: \.check) {
      guard let check = checks[id], let only = regional[check, default: []].first else { continue }
      // A region that is expected may never have run anything, and what is held is another's verdict all the same.
      if combined[check] == nil { try beginCombining(streams[only], in: database) }
      guard let index = combined[check] else { continue }
      let stream = streams[index]
      let latest = Dictionary(verdicts.map { ($0.slotStart.millisecondsSinceEpoch, $0.verdict) }) { $1 }
      var changes: [LateChange] = []
      let cadence = try Cadence(stream: stream.key, in: database)
      for (slot, verdict) in latest.sorted(by: { $0.key < $1.key }) where slot >= cuts.until[0] {
        let before = try judged.verdict(of: stream.key, slot: slot)
        guard before != verdict else { continue }
        try judged.store(verdict, of: stream.key, slot: slot)
        guard slot < stream.sealed[0] else { continue }
        let marks = try sources(of: index).compactMap { try storedMark(stream: $0, slot: slot, in: database) }
        guard !marks.isEmpty else { continue }
        let interval = cadence.interval(at: slot) ?? 0
        var totals = Totals()
        totals.count(.overRegions(marks, slot: slot, judged: before), interval: interval, sign: -1)
        totals.count(.overRegions(marks, slot: slot, judged: verdict), interval: interval)
        changes.append(LateChange(slot: slot, totals: totals, microseconds: nil, isNew: false))
      }
      try merge(changes, into: stream, in: database)
    }
  }
}

/// What is held of slots over all regions, where that was said.
struct JudgedSlots {
  private let one: StoredStatement
  private let several: StoredStatement
  private let database: Database

  init(_ database: Database) throws {
    self.database = database
    one = try StoredStatement("SELECT verdict FROM judged WHERE stream = ? AND slot = ?", in: database)
    several = try StoredStatement(
      "SELECT slot, verdict FROM judged WHERE stream = ? AND slot >= ? AND slot < ?", in: database)
  }

  /// Of one slot.
  func verdict(of stream: Int64, slot: Int64) throws -> Verdict? {
    defer { one.reset() }
    one.bind(stream, at: 1)
    one.bind(slot, at: 2)
    return try one.next() ? Verdict(mark: one.integer(0)) : nil
  }

  /// Of slots that start in [from, to), by their starts.
  func verdicts(of stream: Int64, from: Int64, to: Int64) throws -> [Int64: Verdict] {
    several.bind(stream, at: 1)
    several.bind(from, at: 2)
    several.bind(to, at: 3)
    var found: [Int64: Verdict] = [:]
    while try several.next() { found[several.integer(0)] = Verdict(mark: several.integer(1)) }
    return found
  }

  /// Keeps what is held of a slot from now on.
  func store(_ verdict: Verdict, of stream: Int64, slot: Int64) throws {
    let insert = try StoredStatement(
      "INSERT OR REPLACE INTO judged (stream, slot, verdict) VALUES (?, ?, ?)", in: database)
    insert.bind(stream, at: 1)
    insert.bind(slot, at: 2)
    insert.bind(verdict.mark, at: 3)
    try insert.run()
  }
}
