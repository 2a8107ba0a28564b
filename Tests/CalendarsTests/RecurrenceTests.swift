import Calendars
import Model
import Testing

@Suite("Recurrences")
struct RecurrenceTests {
  /// SplitMix64, so that a failure can be repeated.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var word = state
      word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word >> 31)
    }
  }

  /// A recurrence, and what it says of a minute of local clocks, written a second time.
  private struct Sample {
    var recurrence: Recurrence
    var begins: (LocalDate, LocalTime) -> Bool
    var lasting: Duration
  }

  private static func sample(_ dice: inout Dice) throws -> Sample {
    let time = LocalTime(
      hour: Int.random(in: 0...4, using: &dice), minute: [0, 15, 30, 59].randomElement(using: &dice) ?? 0)
    let lasting = Duration.minutes([1, 30, 45, 120, 600].randomElement(using: &dice) ?? 1)
    switch Int.random(in: 0...3, using: &dice) {
    case 0:
      let days = Set(Weekday.allCases.shuffled(using: &dice).prefix(Int.random(in: 1...7, using: &dice)))
      return Sample(
        recurrence: .weekly(on: days, at: time, lasting: lasting), begins: { $1 == time && days.contains($0.weekday) },
        lasting: lasting)
    case 1:
      let choice = Int.random(in: 1...31, using: &dice)
      return Sample(
        recurrence: .monthly(on: [.day(choice), .last], at: time, lasting: lasting),
        begins: { date, local in local == time && (date.day == choice || date.adding(days: 1).month != date.month) },
        lasting: lasting)
    case 2:
      let weekday = Weekday.allCases.randomElement(using: &dice) ?? .monday
      let ordinal = [1, 2, 3, 4, -1].randomElement(using: &dice) ?? 1
      return Sample(
        recurrence: .monthly(on: [.weekday(weekday, ordinal: ordinal)], at: time, lasting: lasting),
        begins: { date, local in
          guard local == time, date.weekday == weekday else { return false }
          if ordinal < 0 { return date.adding(days: 7).month != date.month }
          return date.adding(days: -7 * (ordinal - 1)).month == date.month
            && date.adding(days: -7 * ordinal).month != date.month
        }, lasting: lasting)
    default:
      let step = [7, 20, 30].randomElement(using: &dice) ?? 20
      let expression = try CronExpression(parsing: "*/\(step) 1-3 13,28-31 * mon,5")
      let short = Duration.minutes(3)
      return Sample(
        recurrence: .cron(expression, lasting: short),
        begins: { date, local in
          local.minute % step == 0 && (1...3).contains(local.hour)
            && (date.day == 13 || date.day >= 28 || date.weekday == .monday || date.weekday == .friday)
        }, lasting: short)
    }
  }

  /// Goes through time minute by minute and looks at the clock.
  private static func oracle(_ sample: Sample, _ calendar: LocalCalendar, from: Timestamp, to: Timestamp) -> [Bool] {
    var result: [Bool] = []
    var end = Timestamp(secondsSinceEpoch: 0)
    var shown: Set<LocalDateTime> = []
    var moment = from - .hours(36)
    var before = calendar.local(at: moment - .minutes(1))
    while moment < to {
      let now = calendar.local(at: moment)
      // Everything that the clock passes over begins here.
      var candidates = [now]
      let passed = minutes(now) - minutes(before)
      if passed > 1 { candidates += (1..<passed).map { local(minutes(before) + $0) } }
      for candidate in candidates
      where shown.insert(candidate).inserted && sample.begins(candidate.date, candidate.time) {
        end = max(end, moment + sample.lasting)
      }
      if moment >= from { result.append(moment < end) }
      before = now
      moment = moment + .minutes(1)
    }
    return result
  }

  private static func minutes(_ local: LocalDateTime) -> Int {
    local.date.daysSinceEpoch * 1440 + local.time.hour * 60 + local.time.minute
  }

  private static func local(_ minutes: Int) -> LocalDateTime {
    let day = Int(Int64(minutes).flooredQuotient(by: 1440))
    let rest = minutes - day * 1440
    return LocalDateTime(date: LocalDate(daysSinceEpoch: day), time: LocalTime(hour: rest / 60, minute: rest % 60))
  }

  @Test(
    "are what a walk through every minute finds, at changes of clocks, month ends and leap days",
    arguments: [
      ("UTC", "2024-02-27T00:00:00Z"), ("Europe/Berlin", "2026-03-28T00:00:00Z"),
      ("Europe/Berlin", "2026-10-24T00:00:00Z"), ("America/New_York", "2026-03-07T00:00:00Z"),
      ("America/New_York", "2026-10-31T00:00:00Z"), ("Australia/Lord_Howe", "2026-10-03T00:00:00Z"),
      ("Australia/Lord_Howe", "2026-04-03T12:00:00Z"), ("Asia/Kolkata", "2026-12-30T00:00:00Z"),
      ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ])
  func property(zone: String, text: String) throws {
    let calendar = try #require(LocalCalendar(timeZone: zone))
    let begin = try #require(Timestamp(rfc3339: text))
    var dice = Dice(state: UInt64(bitPattern: begin.nanosecondsSinceEpoch))
    for _ in 0..<12 {
      let sample = try Self.sample(&dice)
      let from = begin + .minutes(Int.random(in: 0...1440, using: &dice))
      let to = from + .hours(60)
      let expected = Self.oracle(sample, calendar, from: from, to: to)
      let found = sample.recurrence.occurrences(in: calendar, from: from, to: to)
      let actual = (0..<expected.count).map { index in
        let moment = from + .minutes(index)
        return found.contains { $0.contains(moment) }
      }
      #expect(actual == expected, "\(sample.recurrence) from \(from.rfc3339(fractionDigits: 0))")
      #expect(found == found.sorted { $0.lowerBound < $1.lowerBound })
      #expect(found.allSatisfy { $0.upperBound > from && $0.lowerBound < to })
      #expect(Set(found.map(\.lowerBound)).count == found.count)
    }
  }

  private func starts(_ recurrence: Recurrence, _ zone: String, _ from: String, _ to: String) throws -> [String] {
    let calendar = try #require(LocalCalendar(timeZone: zone))
    let begin = try #require(Timestamp(rfc3339: from))
    let end = try #require(Timestamp(rfc3339: to))
    return recurrence.occurrences(in: calendar, from: begin, to: end).map { $0.lowerBound.rfc3339(fractionDigits: 0) }
  }

  @Test("a time that the clocks leave out begins where they go on, and one that comes twice is meant the first time")
  func clockChanges() throws {
    let nightly = Recurrence.cron(try CronExpression(parsing: "30 2 * * *"), lasting: .hours(1))
    #expect(
      try starts(nightly, "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z")
        == ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
    #expect(
      try starts(nightly, "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z")
        == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
  }

  @Test("months without such a day are left out, and February has its 29th only in leap years")
  func monthEnds() throws {
    let time = LocalTime(hour: 3, minute: 0)
    #expect(
      try starts(
        .monthly(on: [.day(31)], at: time, lasting: .hours(1)), "UTC", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z")
        == ["2026-01-31T03:00:00Z", "2026-03-31T03:00:00Z", "2026-05-31T03:00:00Z"])
    #expect(
      try starts(
        .monthly(on: [.last], at: time, lasting: .hours(1)), "UTC", "2024-02-01T00:00:00Z", "2024-04-01T00:00:00Z")
        == ["2024-02-29T03:00:00Z", "2024-03-31T03:00:00Z"])
    let leap = Recurrence.cron(try CronExpression(parsing: "0 0 29 2 *"), lasting: .hours(1))
    #expect(
      try starts(leap, "UTC", "2023-01-01T00:00:00Z", "2029-01-01T00:00:00Z")
        == ["2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z"])
  }

  @Test("an occurrence that began before the window is found, and one that ends where it begins is not")
  func edges() throws {
    let long = Recurrence.weekly(on: [.sunday], at: LocalTime(hour: 0, minute: 0), lasting: .days(7))
    #expect(
      try starts(long, "UTC", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z") == ["2026-11-15T00:00:00Z"])
    let short = Recurrence.weekly(on: [.sunday], at: LocalTime(hour: 0, minute: 0), lasting: .hours(2))
    #expect(try starts(short, "UTC", "2026-11-15T02:00:00Z", "2026-11-22T00:00:00Z") == [])
    #expect(try starts(short, "UTC", "2026-11-15T01:59:59Z", "2026-11-22T00:00:01Z").count == 2)
    #expect(try starts(short, "UTC", "2026-11-22T00:00:00Z", "2026-11-15T00:00:00Z") == [])
  }

  @Test("know their shortest period, and that some never come")
  func periods() throws {
    func period(_ text: String) throws -> Duration? {
      Recurrence.cron(try CronExpression(parsing: text), lasting: .minutes(1)).shortestPeriod
    }
    #expect(try period("*/7 * * * *") == .minutes(4))
    #expect(try period("0 3 * * *") == .days(1))
    #expect(try period("0 3 * * 0") == .days(7))
    #expect(try period("59,0 0,23 * * *") == .minutes(1))
    #expect(try period("0 0 29 2 *") == .days(1461))
    #expect(try period("0 0 31 2 *") == nil)
    let time = LocalTime(hour: 3, minute: 0)
    #expect(Recurrence.weekly(on: [.friday, .sunday], at: time, lasting: .hours(1)).shortestPeriod == .days(2))
    #expect(Recurrence.monthly(on: [.day(1)], at: time, lasting: .hours(1)).shortestPeriod == .days(28))
    #expect(Recurrence.monthly(on: [.day(1), .last], at: time, lasting: .hours(1)).shortestPeriod == .days(1))
  }

  @Test(
    "cron expressions are read as cron reads them",
    arguments: [
      ("0 3 * * 7", [0], [3], [0]), ("5-20/5,59 0-23/12 * * sun-tue", [5, 10, 15, 20, 59], [0, 12], [0, 1, 2]),
      ("@weekly", [0], [0], [0]), ("0\t3  * * 5-7", [0], [3], [5, 6, 0]),
    ] as [(String, Set<Int>, Set<Int>, Set<Int>)])
  func cron(text: String, minutes: Set<Int>, hours: Set<Int>, days: Set<Int>) throws {
    let expression = try CronExpression(parsing: text)
    #expect(expression.text == text)
    #expect(expression.minutes == minutes)
    #expect(expression.hours == hours)
    #expect(expression.daysOfWeek == days)
    #expect(!expression.restrictsDayOfMonth)
    #expect(expression.restrictsDayOfWeek)
  }

  @Test(
    "what is no cron expression is refused, and the place is that of the fault",
    arguments: [
      ("60 * * * *", 0..<2), ("* * * * mon-", 8..<12), ("* * 1,,2 * *", 4..<8), ("* 1-2-3 * * *", 2..<7),
      ("* * * 13 *", 6..<8), ("1 2 3 4", 0..<7), ("1 2 3 4 5 6", 0..<11), ("", 0..<0), ("@often", 0..<6),
      ("*/99999 * * * *", 0..<7), ("0/5 * * * *", 0..<3), ("5-1 * * * *", 0..<3), ("é * * * *", 0..<2),
    ])
  func faults(text: String, range: Range<Int>) {
    let fault = #expect(throws: CronFault.self) { try CronExpression(parsing: text) }
    #expect(fault?.range == range)
  }

  @Test("local times are read, and days that do not exist are not")
  func texts() {
    #expect(LocalTime("03:05") == LocalTime(hour: 3, minute: 5))
    for text in ["3:05", "24:00", "03:60", "03:05:00", "", "0３:05"] { #expect(LocalTime(text) == nil, "\(text)") }
    #expect(
      LocalDateTime("2024-02-29T23:59")
        == LocalDateTime(date: LocalDate(year: 2024, month: 2, day: 29), time: LocalTime(hour: 23, minute: 59)))
    for text in ["2026-02-29T00:00", "2026-13-01T00:00", "2026-1-01T00:00", "2026-01-01 00:00", "2026-01-01T00:00Z"] {
      #expect(LocalDateTime(text) == nil, "\(text)")
    }
  }
}
