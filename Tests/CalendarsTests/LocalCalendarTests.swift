import Calendars
import Model
import Testing

@Suite("The calendar of a place")
struct LocalCalendarTests {
  private func calendar(_ name: String) throws -> LocalCalendar { try #require(LocalCalendar(timeZone: name)) }

  private func local(_ text: String) throws -> LocalDateTime {
    let numbers = text.split { "-T:".contains($0) }.compactMap { Int($0) }
    try #require(numbers.count == 5)
    return LocalDateTime(
      date: LocalDate(year: numbers[0], month: numbers[1], day: numbers[2]),
      time: LocalTime(hour: numbers[3], minute: numbers[4]))
  }

  @Test(
    "finds the moment of a local time, also where the clocks jump",
    arguments: [
      ("UTC", "2026-11-21T10:56", "2026-11-21T10:56:00Z"),
      ("Europe/Berlin", "2026-07-01T12:00", "2026-07-01T10:00:00Z"),
      ("Europe/Berlin", "2026-12-01T12:00", "2026-12-01T11:00:00Z"),
      // Left out: the clocks go from 02:00 to 03:00.
      ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
      ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
      // Twice: the first one is meant.
      ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
      ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
      ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"),
      ("America/New_York", "2026-03-08T02:15", "2026-03-08T07:00:00Z"),
      ("Asia/Kolkata", "2026-01-01T00:00", "2025-12-31T18:30:00Z"),
      ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30:00Z"),
      ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"),
    ])
  func moments(zone: String, text: String, expected: String) throws {
    #expect(try calendar(zone).moment(of: local(text)).rfc3339(fractionDigits: 0) == expected)
  }

  @Test(
    "cuts time into days, weeks, months, quarters and years",
    arguments: [
      (CalendarUnit.day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
      (.week, "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"),
      (.month, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
      (.quarter, "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"),
      (.year, "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
    ])
  func units(unit: CalendarUnit, begin: String, end: String) throws {
    let calendar = try calendar("Europe/Berlin")
    let moment = try #require(Timestamp(rfc3339: "2026-03-29T10:00:00Z"))
    #expect(calendar.begin(of: unit, at: moment).rfc3339(fractionDigits: 0) == begin)
    #expect(calendar.end(of: unit, at: moment).rfc3339(fractionDigits: 0) == end)
  }

  @Test("gives every moment back that it has shown, but those that come twice")
  func roundTrip() throws {
    let calendar = try calendar("Europe/Berlin")
    var moment = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    let end = try #require(Timestamp(rfc3339: "2027-01-01T00:00:00Z"))
    while moment < end {
      let back = calendar.moment(of: calendar.local(at: moment))
      #expect(back == moment || back == moment - .seconds(3600))
      moment = moment + .seconds(1800 * 7)
    }
  }

  @Test("refuses names that are no places", arguments: ["", "Berlin", "CET", "GMT+5", "Europe/Nowhere", "EST"])
  func unknown(name: String) {
    #expect(LocalCalendar(timeZone: name) == nil)
  }

  @Test("knows which days exist, and which day of the week they are")
  func days() {
    #expect(LocalDate(year: 2024, month: 2, day: 29).exists)
    #expect(!LocalDate(year: 2026, month: 2, day: 29).exists)
    #expect(!LocalDate(year: 2026, month: 13, day: 1).exists)
    #expect(LocalDate(year: 2026, month: 11, day: 21).weekday == .saturday)
    #expect(LocalDate(year: 1969, month: 12, day: 31).weekday == .wednesday)
    for days in stride(from: -200_000, to: 200_000, by: 77) {
      #expect(LocalDate(daysSinceEpoch: days).daysSinceEpoch == days)
    }
    #expect(YearMonth("2026-02")?.dayCount == 28)
    #expect(YearMonth("2026-13") == nil)
    #expect(YearMonth(year: 2026, month: 12).next.description == "2027-01")
  }
}
