import Calendars
import Model
import ServiceLevels
import StatusPages

/// What became of every check day by day, for the bars of pages: days that are over are kept, today is counted anew.
///
/// A check's bars are asked for again and again, and its past hardly ever changes; so history is read once for all
/// checks of a time zone, whatever the number of pages and readers.
actor DayBook {
  /// The days of all checks, as they stood at one moment.
  struct Table: Sendable {
    /// Oldest first, without today.
    fileprivate(set) var past: [CheckID: Row] = [:]
    fileprivate(set) var pastDates: [LocalDate] = []
    fileprivate(set) var today: LocalDate
    fileprivate(set) var todayTallies: [CheckID: SlotTally] = [:]

    /// So many days of one check, today the last, and what they come to.
    func days(of check: CheckID, count: Int) -> (days: [DayFigures], sum: SlotTally) {
      let todays = DayFigures(date: today, tally: todayTallies[check] ?? SlotTally())
      var days: [DayFigures]
      var sum: SlotTally
      if let row = past[check] {
        if count == row.days.count + 1 {
          (days, sum) = (row.days, row.sum)
        } else {
          days = row.days.suffix(count - 1)
          sum = days.reduce(SlotTally()) { $0 + $1.tally }
        }
      } else {
        days = pastDates.suffix(count - 1).map { DayFigures(date: $0, tally: SlotTally()) }
        sum = SlotTally()
      }
      days.append(todays)
      return (days, sum + todays.tally)
    }
  }

  /// The past of one check.
  struct Row: Sendable {
    var days: [DayFigures]
    var sum: SlotTally
  }

  private struct Kept {
    var table: Table
    var edition: Int
    var pastTaken: Duration
    var todayTaken: Duration
    /// What counting today took.
    var cost: Duration
  }

  /// As many as the bars of any page show.
  private static let pastCount = PageDefinition.dayRange.upperBound - 1
  /// Late runs change a day that is over.
  private static let pastRest = Duration.seconds(600)
  private static let todayRest = Duration.seconds(5)
  /// As in `AvailabilityBoard`.
  private static let restFactor = 10

  private let catalogue: CheckCatalogue
  private let sources: FigureSources
  private let time: any TimeSource
  private var kept: [String: Kept] = [:]
  private var flights: [String: Task<Kept, any Error>] = [:]

  init(catalogue: CheckCatalogue, sources: FigureSources, time: any TimeSource) {
    self.catalogue = catalogue
    self.sources = sources
    self.time = time
  }

  /// The days of a time zone's calendar up to now.
  ///
  /// - Throws: what history threw.
  func table(of calendar: LocalCalendar) async throws -> Table {
    let zone = calendar.timeZone
    if let known = kept[zone], isFresh(known, calendar) { return known.table }
    if let flight = flights[zone] { return try await flight.value.table }
    let task = Task { [before = kept[zone]] in try await self.read(calendar, before: before) }
    flights[zone] = task
    defer { flights[zone] = nil }
    let read = try await task.value
    kept[zone] = read
    return read.table
  }

  /// Forgets the past, which something has changed.
  func forget() {
    kept = [:]
  }

  private func isFresh(_ known: Kept, _ calendar: LocalCalendar) -> Bool {
    let now = time.uptime
    return known.edition == catalogue.edition.number && known.table.today == calendar.date(at: time.now)
      && now - known.pastTaken < Self.pastRest
      && now - known.todayTaken <= max(Self.todayRest, known.cost * Self.restFactor)
  }

  private func read(_ calendar: LocalCalendar, before: Kept?) async throws -> Kept {
    let edition = catalogue.edition.number
    let now = time.now
    let today = calendar.date(at: now)
    let reader = try await DayReader(sources)
    var known: Kept
    if let before, before.edition == edition, before.table.today == today,
      time.uptime - before.pastTaken < Self.pastRest
    {
      known = before
    } else {
      let dates = (0..<Self.pastCount).map { today.adding(days: $0 - Self.pastCount) }
      let boundaries = (dates + [today]).map { calendar.begin(of: $0) }
      let series = try await reader.tallies(of: nil, boundaries: boundaries)
      let table = await Self.table(series, dates: dates, today: today)
      known = Kept(table: table, edition: edition, pastTaken: time.uptime, todayTaken: .zero, cost: .zero)
    }
    let begin = time.uptime
    let rows = try await reader.tallies(of: nil, boundaries: [calendar.begin(of: today), now])
    known.table.todayTallies = rows.compactMapValues(\.first)
    known.todayTaken = time.uptime
    known.cost = known.todayTaken - begin
    return known
  }

  @concurrent
  private static func table(_ series: [CheckID: [SlotTally]], dates: [LocalDate], today: LocalDate) async -> Table {
    var table = Table(pastDates: dates, today: today)
    table.past.reserveCapacity(series.count)
    for (check, tallies) in series {
      let days = zip(dates, tallies).map { DayFigures(date: $0, tally: $1) }
      table.past[check] = Row(days: days, sum: tallies.reduce(SlotTally(), +))
    }
    return table
  }
}
