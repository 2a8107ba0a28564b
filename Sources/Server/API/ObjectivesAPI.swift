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

  /// What is kept over any window that ends now: `?window=30d&region=eu`.
  func availability(of check: Check, _ query: Query) async throws -> Reply {
    var query = query
    let text = query.take("window")
    let window = text.map { WindowText.duration($0).map(ObjectiveWindow.rolling) } ?? check.objective.window
    guard let window else {
      throw Problem(
        .badParameter,
        "\"\(text ?? "")\" is not allowed for \"window\": give a duration such as 1h, 7d or 30d, ten years at most",
        parameter: "window")
    }
    let to = try query.takeTimestamp("at") ?? sources.time.now
    let region = query.take("region")
    try query.finish()
    let from = window.begin(at: to)
    let scope = region.map(RegionScope.only) ?? .combined
    let rows = try await sources.store.tallies(TallyQuery(checks: [check.id], scope: scope, from: from, to: to))
    let latency = try await sources.store.latency(of: check.id, region: region, from: from, to: to)
    let report = ServiceLevelReport(
      check: check.id, region: region, window: text ?? window.text, from: from, to: to,
      tally: rows.first { $0.check == check.id }?.tally ?? SlotTally(),
      objective: check.objective.availability, latency: latency)
    return Reply.json { $0.write(report) }
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
  }
}
