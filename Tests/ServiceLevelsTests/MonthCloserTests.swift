import Model
import ServiceLevels
import Testing

@Suite("Closing months")
struct MonthCloserTests {
  private let october = YearMonth(year: 2026, month: 10)

  private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  @Test("is due when the month is over in its time zone, and the delay has passed")
  func due() throws {
    let closer = MonthCloser(MonthClosing(delay: .days(3), timeZone: "Europe/Berlin"))
    let closed = Set((1...30).map { YearMonth(year: 2024 + ($0 + 2) / 12, month: ($0 + 2) % 12 + 1) })
      .filter { $0 < october }
    // Berlin's November begins an hour before that of UTC.
    #expect(try closer.due(at: moment("2026-11-03T22:59:59Z"), closed: closed).last != october)
    #expect(try closer.due(at: moment("2026-11-03T23:00:00Z"), closed: closed).last == october)
    #expect(try closer.due(at: moment("2026-11-20T00:00:00Z"), closed: closed.union([october])).last != october)
  }

  @Test("goes back two years, oldest first")
  func bounded() throws {
    let due = MonthCloser(MonthClosing(delay: .zero)).due(at: try moment("2026-11-01T00:00:00Z"), closed: [])
    #expect(due.count == 24)
    #expect(due.first == YearMonth(year: 2024, month: 11))
    #expect(due.last == october)
  }
}
