import Documents
import Expressions
import Model

/// The keys of a check.
enum CheckKeys {
  /// The shortest and the longest rhythm.
  static let intervals: ClosedRange<Duration> = .milliseconds(100) ... .days(365)

  static let id = Key("id", .checkID, isRequired: true, "identity of its history: [a-z0-9][a-z0-9-]{0,62}")
  static let name = Key("name", .nonEmptyText, "name shown to people")
  static let movedFrom = Key("moved_from", .checkID, "earlier id whose history it takes over")
  static let group = Key("group", .nonEmptyText, "heading it stands under")
  static let labels = Key("labels", .labels, "labels of curlew_check_info")
  static let every = Key("every", .wholeMilliseconds(intervals), "from one slot to the next (60s)")
  static let timeout = Key(
    "timeout", .duration(.milliseconds(1) ... .days(365)), "bound of one attempt (10s; journeys 60s)")
  static let regions = Key(
    "regions", Form<[String]>.list(of: .nonEmptyText, minimum: 1), "regions that run it; all without")
  static let quorum = Key("quorum", .quorum, "how many regions must agree that it is down: 2, 50% or a map (50%)")
  static let enabled = Key("enabled", .bool, "false: loaded and shown, never run")
  static let retry = Key("retry", .retry, "how a failure is confirmed inside the run")
  static let objective = Key("objective", .objective, "what is promised of it")
  static let trace = Key("trace", .bool, "false: requests carry no traceparent")
  static let sensitive = Key("sensitive", .bool, "true: bodies stay out of every record")
  static let variables = Key("variables", .variables, "values for templates and expressions")
  static let measure = Key("measure", .assignments, "numbers exported as metrics (name: CEL)")
  static let journey = Key("journey", .node(.section(JourneyKeys.table)), "steps in order")
  static let heartbeat = Key("heartbeat", .heartbeat, "a job reports by itself, with 'every' as its rhythm")
  static let openAfter = Key("open_after", .integer(1...1000), "so many bad slots in a row open an incident (2)")
  static let closeAfter = Key("close_after", .integer(1...1000), "so many good slots in a row close it (2)")
  static let dependsOn = Key("depends_on", .references, "checks and services whose incidents explain its own")

  /// Those that `defaults` may hold too.
  static let shared: [AnyKey] =
    [
      group.any, labels.any, every.any, timeout.any, regions.any, quorum.any, enabled.any, retry.any, objective.any,
      trace.any,
      openAfter.any, closeAfter.any, sensitive.any, variables.any, measure.any,
    ] + JudgingKeys.all

  /// What is said of an exchange, and of no journey: its steps say it.
  static let ofExchange = JudgingKeys.all.map(\.name) + [measure.name]

  static let probes = ProbeDecoder.entries.map { entry in
    AnyKey(
      name: entry.kind.rawValue, schema: .section(entry.table), isRequired: false,
      summary: "\(entry.kind.rawValue) probe")
  }

  static let table = SectionTable(
    "check", [id.any, name.any, movedFrom.any, dependsOn.any] + shared + probes + [journey.any, heartbeat.any],
    choice: probes.map(\.name) + [journey.name, heartbeat.name])
  static let defaults = SectionTable("defaults", shared)
}

/// The keys of `retry`.
enum RetryKeys {
  static let attempts = Key("attempts", .integer(1...1000), isRequired: true, "all attempts, the first counted")
  static let delay = Key("delay", .duration(.zero ... .days(1)), "pause before the second attempt (1s)")
  static let backoff = Key("backoff", .number(1...100), "what each further pause is multiplied by (1)")

  static let table = SectionTable("retry", [attempts.any, delay.any, backoff.any])
}

/// The keys of `objective`.
enum ObjectiveKeys {
  static let availability = Key("availability", .percentage, "promised share of good slots (99.5%)")
  static let window = Key("window", .objectiveWindow, "over how long it is kept: 30d, or week, month, … (30d)")
  static let timeZone = Key("time_zone", .timeZone, "time zone of a week, month, …: Europe/Berlin (UTC)")
  static let latency = Key("latency", .latency, "what is promised of its speed")
  static let table = SectionTable("objective", [availability.any, window.any, timeZone.any, latency.any])

  static let below = Key(
    "below", .duration(.milliseconds(1) ... .days(1)), isRequired: true, "limit of a run's duration")
  static let ratio = Key("ratio", .percentage, isRequired: true, "promised share of runs under the limit")
  static let latencyTable = SectionTable("latency", [below.any, ratio.any])
}

extension Form where Value == CheckID {
  static let checkID = Form<String>.text.map(schema: .text(pattern: "^[a-z0-9][a-z0-9-]{0,62}$")) {
    text, node, reader -> CheckID? in
    if let id = CheckID(text) { return id }
    reader.fault(
      "'\(text.escaped)' is no id", at: node,
      notes: ["an id has 1 to 63 lower-case letters, digits and '-', and does not begin with '-'"])
    return nil
  }
}

extension Form where Value == RetryPolicy {
  static let retry = Form.section(RetryKeys.table) { section in
    let delay = section(RetryKeys.delay) ?? .seconds(1)
    let backoff = section(RetryKeys.backoff) ?? 1
    return section(RetryKeys.attempts).map { RetryPolicy(attempts: $0, delay: delay, backoff: backoff) }
  }
}

extension Form where Value == Objective {
  static let objective = Form.section(ObjectiveKeys.table) { section in
    let availability = section(ObjectiveKeys.availability) ?? Objective.standard.availability
    let written = section(ObjectiveKeys.window)
    var window = written ?? Objective.standard.window
    let timeZone = section(ObjectiveKeys.timeZone)
    if case .calendar(let unit, _) = window {
      if let timeZone { window = .calendar(unit, timeZone: timeZone) }
    } else if let entry = section.entry(ObjectiveKeys.timeZone.name),
      written != nil || !section.has(ObjectiveKeys.window)
    {
      section.reader.fault(
        "'time_zone' is for windows of the calendar, and \(window.text) goes back from now wherever one stands",
        at: entry.key,
        notes: ["windows of the calendar are \(CalendarUnit.allCases.map(\.rawValue).joined(separator: ", "))"])
    }
    return Objective(availability: availability, window: window, latency: section(ObjectiveKeys.latency))
  }
}

extension Form where Value == ObjectiveWindow {
  private static let length = Form<Duration>.duration(.minutes(1) ... .days(3660))
  private static let units = CalendarUnit.allCases.map(\.rawValue)

  /// A length of time, or a unit of the calendar.
  static let objectiveWindow = Form(.anyOf([.choice(units), length.schema])) { node, reader in
    guard let text = node.scalarText, text.utf8.allSatisfy({ (97...122).contains($0) }), !text.isEmpty else {
      return length.read(node, reader).map { .rolling($0) }
    }
    if let unit = CalendarUnit(rawValue: text) { return .calendar(unit, timeZone: "UTC") }
    reader.fault(
      "unknown window '\(text.escaped)'", at: node, notes: ["or a length of time: 24h, 7d, 30d"], allowed: units,
      suggestion: Suggestion.nearest(to: text, among: units))
    return nil
  }
}

extension Form where Value == LatencyObjective {
  static let latency = Form.section(ObjectiveKeys.latencyTable) { section in
    let ratio = section(ObjectiveKeys.ratio)
    guard let below = section(ObjectiveKeys.below), let ratio else { return nil }
    return LatencyObjective(below: below, ratio: ratio)
  }
}

extension Form where Value == Fields<String> {
  /// Labels as Prometheus takes them (https://prometheus.io/docs/concepts/data_model/).
  static let labels = Form.map(of: Form<String>.text, keyPattern: "^[a-zA-Z_][a-zA-Z0-9_]*$", name: labelFault)

  /// Labels that `curlew_check_info` has anyhow.
  private static let taken: Set<String> = ["check", "name", "group", "kind"]

  private static func labelFault(_ name: String) -> KeyFault? {
    if taken.contains(name) {
      return KeyFault(message: "label '\(name)' is taken", notes: ["curlew sets check, name, group and kind itself"])
    }
    guard name.isIdentifier, !name.hasPrefix("__") else {
      return KeyFault(
        message: "'\(name.escaped)' is no label name",
        notes: ["a label name has letters, digits and '_', no digit first; '__' begins Prometheus' own"])
    }
    return nil
  }
}

extension Form where Value == Fields<YAMLNode> {
  /// Variables by name, their values left as they are.
  static let variables = Form.map(
    of: Form<YAMLNode>(.anything) { node, _ in node }, keyPattern: identifier, name: nameFault)

  /// What may be written after `vars.` and `secrets.`.
  static let identifier = "^[a-zA-Z_][a-zA-Z0-9_]*$"

  static func nameFault(_ name: String) -> KeyFault? {
    guard name.isIdentifier, !["true", "false", "null", "in"].contains(name) else {
      return KeyFault(
        message: "'\(name.escaped)' is no name for a variable",
        notes: ["a name has letters, digits and '_', no digit first"])
    }
    return nil
  }
}

extension String {
  /// Letters, digits and `_`, no digit first.
  var isIdentifier: Bool {
    guard let first = utf8.first, !(48...57).contains(first) else { return false }
    return utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
  }
}
