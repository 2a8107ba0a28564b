import Calendars
import Model
import ServiceLevels
import StatusPages

/// A page as a shop of some size has it: twelve entries, days of every kind, incidents, maintenance and announcements. The same
/// in every run.
enum SamplePage {
  /// Saturday, 21 November 2026, 10:42 in Berlin.
  static let now = Timestamp(secondsSinceEpoch: 1_795_254_120)
  static let today = LocalDate(year: 2026, month: 11, day: 21)

  static func id(_ text: String) -> CheckID { CheckID(text) ?? id("invalid") }

  static func definition(language: String = "en") -> PageDefinition {
    PageDefinition(
      id: "public", path: "/status", title: "Larkspur status",
      subtitle: language == "de" ? "Was unsere Kundschaft nutzt" : "Everything our customers rely on",
      homeURL: "https://larkspur.example", accent: "#0a7d5a", language: language, timeZone: "Europe/Berlin",
      sections: [],
      announcements: [
        Announcement(
          kind: .information, at: now - .hours(26),
          text: "From 1 December invoices are sent by the new billing system. Nothing changes for you.")
      ])
  }

  /// Everything at once.
  static func overview(language: String = "en") -> PageContent {
    PageContent(
      definition: definition(language: language), at: now,
      sections: [
        .init(
          title: "Shop",
          entries: [
            entry("shop", "Shop", isService: true, seed: 1),
            entry(
              "checkout", "Checkout", .degraded, since: 38, cause: "The answer took 2.1 s, and 800 ms are promised",
              seed: 5),
            entry("search", "Search", seed: 3),
            entry(
              "images", "Image delivery", .down, since: 12, cause: "The connection was refused", seed: 4, regions: true),
          ]),
        .init(
          title: "Accounts and payments",
          entries: [
            entry("sign-in", "Sign-in", seed: 2), entry("payments", "Payments", seed: 7),
            entry("invoices", "Invoices", .maintenance, since: 42, seed: 8),
            entry("mail", "Order mails", .unknown, since: 9, cause: "The node was offline", seed: 9),
          ]),
        .init(
          title: "For partners", isFolded: true,
          entries: [
            entry("api", "Partner API", seed: 10), entry("webhooks", "Webhooks", seed: 11),
            entry("exports", "Nightly exports", .waiting, seed: 12, first: 84),
            entry("legacy", "Old API", .disabled, seed: 13),
          ]),
      ],
      openIncidents: [openIncident], pastIncidents: pastIncidents,
      maintenance: [
        MaintenanceOccurrence(
          window: "billing", title: "Move to the new billing system",
          scope: MaintenanceScope(checks: [id("invoices")]), from: now - .minutes(42), until: now + .minutes(78)),
        MaintenanceOccurrence(
          window: "patching", title: "Monthly patching of the databases",
          scope: MaintenanceScope(checks: [id("shop"), id("search"), id("sign-in")]), from: now + .hours(35),
          until: now + .hours(37)),
      ])
  }

  /// The same, and all is well.
  static func calm() -> PageContent {
    var content = overview()
    content.openIncidents = []
    content.maintenance = []
    content.definition.announcements = []
    for section in content.sections.indices {
      for entry in content.sections[section].entries.indices {
        content.sections[section].entries[entry].state = .up
        content.sections[section].entries[entry].cause = nil
        content.sections[section].entries[entry].regions = []
      }
    }
    return content
  }

  static func check(language: String = "en") -> CheckPageContent {
    var entry = entry(
      "checkout", "Checkout", .degraded, since: 38, cause: "The answer took 2.1 s, and 800 ms are promised", seed: 5)
    entry.days = days(365, seed: 5, first: 30)
    entry.regions = ["Frankfurt", "Virginia", "Singapore"].enumerated().map {
      PageEntry.RegionState(name: $0.element, state: $0.offset == 1 ? .degraded : .up)
    }
    entry.objective = Objective(
      availability: 0.999, window: .calendar(.month, timeZone: "Europe/Berlin"),
      latency: LatencyObjective(below: .milliseconds(800), ratio: 0.95))
    let windows = [("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90), ("365d", 365)].map { window, days in
      let tally = entry.days.suffix(days).reduce(SlotTally()) { $0 + $1.tally }
      return CheckPageContent.WindowFigures(
        window: window, tally: tally, availability: Availability(tally, objective: 0.999))
    }
    var random = Steps(state: 77)
    let latency = (0..<120).map { hour in
      let from = now - .hours(120 - hour)
      let wave = 80 + abs(12 - (hour % 24)) * 4 + random.next(24)
      let isGap = (31...36).contains(hour) || hour == 80 || hour == 82
      let isSlow = hour > 116
      return CheckPageContent.LatencyPoint(
        from: from, until: from + .hours(1), p50: isGap ? nil : .milliseconds(isSlow ? wave * 4 : wave),
        p95: isGap ? nil : .milliseconds((isSlow ? wave * 9 : wave * 2) + random.next(40)),
        p99: isGap ? nil : .milliseconds((isSlow ? wave * 11 : wave * 3) + random.next(160)))
    }
    return CheckPageContent(
      definition: definition(language: language), at: now, entry: entry, windows: windows, latency: latency,
      incidents: [openIncident] + pastIncidents, names: names)
  }

  static func month(language: String = "en") -> MonthPageContent {
    let month = YearMonth(year: 2026, month: 10)
    let rows = overview().entries.enumerated().map { place, entry in
      let days = days(
        31, seed: UInt64(place + 2), last: LocalDate(year: 2026, month: 10, day: 31), first: place == 10 ? 31 : 0)
      return MonthPageContent.Row(
        check: entry.check, name: entry.name, days: days, tally: days.reduce(SlotTally()) { $0 + $1.tally },
        objective: 0.999, closedAt: place == 3 ? nil : now - .days(17), revision: place == 3 ? nil : place == 5 ? 2 : 1)
    }
    return MonthPageContent(
      definition: definition(language: language), at: now, month: month, firstMonth: YearMonth(year: 2026, month: 1),
      rows: rows, incidents: pastIncidents)
  }

  // MARK: Parts

  static var names: [CheckID: String] {
    Dictionary(overview().entries.map { ($0.check, $0.name) }) { first, _ in first }
  }

  static func entry(
    _ check: String, _ name: String, _ state: PageState = .up, since minutes: Int? = nil, cause: String? = nil,
    isService: Bool = false, seed: UInt64, first: Int = 0, regions: Bool = false
  ) -> PageEntry {
    let days = days(90, seed: seed, first: first)
    let tally = days.reduce(SlotTally()) { $0 + $1.tally }
    let figures = Availability(tally, objective: 0.995)
    return PageEntry(
      check: id(check), name: name, isService: isService, state: state, since: minutes.map { now - .minutes($0) },
      cause: cause, days: days, availability: figures.availability, coverage: figures.coverage,
      regions: regions
        ? [
          .init(name: "Frankfurt", state: .down), .init(name: "Virginia", state: .up),
          .init(name: "Singapore", state: .down),
        ] : [])
  }

  /// Days up to the last one, most of them good.
  ///
  /// - Parameter first: so many days at the begin have no data.
  static func days(_ count: Int, seed: UInt64, last: LocalDate = today, first: Int = 0) -> [DayFigures] {
    var random = Steps(state: seed * 7919 + 13)
    return (0..<count).map { place in
      let date = last.adding(days: place - count + 1)
      var tally = SlotTally(expected: 1440)
      let kind = random.next(100)
      switch kind {
      case _ where place < first, 97: tally.missed = 1440
      case 90, 91: tally.down = 4 + random.next(8)
      case 92: tally.down = 30 + random.next(40)
      case 93: tally.down = 200 + random.next(100)
      case 94: tally.down = 700
      case 95: tally.degraded = 20 + random.next(30)
      case 96: tally.degraded = 300 + random.next(300)
      case 98: tally.maintenance = 120
      case 99 where place % 3 == 0: tally.maintenance = 1440
      default: break
      }
      tally.downtime = .minutes(tally.down)
      tally.up = 1440 - tally.down - tally.degraded - tally.maintenance - tally.missed
      return DayFigures(date: date, tally: tally)
    }
  }

  static let openIncident = Incident(
    id: 41, origin: .automatic, check: id("images"), title: "Images load slowly or not at all",
    impacts: [Impact(check: id("images"), level: .major), Impact(check: id("checkout"), level: .degraded)],
    state: .identified, began: now - .minutes(38), opened: now - .minutes(36),
    cause: IncidentCause(code: .connectRefused, message: "the connection was refused"),
    updates: [
      IncidentUpdate(at: now - .minutes(36), kind: .opened, text: "The connection was refused"),
      IncidentUpdate(
        at: now - .minutes(21), kind: .comment, author: "Ada", state: .investigating,
        text: "Some pictures are missing in the shop. Orders go through as usual."),
      IncidentUpdate(
        at: now - .minutes(8), kind: .comment, author: "Ada", state: .identified,
        text: "One of two image servers lost its disk. We are moving all traffic to the other one."),
    ])

  static let pastIncidents = [
    Incident(
      id: 38, origin: .manual, check: nil, title: "Payments by card were declined",
      impacts: [Impact(check: id("payments"), level: .partial)], state: .resolved, began: now - .hours(51),
      opened: now - .hours(51), ended: now - .hours(49),
      updates: [
        IncidentUpdate(
          at: now - .hours(51), kind: .comment, author: "Ben", state: .investigating,
          text: "Cards of one issuer are declined. Other ways to pay work."),
        IncidentUpdate(
          at: now - .hours(49), kind: .resolved, author: "Ben", state: .resolved,
          text: "The issuer has mended it. Declined orders can be paid again from the order page."),
      ]),
    Incident(
      id: 36, origin: .automatic, check: id("search"), title: "Search was down",
      impacts: [Impact(check: id("search"), level: .major)], state: .resolved, began: now - .days(8),
      opened: now - .days(8) + .minutes(1), ended: now - .days(8) + .minutes(42), consequenceOf: 35,
      updates: [
        IncidentUpdate(at: now - .days(8) + .minutes(1), kind: .opened, text: "No answer came in time"),
        IncidentUpdate(at: now - .days(8) + .minutes(42), kind: .resolved, state: .resolved, text: "Good again"),
      ]),
  ]

  /// Numbers that look like chance and are not: a linear congruential generator.
  struct Steps {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }
}
