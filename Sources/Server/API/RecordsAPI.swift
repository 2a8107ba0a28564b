import Hummingbird
import Model
import ServiceLevels

/// `/api/v1/maintenance`, `/api/v1/exclusions` and `/api/v1/months`.
struct RecordsAPI: Sendable {
  private static let nameLimit = 200
  private static let reasonLimit = 2000
  /// Between the two ends of what may be asked of planned work: a window of a minute gives half a million otherwise.
  private static let longestPlan = Duration.seconds(400 * 86_400)

  var records: RecordSources
  var catalogue: CheckCatalogue
  var time: any TimeSource

  // MARK: Maintenance

  /// Planned work between two moments; from now on for two weeks where nothing is said.
  func maintenance(_ query: Query) throws(Problem) -> Reply {
    var query = query
    let from = try query.takeTimestamp("from") ?? time.now
    let until = try query.takeTimestamp("to") ?? from + .seconds(14 * 86_400)
    let id = try query.take("check", allowed: "give the id of a check or a service") { CheckID($0) }
    try query.finish()
    guard until > from, until - from <= Self.longestPlan else {
      throw Problem(.badParameter, "\"to\" must come after \"from\", by 400 days at most", parameter: "to")
    }
    let check = id.flatMap { catalogue.edition[$0] }
    let occurrences = records.maintenance(from, until).filter { occurrence in
      id == nil || check.map { occurrence.scope.includes($0) } ?? false
    }
    return Reply.json { json in
      json.member("maintenance", array: { json in for each in occurrences { json.object { $0.write(each) } } })
    }
  }

  // MARK: Exclusions

  /// The whole ledger, oldest first.
  func exclusions(_ query: Query) async throws -> Reply {
    try query.finish()
    let entries = try await records.ledger.exclusions()
    return Reply.json { json in
      json.member("exclusions", array: { json in for entry in entries { json.object { $0.write(entry) } } })
    }
  }

  /// Takes time out of availability.
  func exclude(_ request: Request) async throws -> Reply {
    let body = try await BodyReader(JSONBody.value(of: request))
    let edition = catalogue.edition
    for name in ["from", "until"] { body.require(name) }
    let checks = body.checks("checks") { edition[$0] != nil }
    if let checks, checks.isEmpty { body.fault("checks", "it is empty; leave it out to mean every check") }
    let (from, until) = (body.moment("from"), body.moment("until"))
    if let from, let until, until <= from { body.fault("until", "\"\(until)\" does not come after \"\(from)\"") }
    if let until, until > time.now { body.fault("until", "\"\(until)\" has not come yet; plan maintenance instead") }
    let (reason, author) = words(in: body)
    try body.finish()
    guard let from, let until, let reason, let author else { throw BodyReader.problem([]) }
    return try reply(
      to: await records.ledgerDesk.exclude(
        checks: checks, from: from, until: until, reason: reason, author: author), id: "")
  }

  /// Takes an exclusion back.
  func withdraw(_ id: String, _ request: Request) async throws -> Reply {
    let body = try await BodyReader(JSONBody.value(of: request))
    let (reason, author) = words(in: body)
    try body.finish()
    guard let number = Int64(id), number > 0, "\(number)" == id else { throw Self.unknown(id) }
    guard let reason, let author else { throw BodyReader.problem([]) }
    return try reply(
      to: await records.ledgerDesk.withdraw(number, reason: reason, author: author), id: id)
  }

  private func words(in body: BodyReader) -> (reason: String?, author: String?) {
    (
      body.requiredText("reason", limit: Self.reasonLimit),
      body.requiredText("author", limit: Self.nameLimit, allowsLineEnds: false)
    )
  }

  private func reply(to outcome: LedgerDesk.Outcome, id: String) throws(Problem) -> Reply {
    switch outcome {
    case .kept(let entry): return Reply.json(status: .created) { $0.write(entry) }
    case .refused(let why): throw Problem(.conflict, why)
    case .unknown: throw Self.unknown(id)
    }
  }

  private static func unknown(_ id: String) -> Problem {
    Problem(.unknownExclusion, "\"\(id)\" is the number of no exclusion; /api/v1/exclusions names all of them")
  }

  // MARK: Months

  /// Figures of months that were closed, every revision.
  func months(_ query: Query) async throws -> Reply {
    var query = query
    let month = try query.take("month", allowed: "give a month as 2026-10") { YearMonth($0) }
    let check = try query.take("check", allowed: "give the id of a check or a service") { CheckID($0) }
    try query.finish()
    let rows = try await records.months.closedMonths(of: check.map { [$0] }, from: month, to: month)
    return Reply.json { json in
      json.member("months", array: { json in for row in rows { json.object { $0.write(row) } } })
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ occurrence: MaintenanceOccurrence) {
    member("window", occurrence.window)
    member("title", occurrence.title)
    member("from", occurrence.from)
    member("until", occurrence.until)
    member(
      "checks", array: { json in for check in occurrence.scope.checks.sorted() { json.value(check.text) } })
    member("groups", array: { json in for group in occurrence.scope.groups.sorted() { json.value(group) } })
    member("labels", occurrence.scope.labels)
  }

  fileprivate mutating func write(_ entry: Exclusion) {
    member("id", Int(entry.id))
    if let checks = entry.checks {
      member("checks", array: { json in for check in checks { json.value(check.text) } })
    } else {
      null("checks")
    }
    member("from", entry.from)
    member("until", entry.until)
    member("reason", entry.reason)
    member("author", entry.author)
    member("recorded_at", entry.recordedAt)
    member("withdraws", entry.withdraws.map { Int($0) })
  }

  fileprivate mutating func write(_ row: ClosedMonth) {
    let availability = Availability(row.tally, objective: row.objective)
    member("check", row.check.text)
    member("month", row.month.description)
    member("time_zone", row.timeZone)
    member("revision", row.revision)
    member("closed_at", row.closedAt)
    member("author", row.author)
    member("reason", row.reason)
    member("target", row.objective)
    member("availability", availability.availability?.value)
    member("availability_unadjusted", Availability(row.unadjusted, objective: row.objective).availability?.value)
    member("coverage", availability.coverage?.value)
    member("incident_seconds", row.incidentDowntime.seconds)
    member("p50_ms", milliseconds: row.p50)
    member("p95_ms", milliseconds: row.p95)
    member("p99_ms", milliseconds: row.p99)
    member("slots", object: { $0.write(row.tally) })
    member("slots_unadjusted", object: { $0.write(row.unadjusted) })
  }
}
