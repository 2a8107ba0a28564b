import Model
import ServiceLevels
import TestSupport
import Testing

@Suite("Rules for Prometheus")
struct RuleFileTests {
  private static let location = SourceLocation(file: "shop.yaml", line: 1, column: 1)

  private static func check(
    _ id: String, every: Duration = .seconds(60), _ objective: Objective = .standard, labels: [String: String] = [:]
  ) throws -> Check {
    Check(
      id: try #require(CheckID(id)), name: "The \"\(id)\"", group: "shop", labels: labels, kind: .http, interval: every,
      objective: objective, location: location)
  }

  private static func over(_ window: ObjectiveWindow, _ availability: Double = 0.995) -> Objective {
    Objective(availability: availability, window: window)
  }

  /// Checks of every rhythm and many windows.
  static func manifold() throws -> [Check] {
    let quick = LatencyObjective(below: .milliseconds(400), ratio: 0.95)
    return [
      try check("usual", labels: ["team": "web", "severity": "mine"]),
      try check(
        "quick", every: .seconds(10), Objective(availability: 0.999, window: .rolling(.days(28)), latency: quick)),
      try check("month", over(.calendar(.month, timeZone: "Europe/Berlin"), 0.99)),
      try check("weekly", every: .minutes(5), over(.rolling(.days(7)))),
      try check("daily", over(.calendar(.day, timeZone: "UTC"))),
      try check("year", over(.rolling(.days(365)), 0.99)),
      try check(
        "five", every: .minutes(5), Objective(availability: 0.995, window: .rolling(.days(30)), latency: quick)),
      try check("quarter", every: .minutes(15), over(.calendar(.quarter, timeZone: "UTC"))),
      try check("hourly", every: .hours(1)), try check("backup", every: .days(1)),
      try check("perfect", over(.rolling(.days(90)), 1)),
    ]
  }

  /// Writes rules and their tests, and has promtool look at them.
  ///
  /// - Parameter isPlayed: whether it also plays the unit tests, which takes long for windows of months.
  private func judge(_ checks: [Check], isPlayed: Bool) async throws {
    let folder = try TestProgram.temporaryFolder()
    let rules = RuleFile(checks: checks)
    try TestProgram.write(rules.text, to: "\(folder)/curlew.rules.yml")
    try TestProgram.write(
      RuleTests(of: rules, named: "curlew.rules.yml").text, to: "\(folder)/curlew.rules.test.yml")
    var commands = [["check", "rules", "--lint=all", "--lint-fatal", "curlew.rules.yml"]]
    if isPlayed { commands.append(["test", "rules", "curlew.rules.test.yml"]) }
    for command in commands {
      let outcome = try await ChildProcess.run(["promtool"] + command, in: folder, within: .seconds(240))
      #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
    }
  }

  @Test("of the usual objective are without fault, and do what their unit tests ask")
  func usual() async throws {
    try await judge([try Self.check("front-page")], isPlayed: true)
  }

  @Test("of every rhythm and window are without fault")
  func every() async throws {
    try await judge(try Self.manifold(), isPlayed: false)
  }

  @Test("do not grow with the number of checks")
  func generic() throws {
    let one = RuleFile(checks: [try Self.check("a-0")]).text
    let many = RuleFile(checks: try (0..<1000).map { try Self.check("a-\($0)") }).text
    #expect(one == many)
  }

  @Test("leave out checks that are disabled, and are none but presence where there is no check")
  func disabled() throws {
    var check = try Self.check("off", every: .hours(1))
    check.isEnabled = false
    #expect(!RuleFile(checks: [check]).text.contains("CurlewErrorBudgetBurn"))
  }

  @Test(
    "scale factors to the window",
    arguments: [
      (ObjectiveWindow.rolling(.days(30)), ["14.4 *", "6 *", "3 *", "1 *"]),
      (.rolling(.days(28)), ["13.44 *", "5.6 *", "2.8 *", "0.933 *"]),
      (.calendar(.month, timeZone: "Europe/Berlin"), ["14.4 *", "6 *", "3 *", "1 *"]),
      // A week is used up by what a month bears: only two pairs are left that say more than that.
      (.rolling(.days(7)), ["3.36 *", "1.4 *"]),
      // Of a day none is; the quickest one then warns of what lasts no day.
      (.calendar(.day, timeZone: "UTC"), ["1 *"]),
    ])
  func factors(window: ObjectiveWindow, expected: [String]) throws {
    let text = RuleFile(checks: [try Self.check("a", Self.over(window))]).text
    let marks = text.split(separator: "clamp_max(").dropFirst().map { part in
      String(part.prefix { $0 != "j" }).trimmingSuffix()
    }
    // Each stands twice: for the long window and the short one.
    #expect(marks == expected.flatMap { [$0, $0] })
    #expect(text.contains("window=\"\(window.text)\""))
  }

  @Test("take longer windows for checks that run rarely, and the state itself for those that run once a day")
  func rhythms() throws {
    let quarter = RuleFile(checks: [try Self.check("a", every: .minutes(15))]).text
    #expect(!quarter.contains("increase1h"))
    #expect(quarter.contains("> 600 <= 2400"))
    let daily = RuleFile(checks: [try Self.check("a", every: .days(1))]).text
    #expect(!daily.contains("CurlewErrorBudgetBurn"))
    #expect(daily.contains("CurlewSlowCheckDown"))
    #expect(daily.contains("== 86400"))
  }

  @Test("route by the labels of checks, but never take the place of their own")
  func labels() throws {
    let text = RuleFile(checks: [try Self.check("a", labels: ["team": "web", "severity": "x", "window": "y"])]).text
    #expect(text.contains("group_left (name, group, team)"))
  }
}

extension String {
  fileprivate func trimmingSuffix() -> String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
