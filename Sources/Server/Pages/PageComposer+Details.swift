import Calendars
import Model
import ServiceLevels
import StatusPages

extension PageComposer {
  private static let yearDays = 365
  private static let latencyWindow = Duration.seconds(7 * 86_400)
  private static let latencyPoints = 96
  /// Longest first.
  private static let windows: [(text: String, seconds: Int)] = [
    ("365d", 365 * 86_400), ("90d", 90 * 86_400), ("30d", 30 * 86_400), ("7d", 7 * 86_400), ("24h", 86_400),
  ]
  /// How far back months are looked for.
  private static let mostMonths = 60

  /// The page of one check or service.
  ///
  /// - Returns: nil when the page does not show it.
  /// - Throws: what history threw.
  func check(_ id: String, _ definition: PageDefinition) async throws -> CheckPageContent? {
    let shown = shown(definition)
    guard let check = shown.first(where: { $0.id.text == id }) else { return nil }
    let calendar = Self.calendar(definition)
    let now = sources.time.now
    let today = calendar.date(at: now)
    let dates = (0..<Self.yearDays).map { today.adding(days: $0 - Self.yearDays + 1) }
    async let byDay = tallies(of: check.id, boundaries: dates.map { calendar.begin(of: $0) } + [now])
    async let byWindow = tallies(
      of: check.id, boundaries: Self.windows.map { now - .seconds($0.seconds) } + [now])
    let boundaries = LatencyPieces.boundaries(
      window: Self.latencyWindow, interval: check.interval, at: now, count: Self.latencyPoints)
    async let latency = sources.store.latencySeries(of: check.id, region: nil, boundaries: boundaries)
    let overview = await overviews.current()
    let days = try await zip(dates, byDay).map { DayFigures(date: $0, tally: $1) }
    let sum = days.reduce(SlotTally()) { $0 + $1.tally }
    let filter = IncidentFilter(definition: definition, shown: Set(shown.map(\.id)))
    let incidents = await incidents(
      IncidentQuery(
        checks: [check.id], from: now - .seconds(Self.yearDays * 86_400), isPublished: true, limit: 100))
    return CheckPageContent(
      definition: definition, at: now,
      entry: Self.entry(of: check, definition: definition, overview: overview, days: (days, sum)),
      windows: Self.figures(of: check, pieces: try await byWindow),
      latency: try await latency.enumerated().map { index, piece in
        .init(
          from: boundaries[index], until: boundaries[index + 1], p50: piece.percentile(0.5),
          p95: piece.percentile(0.95), p99: piece.percentile(0.99))
      }, incidents: incidents.compactMap(filter.told),
      names: Dictionary(shown.map { ($0.id, $0.name) }) { first, _ in first })
  }

  /// The windows end at the same moment, so each is its own piece and all that follow. Shortest first.
  private static func figures(of check: Check, pieces: [SlotTally]) -> [CheckPageContent.WindowFigures] {
    var sum = SlotTally()
    return zip(windows, pieces).reversed().map { window, piece in
      sum = sum + piece
      return .init(
        window: window.text, tally: sum, availability: Availability(sum, objective: check.objective.availability))
    }
  }

  private func tallies(of check: CheckID, boundaries: [Timestamp]) async throws -> [SlotTally] {
    try await DayReader(sources.board.sources).tallies(of: [check], boundaries: boundaries)[check]
      ?? Array(repeating: SlotTally(), count: boundaries.count - 1)
  }

  /// The page of one month.
  ///
  /// - Returns: nil for a month that nothing is known of.
  /// - Throws: what history threw.
  func month(_ month: YearMonth, _ definition: PageDefinition) async throws -> MonthPageContent? {
    let calendar = Self.calendar(definition)
    let now = sources.time.now
    let current = calendar.date(at: now).yearMonth
    let shown = shown(definition)
    let first = try await firstMonth(of: shown, calendar: calendar, current: current)
    guard month >= first, month <= current else { return nil }
    let dates = (0..<month.dayCount).map { month.firstDay.adding(days: $0) }.filter { calendar.begin(of: $0) < now }
    let end = min(calendar.begin(of: month.next), now)
    let series = try await DayReader(sources.board.sources).tallies(
      of: shown.map(\.id), boundaries: dates.map { calendar.begin(of: $0) } + [end])
    let closed = try await closedMonths(month, of: shown, timeZone: calendar.timeZone)
    let incidents = await incidents(
      IncidentQuery(from: calendar.begin(of: month), to: end, isPublished: true, limit: 1000))
    let filter = IncidentFilter(definition: definition, shown: Set(shown.map(\.id)))
    return MonthPageContent(
      definition: definition, at: now, month: month, firstMonth: first,
      rows: shown.map { check in
        let tallies = series[check.id] ?? dates.map { _ in SlotTally() }
        let closing = closed[check.id]
        return .init(
          check: check.id, name: check.name, days: zip(dates, tallies).map { DayFigures(date: $0, tally: $1) },
          tally: closing?.tally ?? tallies.reduce(SlotTally(), +),
          objective: closing?.objective ?? check.objective.availability, closedAt: closing?.closedAt,
          revision: closing?.revision)
      }, incidents: incidents.compactMap(filter.told))
  }

  /// The last revision of each check's figures.
  private func closedMonths(
    _ month: YearMonth, of checks: [Check], timeZone: String
  ) async throws -> [CheckID: ClosedMonth] {
    guard let records = sources.records else { return [:] }
    let rows = try await records.months.closedMonths(of: checks.map(\.id), from: month, to: month)
    return rows.filter { $0.timeZone == timeZone }.reduce(into: [:]) { last, row in
      if let known = last[row.check], known.revision >= row.revision { return }
      last[row.check] = row
    }
  }

  private func firstMonth(
    of checks: [Check], calendar: LocalCalendar, current: YearMonth
  ) async throws -> YearMonth {
    var months = [current]
    while months.count < Self.mostMonths, let last = months.last { months.append(last.previous) }
    months.reverse()
    let boundaries = months.map { calendar.begin(of: $0) } + [calendar.begin(of: current.next)]
    let rows = try await sources.store.series(SeriesQuery(checks: checks.map(\.id), boundaries: boundaries))
    let known = months.indices.first { index in rows.contains { $0.tallies[index].known > 0 } }
    return known.map { months[$0] } ?? current
  }
}
