import Calendars
import Model
import ServiceLevels

/// `/api/v1/sla` and the availability of one check: what is kept of promises.
struct ObjectivesAPI: Sendable {
  var sources: ServerSources

  /// Every objective with what is kept of it; `?check=` and `?group=` choose.
  @concurrent
  func list(_ query: Query, board: BoardSnapshot) async throws(Problem) -> Reply {
    var query = query
    let group = query.take("group")
    let check = try query.take("check", allowed: "give the id of a check") { CheckID($0) }
    try query.finish()
    return Reply.json { json in
      json.member("at", board.at)
      json.member(
        "objectives",
        array: { json in
          for (each, figures) in zip(board.edition.checks, board.figures)
          where (check == nil || each.id == check) && (group == nil || each.group == group) {
            json.object { $0.write(each, figures) }
          }
        })
    }
  }

  /// What is kept over any window that ends now: `?window=30d&region=eu`, or `?window=month&time_zone=Europe/Berlin`.
  func availability(of check: Check, _ query: Query) async throws -> Reply {
    var query = query
    let zone = try query.take("time_zone", allowed: "give the IANA name of a time zone, such as Europe/Berlin") {
      LocalCalendar(timeZone: $0)?.timeZone
    }
    let text = query.take("window")
    let ownZone = check.objective.window.timeZone ?? "UTC"
    let window = text.map { Self.window($0, timeZone: zone ?? ownZone) } ?? check.objective.window
    guard let window else {
      let units = CalendarUnit.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(
        .badParameter,
        "\"\(text ?? "")\" is not allowed for \"window\": give a duration such as 1h, 7d or 30d, ten years at most, or one of \(units)",
        parameter: "window")
    }
    let to = try query.takeTimestamp("at") ?? sources.time.now
    let region = query.take("region")
    try query.finish()
    let edition = sources.catalogue.edition
    let subject = FigureSources.Subject(
      check: check.id, figures: edition.services[check.id].map(FigureSubject.init) ?? FigureSubject(check.id),
      objective: check.objective)
    let reports = try await sources.board.sources.reports(
      of: [subject], name: text ?? window.text, from: window.begin(at: to), to: to, region: region,
      burnPeriod: window.period(at: to))
    return Reply.json { json in
      for report in reports {
        json.write(report)
        json.write(report.burning)
      }
    }
  }

  private static func window(_ text: String, timeZone: String) -> ObjectiveWindow? {
    CalendarUnit(rawValue: text).map { .calendar($0, timeZone: timeZone) }
      ?? WindowText.duration(text).map(ObjectiveWindow.rolling)
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ check: Check, _ figures: CheckFigures) {
    let availability = figures.availability
    member("check", check.id.text)
    member("name", check.name)
    member("group", check.group)
    member("window", figures.objective.window.text)
    member("from", figures.from)
    member("to", figures.to)
    member("target", figures.objective.availability)
    member("availability", availability.availability?.value)
    member("coverage", availability.coverage?.value)
    member("error_ratio", availability.errorRatio?.value)
    member("budget_remaining", availability.budgetRemaining?.value)
    member("burn_rate", availability.burnRate?.value)
    member("met", availability.availability.map { $0.value >= figures.objective.availability })
    member("p95_ms", milliseconds: figures.latency?.p95)
    if let latency = figures.objective.latency {
      let ratio = figures.latency?.ratioBelowLimit?.value
      member(
        "latency",
        object: { json in
          json.member("below_ms", milliseconds: latency.below)
          json.member("target", latency.ratio)
          json.member("ratio", ratio)
          json.member("met", ratio.map { $0 >= latency.ratio })
        })
    } else {
      null("latency")
    }
    member("downtime_seconds", figures.tally.downtime.seconds)
    member("slots", object: { $0.write(figures.tally) })
    member("excluded_slots", figures.excludedSlots)
    member("availability_unadjusted", figures.unadjusted.availability?.value)
    member("budget_remaining_unadjusted", figures.unadjusted.budgetRemaining?.value)
    member("downtime_from_incidents_seconds", figures.incidentDowntime?.seconds)
    write(figures.burning)
  }
}
