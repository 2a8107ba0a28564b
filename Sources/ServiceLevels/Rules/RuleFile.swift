package import Model

/// Recording and alerting rules for Prometheus, for what is promised of checks and services.
///
/// They are made of labels, not of names: whatever the number of checks there is one rule for each window of an objective
/// and each rhythm, and the targets themselves are read from `curlew_objective_ratio`. A check that comes or goes needs no
/// new rules; a new window, rhythm or latency objective does.
package struct RuleFile: Sendable {
  /// What the rules are made for: a window and a rhythm that some check has.
  struct Promise: Hashable {
    var window: ObjectiveWindow
    var rhythm: Rhythm
  }

  /// Checks whose speed is promised alike.
  struct Speed {
    var objective: LatencyObjective
    var rhythm: Rhythm
    var checks: [Check]
  }

  let checks: [Check]
  /// In the order of windows and rhythms, each with a check that stands for it.
  let promises: [(promise: Promise, specimen: Check)]
  let speeds: [Speed]
  /// Label names of the checks that alerts carry too, so that they can be routed by them.
  let labels: [String]

  /// Label names that alerts have for themselves.
  private static let taken: Set<String> = [
    "alertname", "alertstate", "severity", "window", "rhythm", "below", "ratio", "job", "instance", "check", "name",
    "group",
    "kind", "region",
  ]

  /// Rules for checks, services among them. Disabled checks are left out.
  package init(checks: [Check]) {
    let checks = checks.filter(\.isEnabled)
    self.checks = checks
    var specimens: [String: (Promise, Check)] = [:]
    for check in checks {
      let promise = Promise(window: check.objective.window, rhythm: Rhythm(interval: check.interval))
      // Time zones do not matter: a month is a month.
      let key = "\(promise.window.text)|\(promise.rhythm.upper)"
      if specimens[key] == nil { specimens[key] = (promise, check) }
    }
    promises = specimens.values.map { (promise: $0.0, specimen: $0.1) }.sorted {
      ($0.promise.window.nominal, $0.promise.window.text, $0.promise.rhythm)
        < ($1.promise.window.nominal, $1.promise.window.text, $1.promise.rhythm)
    }
    speeds = Self.speeds(of: checks)
    labels = Set(checks.flatMap { $0.labels.keys }).subtracting(Self.taken).sorted()
  }

  private static func speeds(of checks: [Check]) -> [Speed] {
    var speeds: [Speed] = []
    for check in checks {
      guard let latency = check.objective.latency else { continue }
      let rhythm = Rhythm(interval: check.interval)
      if let index = speeds.firstIndex(where: { $0.objective == latency && $0.rhythm == rhythm }) {
        speeds[index].checks.append(check)
      } else {
        speeds.append(Speed(objective: latency, rhythm: rhythm, checks: [check]))
      }
    }
    return speeds
  }

  /// The windows, each once.
  var windows: [ObjectiveWindow] {
    var windows: [ObjectiveWindow] = []
    for entry in promises where !windows.contains(where: { $0.text == entry.promise.window.text }) {
      windows.append(entry.promise.window)
    }
    return windows
  }

  /// The rhythms, each once.
  var rhythms: [Rhythm] { Set(promises.map(\.promise.rhythm)).sorted() }

  /// The file.
  package var text: String {
    RuleText.file(
      records + windows.map(promises(over:)) + (speeds.isEmpty ? [] : [latency]) + [presence, certificates, agreement],
      comment: "Rules for Curlew's metrics, made by `curlew rules`.")
  }

  // MARK: Figures

  /// The counts that alerts compare. Long windows are reckoned less often, since they cost more and change less; but
  /// within the five minutes after which Prometheus takes a value for gone.
  private var records: [RuleGroup] {
    var ranges: Set<Duration> = [.days(3)]
    for entry in promises {
      for pair in BurnPair.pairs(over: entry.promise.window.nominal, rhythm: entry.promise.rhythm) {
        ranges.formUnion([pair.long, pair.short])
      }
    }
    let shared = RuleGroup(
      name: "curlew-records", interval: nil,
      rules: [
        .record(
          "job_check:curlew_check:info",
          "max by (\((["job", "check", "name", "group"] + labels).joined(separator: ", "))) (curlew_check_info)"),
        .record("job_check:curlew_check_interval:seconds", "max by (job, check) (curlew_check_interval_seconds)"),
        .record(
          "job_check_window:curlew_slots_allowed:ratio",
          "1 - max by (job, check, window) (curlew_objective_ratio)"),
      ])
    let paces: [(name: String, interval: Duration?, upTo: Duration)] = [
      ("hour", nil, .hours(1)), ("hours", .minutes(2), .hours(6)), ("days", .minutes(4), .days(3)),
    ]
    var left = ranges.sorted()
    let counts = paces.compactMap { pace -> RuleGroup? in
      let mine = left.filter { $0 <= pace.upTo }
      left.removeAll { $0 <= pace.upTo }
      guard !mine.isEmpty else { return nil }
      return RuleGroup(
        name: "curlew-records-\(pace.name)", interval: pace.interval, rules: mine.flatMap(Self.counts(over:)))
    }
    return [shared] + counts
  }

  private static func counts(over range: Duration) -> [Rule] {
    let text = Units.text(of: range)
    return [
      .record(
        "job_check:curlew_slots_down:increase\(text)",
        "sum by (job, check) (increase(curlew_slots_total{verdict=\"down\"}[\(text)]))"),
      .record(
        "job_check:curlew_slots_bad:ratio_increase\(text)",
        """
        job_check:curlew_slots_down:increase\(text)
          / (sum by (job, check) (increase(curlew_slots_total{verdict=~"up|degraded|down"}[\(text)])) > 0)
        """),
    ]
  }

  /// Puts what is known of a check onto what speaks of it.
  func described(_ expression: String) -> String {
    let lines = expression.split(separator: "\n").map { "  \($0)\n" }.joined()
    return """
      (
      \(lines)) * on (job, check) group_left (\((["name", "group"] + labels).joined(separator: ", "))) \
      job_check:curlew_check:info
      """
  }

  // MARK: Promises

  private func promises(over window: ObjectiveWindow) -> RuleGroup {
    var rules: [Rule] = []
    for entry in promises where entry.promise.window.text == window.text {
      let pairs = BurnPair.pairs(over: window.nominal, rhythm: entry.promise.rhythm)
      for severity in [BurnPair.Severity.critical, .warning] {
        let mine = pairs.filter { $0.severity == severity }
        if !mine.isEmpty { rules.append(burn(mine, severity, entry.promise)) }
      }
      if case .slow(let interval) = entry.promise.rhythm { rules += slow(interval, window) }
    }
    return RuleGroup(name: "curlew-objectives-\(window.text)", interval: nil, rules: rules)
  }

  private func burn(_ pairs: [BurnPair], _ severity: BurnPair.Severity, _ promise: Promise) -> Rule {
    let window = promise.window.text
    let conditions = pairs.map { pair -> String in
      let (long, short) = (Units.text(of: pair.long), Units.text(of: pair.short))
      let limit =
        "clamp_max(\(RuleText.number(pair.factor)) * job_check_window:curlew_slots_allowed:ratio{window=\"\(window)\"}, "
        + "\(BurnPair.highestShare))"
      // Half a slot of room, since increase() extrapolates.
      return """
        (
          job_check:curlew_slots_bad:ratio_increase\(long) > on (job, check) \(limit)
          and on (job, check) job_check:curlew_slots_bad:ratio_increase\(short) > on (job, check) \(limit)
          and on (job, check) job_check:curlew_slots_down:increase\(long) > \(Double(BurnPair.leastFailures) - 0.5)
        )
        """
    }
    let times = pairs.map { "\(RuleText.number($0.factor)) times over \(Units.text(of: $0.long))" }
    return .alert(
      "CurlewErrorBudgetBurn", severity,
      described(
        """
        (
        \(conditions.joined(separator: "\nor\n"))
        )
        and on (job, check) job_check:curlew_check_interval:seconds \(promise.rhythm.condition)
        """),
      labels: [("window", window), ("rhythm", promise.rhythm.name)],
      summary: "{{ $labels.check }} uses its error budget too fast",
      description:
        "{{ $value | humanizePercentage }} of its slots were bad lately. The budget over \(window) is used faster than "
        + "allowed: \(times.joined(separator: ", or ")).")
  }

  /// Of a check that runs a few times a day or less each slot counts, and the second bad one in a row is no blip.
  private func slow(_ interval: Duration, _ window: ObjectiveWindow) -> [Rule] {
    let every = Units.text(of: interval)
    let condition = """
      min by (job, check) (curlew_check_state{state="down"}) == 1
      and on (job, check) job_check:curlew_check_interval:seconds == \(RuleText.number(interval.seconds))
      and on (job, check) job_check_window:curlew_slots_allowed:ratio{window="\(window.text)"}
      """
    let twice = """
      and on (job, check) sum by (job, check) (increase(curlew_slots_total{verdict="down"}\
      [\(Units.text(of: interval * 5 / 2))])) > 1.5
      """
    return [
      .alert(
        "CurlewSlowCheckDown", .critical, described("\(condition)\n\(twice)"),
        labels: [("window", window.text), ("rhythm", every)],
        summary: "{{ $labels.check }} is down for the second time in a row",
        description: "It runs every \(every) only, so its error budget over \(window.text) is a few slots at most."),
      .alert(
        "CurlewSlowCheckDown", .warning, described(condition), labels: [("window", window.text), ("rhythm", every)],
        summary: "{{ $labels.check }} is down",
        description: "It runs every \(every) only, so its error budget over \(window.text) is a few slots at most."),
    ]
  }

  // MARK: Speed

  private var latency: RuleGroup {
    RuleGroup(
      name: "curlew-latency", interval: .minutes(2),
      rules: speeds.map { speed in
        let range = Units.text(of: Self.range(for: speed))
        let below = Units.text(of: speed.objective.below)
        let matcher = "check=~\(RuleText.quoted(speed.checks.map(\.id.text).joined(separator: "|")))"
        return .alert(
          "CurlewLatencyObjectiveMissed", .warning, for: .minutes(5),
          described(
            """
            histogram_quantile(
              \(RuleText.number(speed.objective.ratio)),
              sum by (job, check, le) (increase(curlew_run_duration_seconds_bucket{\(matcher)}[\(range)]))
            ) > \(RuleText.number(speed.objective.below.seconds))
            and on (job, check) sum by (job, check) (increase(curlew_run_duration_seconds_count{\(matcher)}[\(range)])) \
            > \(RuleText.number(Self.leastRuns(for: speed.objective)))
            """),
          labels: [
            ("below", below), ("ratio", RuleText.percent(speed.objective.ratio)), ("rhythm", speed.rhythm.name),
          ],
          summary: "{{ $labels.check }} is slower than promised",
          description:
            "\(RuleText.percent(speed.objective.ratio)) of the runs shall take less than \(below); over \(range) they took "
            + "{{ $value | humanizeDuration }}.")
      })
  }

  /// So many runs that three slow ones are within what is allowed: with fewer a blip would be a missed promise.
  static func leastRuns(for objective: LatencyObjective) -> Double {
    (Double(BurnPair.leastFailures) / max(0.0001, 1 - objective.ratio)).rounded(.down)
  }

  /// A range that holds as many runs, where one of a month or less does.
  static func range(for speed: Speed) -> Duration {
    let interval = speed.checks.map(\.interval).max() ?? .minutes(1)
    let needed = interval.seconds * (leastRuns(for: speed.objective) + 1) * 1.1
    let ranges: [Duration] = [.hours(1), .hours(6), .days(1), .days(3), .days(7)]
    return ranges.first { $0.seconds >= needed } ?? .days(30)
  }

  // MARK: Presence

  private var presence: RuleGroup {
    let silent = rhythms.map { rhythm in
      Rule.alert(
        "CurlewNoRuns", .warning, for: max(.minutes(5), rhythm.upper),
        described(
          """
          job_check:curlew_check_interval:seconds \(rhythm.condition)
          and on (job, check)
            sum by (job, check) (increase(curlew_slots_total{verdict!="missed"}[\(Units.text(of: rhythm.silence))])) == 0
          """), labels: [("rhythm", rhythm.name)],
        summary: "{{ $labels.check }} has not run",
        description:
          "No slot of it had a run for \(Units.text(of: rhythm.silence)), although it is to run every "
          + "{{ $value | humanizeDuration }}. Nothing is known of what it watches.")
    }
    return RuleGroup(
      name: "curlew-presence", interval: nil,
      rules: [
        .alert(
          "CurlewAbsent", .critical, for: .minutes(5), "absent(curlew_build_info)",
          summary: "There are no metrics of Curlew",
          description: "Prometheus scrapes no Curlew, so nothing is known of any check, and no other alert can fire."),
        .alert(
          "CurlewCheckGone", .info,
          """
          max by (job, check, name, group) (curlew_check_info offset 30m)
          unless on (job, check) job_check:curlew_check:info
          and on (job) max by (job) (curlew_build_info)
          """,
          summary: "{{ $labels.check }} is no longer watched",
          description: "It left the scenario files within the last half hour. This goes by itself."),
        .alert(
          "CurlewCoverageLow", .warning, for: .minutes(15),
          described("min by (job, check, window) (curlew_coverage_ratio) < 0.95"),
          summary: "Too little is known of {{ $labels.check }}",
          description:
            "Only {{ $value | humanizePercentage }} of the slots expected over {{ $labels.window }} can be spoken of: "
            + "runs were missed, or said nothing of the target. Its availability means as little."),
      ] + silent)
  }

  // MARK: Certificates

  private var certificates: RuleGroup {
    let steps: [(severity: BurnPair.Severity, days: Int, above: Int?)] = [
      (.info, 21, 14), (.warning, 14, 7), (.critical, 7, nil),
    ]
    let left = "min by (job, check) (curlew_certificate_not_after_timestamp_seconds) - time()"
    return RuleGroup(
      name: "curlew-certificates", interval: nil,
      rules: steps.map { step in
        // Each day in one alert alone, so that one certificate is never three.
        let above = step.above.map { " >= \($0) * 86400" } ?? ""
        return .alert(
          "CurlewCertificateExpiry", step.severity, for: .minutes(15),
          described("\(left) < \(step.days) * 86400\(above)"),
          summary: "A certificate of {{ $labels.check }} ends within \(step.days) days",
          description: "It is left {{ $value | humanizeDuration }}, counted from the first of its chain that ends.")
      })
  }

  // MARK: Agreement

  private var agreement: RuleGroup {
    let remaining = "min by (job, check, window) (curlew_error_budget_remaining_ratio)"
    return RuleGroup(
      name: "curlew-sla", interval: nil,
      rules: [
        .alert(
          "CurlewErrorBudgetLow", .info, for: .minutes(5), described("\(remaining) < 0.25 > 0"),
          summary: "Three quarters of the error budget of {{ $labels.check }} are spent",
          description: "{{ $value | humanizePercentage }} of the budget over {{ $labels.window }} are left."),
        .alert(
          "CurlewErrorBudgetSpent", .warning, for: .minutes(5), described("\(remaining) <= 0"),
          summary: "The error budget of {{ $labels.check }} is spent",
          description: "Nothing is left of what the promise over {{ $labels.window }} allows."),
        .alert(
          "CurlewAvailabilityBelowObjective", .critical, for: .minutes(5),
          described(
            """
            min by (job, check, window) (curlew_availability_ratio)
              < on (job, check, window) max by (job, check, window) (curlew_objective_ratio)
            and on (job, check) job_check:curlew_slots_down:increase3d > \(Double(BurnPair.leastFailures) - 0.5)
            """),
          summary: "{{ $labels.check }} is below its objective",
          description:
            "Its availability over {{ $labels.window }} is {{ $value | humanizePercentage }}, less than promised, and at "
            + "least \(BurnPair.leastFailures) slots of the last three days were bad."),
      ])
  }
}
