import Calendars
import History
import Model
import ServiceLevels
import TestSupport
import Testing

/// Figures that were read from a real store, held against the same reckoned slot by slot from the raw runs.
@Suite("Figures against an oracle")
struct FigureOracleTests {
  /// Random runs of some checks: gaps, verdicts, maintenance, late and repeated results, clocks that were set.
  private struct Story {
    var store: any HistoryStore
    var reference = ReferenceHistory()
    var checks: [CheckID] = []
    var end = newYear
    private let folder: TemporaryFolder

    init(
      _ backend: Backend, seed: UInt64, days: Int, retention: HistoryRetention, intervals: [Int], begin: Timestamp
    ) async throws {
      var random = SeededGenerator(seed: seed)
      folder = try TemporaryFolder()
      store = try await backend.store(in: folder, retention)
      end = begin + .days(days)
      var runs: [HistoryRun] = []
      for (place, interval) in intervals.enumerated() {
        let check = try CheckID.named("check-\(place)")
        checks.append(check)
        let step = Duration.seconds(interval)
        var slot = begin + .seconds(Int.random(in: 0..<interval, using: &random))
        while slot < end {
          defer { slot = slot + step }
          if Int.random(in: 0..<200, using: &random) == 0 {
            slot = slot + step * Int.random(in: 1..<40, using: &random)
          }
          // A clock that is set back runs no slot again, and off the beat it starts a new one.
          if Int.random(in: 0..<400, using: &random) == 0 { slot = slot + .seconds(interval / 3) }
          guard slot < end, Int.random(in: 0..<25, using: &random) > 0 else { continue }
          let isBad = Int.random(in: 0..<12, using: &random) == 0
          runs.append(
            HistoryRun(
              check: check, region: "local", slotStart: slot, interval: step, duration: .milliseconds(100),
              verdict: isBad ? Verdict.allCases.randomElement(using: &random) ?? .down : .up,
              isInMaintenance: Int.random(in: 0..<40, using: &random) == 0))
        }
      }
      runs.sort { $0.slotStart < $1.slotStart }
      var late: [HistoryRun] = []
      var batch: [HistoryRun] = []
      for run in runs {
        if Int.random(in: 0..<30, using: &random) == 0 { late.append(run) } else { batch.append(run) }
        guard batch.count >= 2000 else { continue }
        try await write(batch + late, at: run.slotStart)
        (batch, late) = ([], [])
      }
      try await write(batch + late, at: end)
    }

    private mutating func write(_ runs: [HistoryRun], at now: Timestamp) async throws {
      try await store.write(runs, at: now)
      for run in runs { reference.store(unchecked: run) }
      try await store.maintainFully(at: now)
    }

    /// What is left of a check's slots, each looked at for itself.
    func tally(
      of check: CheckID, from: Timestamp, to: Timestamp, without excluded: (Timestamp) -> Bool
    ) -> SlotTally {
      ReferenceHistory.tally(
        reference.slots(of: check, region: nil, from: from, to: to, knownUntil: to).map { slot in
          var slot = slot
          if excluded(slot.start) { slot.isInMaintenance = true }
          return slot
        })
    }
  }

  /// A ledger, and what it takes out, minute by minute.
  private struct Ledger {
    var entries: [Exclusion] = []
    let cap: ExclusionCap?
    private var minutes: [CheckID: Set<Int64>] = [:]

    init(
      seed: UInt64, checks: [CheckID], from: Timestamp, to: Timestamp, unit minutesEach: Int, cap: ExclusionCap?
    ) throws {
      self.cap = cap
      var random = SeededGenerator(seed: seed)
      let length = Int((to - from).seconds) / 60 / minutesEach
      for id in 1...8 as ClosedRange<Int64> {
        let begin = Int.random(in: 0..<length, using: &random)
        let end = begin + Int.random(in: 1...max(1, min(length / 6, 1500 / minutesEach)), using: &random)
        entries.append(
          Exclusion(
            id: id, checks: Bool.random(using: &random) ? nil : checks.filter { _ in Bool.random(using: &random) },
            from: from + .minutes(begin * minutesEach), until: from + .minutes(end * minutesEach), reason: "a storm",
            author: "somebody", recordedAt: to))
      }
      for withdrawn in [2, 5] as [Int64] {
        var entry = entries[Int(withdrawn) - 1]
        (entry.id, entry.withdraws) = (Int64(entries.count + 1), withdrawn)
        entries.append(entry)
      }
      let zone = cap.flatMap { LocalCalendar(timeZone: $0.timeZone) } ?? .utc
      for check in checks {
        var taken: Set<Int64> = []
        var used: [YearMonth: Int] = [:]
        for entry in entries where entry.withdraws == nil && ![2, 5].contains(entry.id) {
          guard entry.checks?.contains(check) ?? true else { continue }
          var moment = entry.from
          while moment < entry.until {
            defer { moment = moment + .minutes(1) }
            let minute = moment.nanosecondsSinceEpoch / 60_000_000_000
            let month = zone.date(at: moment).yearMonth
            if taken.contains(minute) { continue }
            if let cap, used[month, default: 0] >= Int(cap.limit.seconds) / 60 { continue }
            used[month, default: 0] += 1
            taken.insert(minute)
          }
        }
        minutes[check] = taken
      }
    }

    func excludes(_ check: CheckID, _ moment: Timestamp) -> Bool {
      minutes[check]?.contains(moment.nanosecondsSinceEpoch.flooredQuotient(by: 60_000_000_000)) == true
    }
  }

  /// Where runs are gone, edges are exact to the hour.
  private static let hourly: [Duration] = [.hours(1), .hours(6), .days(3)]

  @Test(
    "where runs are kept every window is exact, with exclusions and without", arguments: Backend.allCases,
    0..<8 as Range<UInt64>)
  func rolling(_ backend: Backend, seed: UInt64) async throws {
    let story = try await Story(
      backend, seed: seed, days: 6, retention: .standard, intervals: [60, 300, 420], begin: newYear)
    let cap = ExclusionCap(limit: .hours(5), unit: .month)
    let ledger = try Ledger(
      seed: seed, checks: story.checks, from: newYear, to: story.end, unit: 1, cap: seed % 2 == 0 ? cap : nil)
    var random = SeededGenerator(seed: seed &+ 9)
    for _ in 0..<6 {
      let to = newYear + .seconds(Int.random(in: 86_400..<6 * 86_400, using: &random))
      try await compare(
        story, ledger, from: to - .seconds(Int.random(in: 1..<400_000, using: &random)), to: to,
        recent: [.minutes(5)] + Self.hourly)
    }
  }

  @Test(
    "months, quarters and years are exact over leap days and changes of clocks, also where runs are gone",
    arguments: Backend.allCases,
    ["UTC", "Europe/Berlin", "America/New_York"].flatMap { [($0, 2028), ($0, 2026)] })
  func calendars(_ backend: Backend, _ place: (zone: String, year: Int)) async throws {
    let (zone, year) = place
    let calendar = try #require(LocalCalendar(timeZone: zone))
    let begin = calendar.begin(of: YearMonth(year: year, month: 2)) - .days(3)
    let seed = UInt64(year)
    let story = try await Story(
      backend, seed: seed, days: 72, retention: .standard, intervals: [1800, 3600, 3600], begin: begin)
    let cap = ExclusionCap(limit: .hours(30), unit: .month, timeZone: zone)
    let ledger = try Ledger(seed: seed, checks: story.checks, from: begin, to: story.end, unit: 60, cap: cap)
    for month in [YearMonth(year: year, month: 2), YearMonth(year: year, month: 3)] {
      try await compare(story, ledger, from: calendar.begin(of: month), to: calendar.begin(of: month.next))
    }
    let end = story.end - .hours(3)
    for unit in CalendarUnit.allCases {
      let window = ObjectiveWindow.calendar(unit, timeZone: zone)
      try await compare(story, ledger, from: window.begin(at: end), to: end)
    }
  }

  private func compare(
    _ story: Story, _ ledger: Ledger, from: Timestamp, to: Timestamp, recent: [Duration] = FigureOracleTests.hourly
  ) async throws {
    let plan = ExclusionPlan(ledger.entries, cap: ledger.cap)
    let place = SourceLocation(file: "checks.yaml", line: 1, column: 1)
    let service = ServiceDefinition(
      id: try CheckID.named("shop"),
      members: story.checks.enumerated().map { ServiceDefinition.Member(check: $1, weight: [3, 1, 7][$0]) },
      rule: .weighted(downBelow: 0.5), interval: .seconds(60), location: place)
    let subjects = story.checks.map { FigureSubject($0) } + [FigureSubject(service)]
    let figures = try await FigureReader(store: story.store, plan: plan).figures(
      of: subjects, from: from, to: to, recent: recent)
    var weighted = (good: 0, bad: 0)
    for (index, check) in story.checks.enumerated() {
      func expected(_ from: Timestamp) -> SlotTally {
        story.tally(of: check, from: from, to: to) { ledger.excludes(check, $0) }
      }
      let own = figures[index].own
      #expect(own.tally == expected(from), "\(check), \(from.rfc3339()) to \(to.rfc3339())")
      let unadjusted = story.tally(of: check, from: from, to: to) { _ in false }
      #expect(own.unadjusted == unadjusted, "\(check), \(from.rfc3339()) to \(to.rfc3339())")
      #expect(own.excludedSlots == own.tally.maintenance - unadjusted.maintenance)
      #expect(own.recent == recent.map { expected(to - $0) })
      let weight = [3, 1, 7][index]
      // What is taken out of a service is taken out of its members, and nothing is here.
      let tally = story.tally(of: check, from: from, to: to) { moment in
        ledger.excludes(check, moment) || plan.spans(of: service.id).contains { $0.contains(moment) }
      }
      weighted.good += weight * (tally.up + tally.degraded)
      weighted.bad += weight * tally.down
    }
    let basis = try #require(figures.last?.basis.tally)
    let availability = Availability(basis, objective: 0.995).availability
    #expect(
      availability
        == (weighted.good + weighted.bad > 0 ? Ratio(weighted.good, of: weighted.good + weighted.bad) : nil))
  }
}
