import Model
import curlew

/// Runs made by hand, for outputs that are to show more than any one server would.
enum SampleReport {
  /// What a hostile target would like to see in an output: markup, ends of sections, workflow commands, directives, YAML,
  /// escape sequences in both forms, a NUL, what XML has no place for, and a sign that turns text around.
  static let hostile =
    "</pre></code><script>alert(1)</script> ]]> --> &amp; \"'\r\n::error::gotcha\n##[error]gotcha\n# TODO\nok 1 - no\n"
    + "  ...\n1..0\n\u{1B}[31mred\u{9B}2J\u{0}\u{8}\u{7F}\u{FFFE}\u{FFFF}\u{202E}evil\u{2028}%0A\\"

  static let start = Timestamp(secondsSinceEpoch: 1_795_000_000)

  static func check(_ id: String, name: String? = nil, kind: ProbeKind = .http, line: Int = 3) -> Check? {
    CheckID(id).map {
      Check(
        id: $0, name: name, group: "shop", labels: ["tier": "1"], kind: kind,
        location: SourceLocation(file: "scenarios/shop.yaml", line: line, column: 5))
    }
  }

  static func run(
    _ check: Check, _ verdict: Verdict, reason: Reason? = nil, steps: [StepResult] = [], cleanup: [StepResult] = [],
    milliseconds: Int = 12
  ) -> Run {
    Run(
      check: check.id, region: "local", node: "node-1", slot: check.grid.slot(at: start), started: start,
      duration: .milliseconds(milliseconds), verdict: verdict, reason: reason,
      traceID: "4bf92f3577b34da6a3ce929d0e0e4736", steps: steps, cleanup: cleanup)
  }

  static func step(
    _ name: String, _ verdict: Verdict?, after: Int, phases: [Int] = [1, 1, 0, 8, 2], reason: Reason? = nil,
    status: Int = 200, words: String = "OK", body: String = ""
  ) -> StepResult {
    guard let verdict else {
      return StepResult(name: name, kind: .http, verdict: nil, attempts: 0, started: start, duration: .zero)
    }
    let phases = Phases(
      resolve: .milliseconds(phases[0]), connect: .milliseconds(phases[1]), tls: .milliseconds(phases[2]),
      wait: .milliseconds(phases[3]), receive: .milliseconds(phases[4]))
    let http = HTTPFacts(
      status: status, statusText: words,
      headers: [HeaderField("Content-Type", "text/html"), HeaderField("X-Odd", words)],
      body: Array(body.utf8), url: "https://shop.example/\(name)", method: "POST", version: "2",
      requestHeaders: [HeaderField("Host", "shop.example"), HeaderField("Authorization", "Bearer •••")])
    return StepResult(
      name: name, kind: .http, verdict: verdict, reason: reason, started: start + .milliseconds(after),
      duration: phases.total, facts: Facts(phases: phases, ip: "192.0.2.1", detail: .http(http)),
      expectations: [
        ExpectationResult(
          kind: .expect, source: "status == 200", passed: status == 200,
          detail: status == 200 ? nil : "status is \(status), expected 200")
      ])
  }

  /// A journey that fails in the middle: a login, an order that is refused, a step that was skipped, and a clean-up that
  /// fails too.
  static func journey(hostile text: String = "<h1>Overloaded</h1>") -> CheckReport.Entry? {
    guard let check = check("checkout", name: "Check out", kind: .journey) else { return nil }
    let excerpt = SourceExcerpt(
      location: SourceLocation(file: "scenarios/shop.yaml", line: 21, column: 20),
      lineText: "          expect: [status == 201]", width: 13)
    let reason = Reason(
      code: .expectationFailed, step: "order", message: "status is 503, expected 201: \(text)", excerpt: excerpt)
    var login = step("login", .up, after: 0, phases: [4, 12, 31, 140, 9])
    login.captures = ["token": "\"•••\"", "user": "\"\(text)\""]
    login.measures = ["queue_depth": 17]
    var order = step(
      "order", .down, after: 197, phases: [0, 0, 0, 890, 22], reason: reason, status: 503, words: "Unavailable",
      body: text)
    order.attempts = 2
    order.earlier = [
      EarlierAttempt(
        reason: Reason(code: .timeout, step: "order", phase: .wait, message: "no answer within 1s"),
        duration: .milliseconds(1000))
    ]
    let cancel = step(
      "cancel", .down, after: 1120, phases: [0, 3, 0, 0, 0],
      reason: Reason(code: .connectRefused, step: "cancel", message: "connection refused: \(text)"), status: 0)
    return CheckReport.Entry(
      check: check,
      run: run(
        check, .down, reason: reason, steps: [login, order, step("shipped", nil, after: 0)],
        cleanup: [cancel, step("logout", .up, after: 1125)], milliseconds: 1109))
  }

  /// One check of every standing, with the journey among them.
  static func report(hostile text: String = "<h1>Overloaded</h1>") -> CheckReport {
    var entries: [CheckReport.Entry] = []
    if let check = check("front-page", name: "Front page", line: 7) {
      entries.append(CheckReport.Entry(check: check, run: run(check, .up, steps: [step("front-page", .up, after: 0)])))
    }
    if let check = check("search", line: 12) {
      let reason = Reason(
        code: .warning, step: "search", message: "elapsed is 455ms, expected less than 400ms, \(text)",
        excerpt: SourceExcerpt(
          location: SourceLocation(file: "scenarios/a, b: c%.yaml", line: 19, column: 14),
          lineText: "      warn: ['elapsed < duration(\"400ms\")']", width: 29))
      entries.append(
        CheckReport.Entry(
          check: check, run: run(check, .degraded, reason: reason, steps: [step("search", .degraded, after: 0)])))
    }
    if let journey = journey(hostile: text) { entries.append(journey) }
    if let check = check("odd", line: 40) {
      let reason = Reason(code: .templateFailed, step: "odd", message: "no such key: \(text)")
      entries.append(CheckReport.Entry(check: check, run: run(check, .unknown, reason: reason)))
    }
    if let check = check("late", line: 44) { entries.append(CheckReport.Entry(check: check, run: nil)) }
    return CheckReport(started: start, duration: .milliseconds(1250), entries: entries)
  }
}
