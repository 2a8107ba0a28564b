import Calendars
import Model
import ServiceLevels
import Testing

@Suite("The maintenance plan")
struct MaintenancePlanTests {
  private func check(_ id: String, group: String? = nil, labels: [String: String] = [:]) throws -> Check {
    Check(
      id: try #require(CheckID(id)), group: group, labels: labels, kind: .http,
      location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
  }

  private func window(
    _ id: String, _ recurrence: Recurrence, _ scope: MaintenanceScope = .everything, timeZone: String = "UTC"
  ) -> MaintenanceWindow {
    MaintenanceWindow(
      id: id, title: id, scope: scope, recurrence: recurrence, timeZone: timeZone,
      location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
  }

  private func at(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

  private let sundays = Recurrence.weekly(on: [.sunday], at: LocalTime(hour: 3, minute: 0), lasting: .hours(2))

  @Test("holds the checks that a window names, by id, group or labels, and every one where it names none")
  func scopes() throws {
    let checks = try [
      check("a"), check("b", group: "shop"), check("c", labels: ["team": "web", "tier": "1"]),
      check("d", labels: ["team": "web"]),
    ]
    let moment = try at("2026-11-22T03:00:00Z")
    func held(_ scope: MaintenanceScope) -> [String] {
      let plan = MaintenancePlan([window("w", sundays, scope)], checks: checks)
      return checks.filter { plan.isInMaintenance($0.id, at: moment) }.map(\.id.text)
    }
    #expect(held(.everything) == ["a", "b", "c", "d"])
    #expect(held(MaintenanceScope(checks: [checks[0].id])) == ["a"])
    #expect(held(MaintenanceScope(groups: ["shop"])) == ["b"])
    #expect(held(MaintenanceScope(labels: ["team": "web", "tier": "1"])) == ["c"])
    #expect(
      held(MaintenanceScope(checks: [checks[0].id], groups: ["shop"], labels: ["team": "web"])) == ["a", "b", "c", "d"])
  }

  @Test("begins with the first moment and ends before the last")
  func edges() throws {
    let check = try check("a")
    let plan = MaintenancePlan([window("w", sundays)], checks: [check])
    for (text, expected) in [
      ("2026-11-22T02:59:59.999999999Z", false), ("2026-11-22T03:00:00Z", true), ("2026-11-22T04:59:59.9Z", true),
      ("2026-11-22T05:00:00Z", false), ("2026-11-23T03:00:00Z", false), ("2026-11-29T04:00:00Z", true),
      ("2026-11-22T04:00:00Z", true),
    ] {
      #expect(plan.isInMaintenance(check.id, at: try at(text)) == expected, "\(text)")
    }
    #expect(plan.state(at: try at("2026-11-22T03:00:00Z")) == [check.id: true])
    #expect(try #require(CheckID("other")).text == "other")
    #expect(!plan.isInMaintenance(try #require(CheckID("other")), at: try at("2026-11-22T03:00:00Z")))
  }

  @Test("answers for every moment as its list of occurrences does, however the moments are asked for")
  func cache() throws {
    let check = try check("a")
    let cron = Recurrence.cron(try CronExpression(parsing: "*/20 1-5 * * *"), lasting: .minutes(7))
    let windows = [
      window("cron", cron, timeZone: "Europe/Berlin"), window("weekly", sundays, timeZone: "America/New_York"),
      window(
        "once",
        .once(
          from: try #require(LocalDateTime("2026-10-24T12:00")), until: try #require(LocalDateTime("2026-10-24T13:30")))
      ),
    ]
    let plan = MaintenancePlan(windows, checks: [check])
    let from = try at("2026-10-23T00:00:00Z")
    let to = try at("2026-10-28T00:00:00Z")
    let listed = plan.occurrences(from: from, to: to)
    let joined = plan.maintenance(of: check.id, from: from, to: to)
    // There and back, in steps that leave the remembered days.
    for index in 0..<720 {
      let moment = from + .minutes((index * 611) % 7200)
      let expected = listed.contains { $0.from <= moment && moment < $0.until }
      #expect(plan.isInMaintenance(check.id, at: moment) == expected)
      #expect(joined.contains { $0.contains(moment) } == expected)
    }
    #expect(zip(joined, joined.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    #expect(listed == listed.sorted { $0.from < $1.from })
  }

  @Test("lists occurrences over months once each, the earliest where there are too many")
  func lists() throws {
    let plan = MaintenancePlan(
      [window("daily", .cron(try CronExpression(parsing: "0 23 * * *"), lasting: .hours(20))), window("b", sundays)],
      checks: [])
    let (from, to) = (try at("2026-01-01T12:00:00Z"), try at("2026-12-31T12:00:00Z"))
    let all = plan.occurrences(from: from, to: to)
    #expect(all.count { $0.window == "daily" } == 365)
    #expect(all.count { $0.window == "b" } == 52)
    #expect(all.first?.from == (try at("2025-12-31T23:00:00Z")))
    let few = plan.occurrences(from: from, to: to, limit: 10)
    #expect(few == Array(all.prefix(10)))
    #expect(plan.occurrences(from: to, to: from).isEmpty)
    let minutely = MaintenancePlan([window("m", .cron(try CronExpression(parsing: "* * * * *"), lasting: .seconds(1)))])
    #expect(minutely.occurrences(from: from, to: try at("2036-01-01T00:00:00Z")).count == 10_000)
  }

  @Test("joins what overlaps, and cuts to what is asked for")
  func joins() throws {
    let check = try check("a")
    let one = Recurrence.weekly(on: [.sunday], at: LocalTime(hour: 3, minute: 0), lasting: .hours(2))
    let two = Recurrence.weekly(on: [.sunday], at: LocalTime(hour: 5, minute: 0), lasting: .hours(1))
    let plan = MaintenancePlan([window("a", one), window("b", two)], checks: [check])
    let found = plan.maintenance(of: check.id, from: try at("2026-11-22T04:00:00Z"), to: try at("2026-11-23T00:00:00Z"))
    #expect(found == [try at("2026-11-22T04:00:00Z")..<(try at("2026-11-22T06:00:00Z"))])
  }

  @Test("is asked for ten thousand checks at once")
  func many() throws {
    let checks = try (0..<10_000).map { try check("c\($0)") }
    let plan = MaintenancePlan(
      [window("w", .cron(try CronExpression(parsing: "*/5 * * * *"), lasting: .minutes(2)), timeZone: "Europe/Berlin")],
      checks: checks)
    let moment = try at("2026-11-22T04:01:00Z")
    #expect(checks.allSatisfy { plan.isInMaintenance($0.id, at: moment) })
  }
}
