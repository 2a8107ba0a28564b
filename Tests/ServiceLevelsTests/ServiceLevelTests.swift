import Model
import ServiceLevels
import Testing

@Suite("Figures of a promise")
struct AvailabilityTests {
  @Test("are null without anything to speak of")
  func nullWithoutSlots() {
    let figures = Availability(SlotTally(), objective: 0.995)
    #expect(figures.availability == nil)
    #expect(figures.coverage == nil)
    #expect(figures.budgetRemaining == nil)
    #expect(figures.availability.percentage == "–")
  }

  @Test("leave maintenance, unknown and missed slots out of availability, and show them in coverage")
  func leaveOutWhatIsNotKnown() {
    let tally = SlotTally(expected: 100, up: 40, degraded: 10, down: 10, unknown: 15, missed: 5, maintenance: 20)
    let figures = Availability(tally, objective: 0.9)
    #expect(figures.availability?.value == 50.0 / 60)
    #expect(figures.coverage?.value == 0.8)
    #expect(figures.errorRatio?.value == 10.0 / 60)
  }

  // 30 d of one-minute slots: 43 200, of which 99.5 % allows 216 bad ones.
  @Test(
    "count the budget of 99.5 % over 30 d exactly",
    arguments: [
      (0, "100.000%", 0.0), (54, "75.000%", 0.25), (108, "50.000%", 0.5), (216, "0.000%", 1),
      (217, "-0.463%", 217.0 / 216),
      (432, "-100.000%", 2), (43_200, "-19900.000%", 200),
    ] as [(Int, String, Double)])
  func budget(down: Int, remaining: String, burnRate: Double) {
    let figures = Availability(SlotTally(expected: 43_200, up: 43_200 - down, down: down), objective: 0.995)
    #expect(figures.budgetRemaining.percentage == remaining)
    #expect(figures.burnRate?.value == burnRate)
  }

  // Allowed bad minutes at 99.5 %.
  @Test(
    "are used up by exactly the minutes that a period allows",
    arguments: [(28, 201.6), (30, 216), (31, 223.2), (90, 648), (365, 2628)] as [(Int, Double)])
  func allowedMinutes(days: Int, minutes: Double) {
    // Slots of a tenth of a minute make each of these a whole number.
    let slots = days * 14_400
    let down = Int((minutes * 10).rounded())
    let figures = Availability(SlotTally(expected: slots, up: slots - down, down: down), objective: 0.995)
    #expect(figures.budgetRemaining?.numerator == 0)
  }

  @Test("have no budget for a target of 100 %")
  func noBudgetForAll() {
    let figures = Availability(SlotTally(expected: 1, up: 1), objective: 1)
    #expect(figures.budgetRemaining == nil)
    #expect(figures.burnRate == nil)
  }

  @Test("are 1 only when they are exactly 1")
  func oneOnlyWhenExact() {
    #expect(Ratio(999_999_999, of: 1_000_000_000).value < 1)
    #expect(Ratio(999_999_999, of: 1_000_000_000).percentage == "99.999%")
    #expect(Ratio(7, of: 7).value == 1)
  }

  @Test(
    "are floored towards minus infinity with three decimals",
    arguments: [
      (1, 3, "33.333%"), (2, 3, "66.666%"), (0, 5, "0.000%"), (995, 1000, "99.500%"), (99_999, 100_000, "99.999%"),
      (-1, 3, "-33.334%"), (-1, 1_000_000, "-0.001%"), (-1, 4, "-25.000%"), (1, 100_000, "0.001%"), (5, 4, "125.000%"),
    ])
  func floored(numerator: Int, denominator: Int, text: String) {
    #expect(Ratio(numerator, of: denominator).percentage == text)
  }

  @Test(
    "take a target as it was written",
    arguments: [(0.995, "99.500%"), (0.999, "99.900%"), (0.9999, "99.990%"), (1, "100.000%")] as [(Double, String)])
  func targets(value: Double, text: String) {
    #expect(Ratio(decimal: value).percentage == text)
  }
}

@Suite("A report")
struct ReportTests {
  private func rows() throws -> [ServiceLevelReport] {
    var latency = LatencyHistogram()
    latency.add(.milliseconds(8))
    let tally = SlotTally(
      expected: 1000, up: 990, degraded: 2, down: 4, unknown: 1, missed: 2, maintenance: 1, downtime: .seconds(240))
    let from = Timestamp(secondsSinceEpoch: 1_767_225_600)
    return [
      ServiceLevelReport(
        check: try #require(CheckID("front-page")), region: nil, window: "30d", from: from, to: from + .days(30),
        tally: tally, objective: 0.995, latency: latency),
      ServiceLevelReport(
        check: try #require(CheckID("login")), region: "eu,\"1\"", window: "30d", from: from, to: from + .days(30),
        tally: SlotTally(), objective: 1, latency: LatencyHistogram()),
    ]
  }

  @Test("in JSON has every key, in order")
  func json() throws {
    #expect(
      ReportFormat.json.render(try rows()) == """
        [
          {"check":"front-page","region":null,"window":"30d","from":"2026-01-01T00:00:00.000Z","to":"2026-01-31T00:00:00.000Z",\
        "slots":{"expected":1000,"up":990,"degraded":2,"down":4,"unknown":1,"missed":2,"maintenance":1},\
        "availability":0.9959839357429718,"coverage":0.997,"objective":0.995,"budget_remaining":0.19678714859437751,\
        "downtime_seconds":240,"latency_ms":{"p50":8.064,"p95":8.064,"p99":8.064,"mean":8},\
        "excluded_slots":0,"availability_unadjusted":0.9959839357429718,\
        "budget_remaining_unadjusted":0.19678714859437751,"downtime_from_incidents_seconds":null,\
        "time_availability":null,"latency_objective_ratio":null},
          {"check":"login","region":"eu,\\"1\\"","window":"30d","from":"2026-01-01T00:00:00.000Z","to":"2026-01-31T00:00:00.000Z",\
        "slots":{"expected":0,"up":0,"degraded":0,"down":0,"unknown":0,"missed":0,"maintenance":0},\
        "availability":null,"coverage":null,"objective":1,"budget_remaining":null,\
        "downtime_seconds":0,"latency_ms":{"p50":null,"p95":null,"p99":null,"mean":null},\
        "excluded_slots":0,"availability_unadjusted":null,"budget_remaining_unadjusted":null,\
        "downtime_from_incidents_seconds":null,"time_availability":null,"latency_objective_ratio":null}
        ]

        """)
    #expect(ReportFormat.json.render([]) == "[]\n")
  }

  @Test("in CSV has ratios, and nothing where there is no figure")
  func csv() throws {
    let lines = ReportFormat.csv.render(try rows()).split(separator: "\n")
    #expect(
      lines[0].hasPrefix(
        "check,region,window,from,to,expected,up,degraded,down,unknown,missed,maintenance,availability,"))
    #expect(lines[1].contains(",0.9959839357429718,0.997,0.995,0.19678714859437751,240,"))
    #expect(
      lines[2] == "login,\"eu,\"\"1\"\"\",30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00Z,0,0,0,0,0,0,0,,,1,,0,,,,,0,,,,,"
    )
  }

  @Test("in CSV names the region and the window of each row")
  func csvWindows() throws {
    let rows = try rows()
    var moved = rows
    moved[1].region = nil
    moved[1].to = moved[1].to + .milliseconds(1)
    let lines = ReportFormat.csv.render([rows[1], rows[1], moved[1], moved[0], rows[0]]).split(separator: "\n")
    let begins = [
      "check,region,window,from,to,", #"login,"eu,""1""",30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00Z,"#,
      #"login,"eu,""1""",30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00Z,"#,
      "login,,30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00.001Z,",
      "front-page,,30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00Z,",
      "front-page,,30d,2026-01-01T00:00:00Z,2026-01-31T00:00:00Z,",
    ]
    try #require(lines.count == begins.count)
    for (line, begin) in zip(lines, begins) { #expect(line.hasPrefix(begin)) }
  }

  @Test(
    "for people floors percentages and shows – where there is no figure", arguments: [ReportFormat.table, .markdown])
  func text(format: ReportFormat) throws {
    let lines = format.render(try rows()).split(separator: "\n")
    let row = try #require(lines.first { $0.contains("front-page") })
    for figure in ["99.598%", "99.500%", "19.678%", "99.700%", "4m0s"] { #expect(row.contains(figure)) }
    #expect(try #require(lines.last).contains("–"))
    #expect(!row.hasSuffix("  "))
  }
}
