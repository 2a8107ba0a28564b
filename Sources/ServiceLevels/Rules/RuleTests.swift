import Model

/// Unit tests for a file of rules, for `promtool test rules`
/// (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/).
///
/// They play an outage, a single bad slot and a quiet time to each rule, with a check of the scenario that it is made for.
package struct RuleTests {
  private let file: RuleFile
  private let name: String

  /// Tests for rules that stand in a file of that name, in the same folder.
  package init(of file: RuleFile, named name: String) {
    self.file = file
    self.name = name
  }

  /// The file.
  package var text: String {
    var text = """
      # Unit tests for the rules beside them, made by `curlew rules --tests`; run them with `promtool test rules`.
      rule_files:
        - \(RuleText.quoted(name))
      evaluation_interval: 1m
      tests:

      """
    for entry in file.promises {
      let pairs = BurnPair.pairs(over: entry.promise.window.nominal, rhythm: entry.promise.rhythm)
      if pairs.isEmpty {
        text += slow(entry.specimen)
      } else {
        text += blip(entry.specimen)
        for severity in [BurnPair.Severity.critical, .warning] {
          let mine = pairs.filter { $0.severity == severity }
          if !mine.isEmpty { text += outage(entry.specimen, mine, severity) }
        }
      }
    }
    for speed in file.speeds { text += latency(speed) }
    if let check = file.checks.first { text += presence(check) + certificates(check) + agreement(check) }
    return text
  }

  // MARK: Scenes

  /// A test while it is written.
  private struct Scene {
    var name: String
    var series: [(series: String, values: String)] = []
    var expectations: [(minute: Int, alert: String, severity: BurnPair.Severity, fires: Bool)] = []

    func text(of check: Check) -> String {
      var text = "  - name: \(RuleText.quoted(name))\n    interval: 1m\n    input_series:\n"
      for entry in series {
        text += "      - series: \(RuleText.quoted(entry.series))\n        values: \(RuleText.quoted(entry.values))\n"
      }
      text += "    promql_expr_test:\n"
      for expectation in expectations {
        let matchers =
          "alertname=\"\(expectation.alert)\", severity=\"\(expectation.severity.rawValue)\", alertstate=\"firing\""
        text += "      - expr: \(RuleText.quoted("count by (check) (ALERTS{\(matchers)})"))\n"
        text += "        eval_time: \(expectation.minute)m\n        exp_samples:"
        let labels = check.id.text.isEmpty ? "{}" : "{check=\"\(check.id.text)\"}"
        text += expectation.fires ? "\n          - {labels: '\(labels)', value: 1}\n" : " []\n"
      }
      return text
    }
  }

  private func labels(_ check: Check, _ others: String = "") -> String {
    "{job=\"curlew\", check=\"\(check.id.text)\"\(others)}"
  }

  /// What is always told of a check.
  private func standing(_ check: Check, minutes: Int) -> [(series: String, values: String)] {
    let window = ", window=\"\(check.objective.window.text)\""
    return [
      ("curlew_build_info{job=\"curlew\"}", "1x\(minutes)"),
      (
        "curlew_check_info\(labels(check, ", name=\(RuleText.quoted(check.name)), group=\(RuleText.quoted(check.group ?? ""))"))",
        "1x\(minutes)"
      ),
      ("curlew_check_interval_seconds\(labels(check))", "\(RuleText.number(check.interval.seconds))x\(minutes)"),
      (
        "curlew_objective_ratio\(labels(check, window))", "\(RuleText.number(check.objective.availability))x\(minutes)"
      ),
    ]
  }

  /// Counters of slots: `before` minutes good, so many bad, and good again to the end. Slots begin at their first minute.
  ///
  /// - Parameter isBlip: whether of the slots of a bad minute a single one is bad.
  private func slots(
    _ check: Check, before: Int, bad: Int, after: Int, isBlip: Bool = false
  ) -> [(series: String, values: String)] {
    let step = max(1, Int(check.interval.seconds / 60))
    let each = check.interval.seconds < 60 ? Int(60 / check.interval.seconds) : 1
    func values(of count: (Int) -> Int) -> String {
      var total = 0
      var runs: [(value: Int, minutes: Int)] = []
      for minute in 0..<(before + bad + after) {
        if minute > 0, minute % step == 0 { total += count(minute) }
        if runs.last?.value == total { runs[runs.count - 1].minutes += 1 } else { runs.append((total, 1)) }
      }
      return Self.compact(runs)
    }
    let failures = { (minute: Int) in minute < before || minute >= before + bad ? 0 : isBlip ? 1 : each }
    return [
      ("curlew_slots_total\(labels(check, ", verdict=\"up\""))", values { each - failures($0) }),
      ("curlew_slots_total\(labels(check, ", verdict=\"down\""))", values(of: failures)),
    ]
  }

  /// promtool's notation: what grows evenly as `0+1x60`, what stays as `5x60`.
  private static func compact(_ runs: [(value: Int, minutes: Int)]) -> String {
    var parts: [String] = []
    var index = 0
    while index < runs.count {
      var end = index
      if runs[index].minutes == 1, index + 1 < runs.count {
        let slope = runs[index + 1].value - runs[index].value
        while end + 1 < runs.count, runs[end + 1].minutes == 1, runs[end + 1].value - runs[end].value == slope {
          end += 1
        }
        if end > index {
          parts.append("\(runs[index].value)+\(slope)x\(end - index)")
          index = end + 1
          continue
        }
      }
      parts.append(
        runs[index].minutes == 1 ? "\(runs[index].value)" : "\(runs[index].value)x\(runs[index].minutes - 1)")
      index += 1
    }
    return parts.joined(separator: " ")
  }

  /// Minutes of a duration, rounded up.
  private static func minutes(_ duration: Duration) -> Int { Int((duration.seconds / 60).rounded(.up)) }

  /// Long enough that there is something to compare an outage with.
  private func quiet(_ check: Check) -> Int { max(6 * 60, 20 * Self.minutes(check.interval)) }

  private func outage(_ check: Check, _ pairs: [BurnPair], _ severity: BurnPair.Severity) -> String {
    let allowed = 1 - check.objective.availability
    let slot = Self.minutes(check.interval)
    // As long as the quickest of the pairs needs, when everything before it was good for as long as its window is.
    let needed = pairs.map { pair in
      let share = min(pair.factor * allowed, BurnPair.highestShare)
      return Int((share * pair.long.seconds / 60).rounded(.up))
    }
    let bad = max((needed.min() ?? 0) * 11 / 10, (BurnPair.leastFailures + 1) * slot) + slot + 5
    let before = max(quiet(check), Self.minutes(pairs[0].long))
    // All short windows are over, and the slower groups have been reckoned once more.
    let after = Self.minutes(pairs.map(\.short).max() ?? .zero) + slot + 10
    var scene = Scene(name: "\(check.id.text) is down: \(severity.rawValue)")
    scene.series = standing(check, minutes: before + bad + after) + slots(check, before: before, bad: bad, after: after)
    scene.expectations = [
      (before - 1, "CurlewErrorBudgetBurn", severity, false),
      (before + bad - 1, "CurlewErrorBudgetBurn", severity, true),
      (before + bad + after - 1, "CurlewErrorBudgetBurn", severity, false),
    ]
    return scene.text(of: check)
  }

  private func blip(_ check: Check) -> String {
    let slot = Self.minutes(check.interval)
    let before = quiet(check) / slot * slot
    let after = max(30, 6 * slot)
    var scene = Scene(name: "one bad slot of \(check.id.text) is a blip")
    scene.series =
      standing(check, minutes: before + slot + after)
      + slots(check, before: before, bad: slot, after: after, isBlip: true)
    for severity in [BurnPair.Severity.critical, .warning] {
      for minute in [before + 1, before + slot + 1, before + slot + after - 1] {
        scene.expectations.append((minute, "CurlewErrorBudgetBurn", severity, false))
      }
    }
    return scene.text(of: check)
  }

  private func slow(_ check: Check) -> String {
    let slot = Self.minutes(check.interval)
    let before = 3 * slot
    var scene = Scene(name: "\(check.id.text) runs rarely, and is down twice")
    scene.series =
      standing(check, minutes: before + 4 * slot) + slots(check, before: before, bad: 2 * slot, after: slot)
    let state = "curlew_check_state\(labels(check, ", region=\"local\", state=\"down\""))"
    scene.series.append((state, "0x\(before - 1) 1x\(2 * slot - 1) 0x\(slot)"))
    scene.expectations = [
      (before - 1, "CurlewSlowCheckDown", .warning, false), (before + 2, "CurlewSlowCheckDown", .warning, true),
      (before + 2, "CurlewSlowCheckDown", .critical, false),
      (before + slot + 2, "CurlewSlowCheckDown", .critical, true),
      (before + 2 * slot + 2, "CurlewSlowCheckDown", .critical, false),
      (before + 2 * slot + 2, "CurlewSlowCheckDown", .warning, false),
    ]
    return scene.text(of: check)
  }

  private func latency(_ speed: RuleFile.Speed) -> String {
    guard let check = speed.checks.first else { return "" }
    let range = Self.minutes(RuleFile.range(for: speed))
    let enough = Self.minutes(check.interval * (Int(RuleFile.leastRuns(for: speed.objective)) + 2)) + 10
    let minutes = min(max(range, enough), 40 * 1440) + 15
    let step = max(1, Self.minutes(check.interval))
    func runs() -> String {
      step == 1
        ? "0+1x\(minutes)" : (0...(minutes / step)).map { "\($0)x\(step - 1)" }.joined(separator: " ")
    }
    var scenes = ""
    for (name, isSlow) in [("is slow", true), ("is quick", false)] {
      var scene = Scene(name: "\(check.id.text) \(name)")
      scene.series = standing(check, minutes: minutes)
      let region = ", region=\"local\""
      for bound in Self.bounds(around: speed.objective.below) {
        let isReached = bound.isInfinite || !isSlow
        scene.series.append(
          (
            "curlew_run_duration_seconds_bucket\(labels(check, region + ", le=\"\(bound.text)\""))",
            isReached ? runs() : "0x\(minutes)"
          ))
      }
      scene.series.append(("curlew_run_duration_seconds_count\(labels(check, region))", runs()))
      scene.expectations = [(minutes - 1, "CurlewLatencyObjectiveMissed", .warning, isSlow)]
      scenes += scene.text(of: check)
    }
    return scenes
  }

  /// Bounds of a histogram: half of the limit, the limit, three times it, and none.
  private static func bounds(around limit: Duration) -> [(text: String, isInfinite: Bool)] {
    let seconds = limit.seconds
    return [("\(seconds / 2)", false), ("\(seconds)", false), ("\(seconds * 3)", false), ("+Inf", true)]
  }

  private func presence(_ check: Check) -> String {
    let rhythm = Rhythm(interval: check.interval)
    let slot = Self.minutes(check.interval)
    let silence = Self.minutes(rhythm.silence)
    let wait = max(5, Self.minutes(rhythm.upper))
    let minutes = 2 * slot + silence + wait + 10
    var silent = Scene(name: "\(check.id.text) no longer runs")
    let running = slots(check, before: 2 * slot + 1, bad: 0, after: 0)
    silent.series =
      standing(check, minutes: minutes)
      + running.map { series, values in
        (series, "\(values) \(values.split(separator: " ").last.map(Self.lastValue) ?? "0")x\(minutes)")
      }
    silent.expectations = [
      (2 * slot, "CurlewNoRuns", .warning, false), (minutes - 1, "CurlewNoRuns", .warning, true),
    ]
    var blind = Scene(name: "too little is known of \(check.id.text)")
    blind.series = standing(check, minutes: 60)
    blind.series.append(
      ("curlew_coverage_ratio\(labels(check, ", window=\"\(check.objective.window.text)\""))", "0.99x20 0.9x40"))
    blind.expectations = [(20, "CurlewCoverageLow", .warning, false), (50, "CurlewCoverageLow", .warning, true)]
    var gone = Scene(name: "\(check.id.text) leaves the files")
    gone.series = standing(check, minutes: 60).map { series, values in
      series.hasPrefix("curlew_check_") ? (series, "1x20 _x40") : (series, values)
    }
    gone.expectations = [(10, "CurlewCheckGone", .info, false), (35, "CurlewCheckGone", .info, true)]
    let absent = """
        - name: "nothing is scraped"
          interval: 1m
          input_series: []
          promql_expr_test:
            - expr: "count by (check) (ALERTS{alertname=\\"CurlewAbsent\\", severity=\\"critical\\", alertstate=\\"firing\\"})"
              eval_time: 10m
              exp_samples:
                - {labels: '{}', value: 1}

      """
    return silent.text(of: check) + blind.text(of: check) + gone.text(of: check) + absent
  }

  /// The value that a part of the notation ends with.
  private static func lastValue(_ part: Substring) -> String {
    let numbers = part.split { $0 == "+" || $0 == "x" }.compactMap { Int($0) }
    switch numbers.count {
    case 3: return "\(numbers[0] + numbers[1] * numbers[2])"
    default: return "\(numbers.first ?? 0)"
    }
  }

  private func certificates(_ check: Check) -> String {
    let name = "curlew_certificate_not_after_timestamp_seconds"
    let severities: [(BurnPair.Severity, Int)] = [(.info, 18), (.warning, 10), (.critical, 3)]
    return severities.map { severity, days in
      var scene = Scene(name: "a certificate of \(check.id.text) ends in \(days) days")
      scene.series = standing(check, minutes: 60)
      scene.series.append((name + labels(check, ", region=\"local\""), "\(days * 86_400)x60"))
      scene.expectations = severities.map { (30, "CurlewCertificateExpiry", $0.0, $0.0 == severity) }
      return scene.text(of: check)
    }.joined()
  }

  private func agreement(_ check: Check) -> String {
    let window = ", window=\"\(check.objective.window.text)\""
    let minutes = 120
    var scenes = ""
    for (name, left, kept, bad) in [
      ("nearly", 0.1, 1.0, 0), ("wholly, by one slot,", -0.5, 0.0, 1), ("wholly", -0.5, 0.0, 5),
    ] {
      var scene = Scene(name: "the budget of \(check.id.text) is \(name) spent")
      scene.series = standing(check, minutes: minutes)
      scene.series += [
        ("curlew_error_budget_remaining_ratio\(labels(check, window))", "\(left)x\(minutes)"),
        ("curlew_availability_ratio\(labels(check, window))", "\(RuleText.number(kept))x\(minutes)"),
        ("curlew_slots_total\(labels(check, ", verdict=\"down\""))", "0x30 \(bad)x\(minutes - 31)"),
        ("curlew_slots_total\(labels(check, ", verdict=\"up\""))", "0+1x\(minutes)"),
      ]
      scene.expectations = [
        (60, "CurlewErrorBudgetLow", .info, left > 0), (60, "CurlewErrorBudgetSpent", .warning, left <= 0),
        (60, "CurlewAvailabilityBelowObjective", .critical, bad >= BurnPair.leastFailures),
      ]
      scenes += scene.text(of: check)
    }
    return scenes
  }
}
