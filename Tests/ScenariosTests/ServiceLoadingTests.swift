import Documents
import Model
import Scenarios
import Testing

@Suite struct ServiceLoadingTests {
  private let checks = """
    version: 1
    checks:
      - {id: web, every: 30s, icmp: {target: a.example}, group: shop}
      - {id: api, every: 20s, icmp: {target: a.example}, depends_on: [db, db]}
      - {id: db, icmp: {target: a.example}, labels: {team: data}, open_after: 1, close_after: 4}

    """

  private func id(_ text: String) throws -> CheckID { try #require(CheckID(text)) }

  @Test("a service says all that is written of it")
  func everything() throws {
    let scenario = try loadOne(
      checks + """
        services:
          - id: shop
            name: Shop
            group: services
            labels: {tier: "1"}
            checks: [web, api]
            rule: {at_least: 1}
            every: 1m
            objective: {availability: 99.9%, window: month, time_zone: Europe/Berlin}
            open_after: 3
            close_after: 1
            depends_on: [db]
        """)
    let service = try #require(scenario.services.first)
    #expect(
      service
        == ServiceDefinition(
          id: try id("shop"), name: "Shop", group: "services", labels: ["tier": "1"],
          members: [.init(check: try id("web")), .init(check: try id("api"))], rule: .atLeast(1),
          interval: .seconds(60),
          objective: Objective(availability: 0.999, window: .calendar(.month, timeZone: "Europe/Berlin")),
          incidents: IncidentPolicy(openAfter: 3, closeAfter: 1), dependsOn: [try id("db")],
          location: Model.SourceLocation(file: "shop.yaml", line: 7, column: 9)))
    #expect(scenario.checks.map(\.check.dependsOn) == [[], [try id("db")], []])
    #expect(scenario.checks[2].check.incidents == IncidentPolicy(openAfter: 1, closeAfter: 4))
    #expect(scenario.checks[0].check.incidents == .standard)
  }

  @Test("a service that says little has its quickest check's rhythm, and needs them all")
  func defaults() throws {
    let service = try #require(try loadOne(checks + "services: [{id: s, checks: [web, api, db]}]").services.first)
    #expect(service.name == "s")
    #expect(service.interval == .seconds(20))
    #expect(service.rule == .all)
    #expect(service.objective == .standard)
    #expect(service.incidents == .standard)
  }

  @Test(
    "rules are read",
    arguments: [
      ("[web, api], rule: any", ServiceRule.any), ("[web, api], rule: all", .all),
      ("[web, api], rule: weighted", .weighted(downBelow: 0.5)), ("{web: 3, api: 1}", .weighted(downBelow: 0.5)),
      ("{web: 3, api: 1}, rule: {weighted: {down_below: 30%}}", .weighted(downBelow: 0.3)),
      ("[web], rule: {weighted: {}}", .weighted(downBelow: 0.5)),
    ])
  func rules(text: String, rule: ServiceRule) throws {
    let service = try #require(try loadOne(checks + "services: [{id: s, checks: \(text)}]").services.first)
    #expect(service.rule == rule)
    if text.hasPrefix("{") { #expect(service.members.map(\.weight) == [3, 1]) }
  }

  @Test("services and their checks may stand in different files, in any order, and have templates")
  func files() throws {
    let result = load(
      [
        "a.yaml": "version: 1\nservices: [{id: s, checks: [\"${'we' + 'b'}\"], name: \"${env.CITY}\"}]\n",
        "b.yaml": checks,
      ], paths: ["a.yaml", "b.yaml"], environment: ["CITY": "Ulm"])
    #expect(result.diagnostics.map { $0.rendered() } == [])
    let service = try #require(result.scenario?.services.first)
    #expect(service.members.map(\.check.text) == ["web"])
    #expect(service.name == "Ulm")
  }

  @Test("dependencies that meet again are no circle, and a long chain is none either")
  func diamonds() throws {
    var text = "version: 1\nchecks:\n"
    for number in 0..<2000 {
      let parents = number < 2 ? "" : "c\(number - 1), c\(number - 2)"
      text += "  - {id: c\(number), icmp: {target: a.example}, depends_on: [\(parents)]}\n"
    }
    #expect(try loadOne(text).checks.count == 2000)
  }

  @Test("a secret in the name of a service is masked")
  func secrets() throws {
    let text = checks + "secrets: {key: {env: KEY}}\nservices: [{id: s, name: \"x ${secrets.key}\", checks: [web]}]"
    let service = try #require(try loadOne(text, environment: ["KEY": "hunter2222"]).services.first)
    #expect(!service.name.contains("hunter2222"))
  }

  @Test("a heartbeat has its rhythm, its grace and its token, and nothing to run")
  func heartbeat() throws {
    let text = """
      version: 1
      secrets: {backup: {env: TOKEN}}
      defaults: {timeout: 5s, retry: {attempts: 3}, expect: [attempt == 1], trace: true, measure: {a: "1"}}
      checks:
        - {id: backup, every: 1d, heartbeat: {grace: 30m, token: "${secrets.backup}"}}
        - {id: plain, heartbeat: {}}
        - {id: literal, heartbeat: {token: written-here}}
      """
    let scenario = try loadOne(text, environment: ["TOKEN": "s3cret-token"])
    let check = scenario.checks[0].check
    #expect(check.kind == .heartbeat)
    #expect(check.interval == .days(1))
    #expect(check.heartbeat == Heartbeat(grace: .minutes(30), token: Secret("s3cret-token")))
    #expect(check.retry == .none)
    #expect(scenario.checks[0].journey.steps.isEmpty)
    #expect(scenario.checks[1].check.heartbeat == Heartbeat(grace: .minutes(5)))
    #expect(!scenario.redactor.redact("token written-here").contains("written-here"))
  }

  @Test(
    "windows of planned work are read",
    arguments: [
      (
        "once: {from: 2026-12-01T22:00, until: 2026-12-02T02:00}",
        Recurrence.once(
          from: LocalDateTime(date: LocalDate(year: 2026, month: 12, day: 1), time: LocalTime(hour: 22, minute: 0)),
          until: LocalDateTime(date: LocalDate(year: 2026, month: 12, day: 2), time: LocalTime(hour: 2, minute: 0)))
      ),
      (
        "weekly: {days: [sunday, monday], at: 03:30, for: 2h}",
        .weekly(on: [.sunday, .monday], at: LocalTime(hour: 3, minute: 30), lasting: .hours(2))
      ),
      (
        "monthly: {days: [31, last, second tuesday, last friday], at: 00:00, for: 1h}",
        .monthly(
          on: [.day(31), .last, .weekday(.tuesday, ordinal: 2), .weekday(.friday, ordinal: -1)],
          at: LocalTime(hour: 0, minute: 0), lasting: .hours(1))
      ),
      (
        "weekly: {days: [sunday], at: 03:00, for: 7d}",
        .weekly(on: [.sunday], at: LocalTime(hour: 3, minute: 0), lasting: .days(7))
      ),
    ])
  func maintenance(text: String, recurrence: Recurrence) throws {
    let window = try #require(
      try loadOne(
        checks
          + "maintenance: [{id: w, \(text), checks: [web], groups: [shop], labels: {team: data}, time_zone: Asia/Tokyo}]"
      ).maintenance.first)
    #expect(window.id == "w")
    #expect(window.title == "w")
    #expect(window.recurrence == recurrence)
    #expect(window.timeZone == "Asia/Tokyo")
    #expect(window.scope == MaintenanceScope(checks: [try id("web")], groups: ["shop"], labels: ["team": "data"]))
  }

  @Test("a window that names nothing is about everything, in UTC")
  func everythingPlanned() throws {
    let window = try #require(
      try loadOne(checks + "maintenance: [{id: w, title: Work, cron: {at: \"0 3 * * 0\", for: 1h}}]").maintenance.first)
    #expect(window.scope == .everything)
    #expect(window.timeZone == "UTC")
    #expect(window.title == "Work")
    guard case .cron(let expression, .hours(1)) = window.recurrence else {
      Issue.record("no cron of an hour: \(window.recurrence)")
      return
    }
    #expect(expression.text == "0 3 * * 0")
  }
}
