import Model
import Recording

/// `/api/v1/checks` and what stands below it.
struct ChecksAPI: Sendable {
  var sources: ServerSources

  /// Every check with its state, in the order of the files; `?group=` and `?state=` choose.
  @concurrent
  func list(_ query: Query, overview: Overview) async throws(Problem) -> Reply {
    var query = query
    let group = query.take("group")
    let states = CheckStanding.State.allCases.map(\.rawValue).joined(separator: ", ")
    let state = try query.take("state", allowed: "give one of \(states)") { CheckStanding.State(rawValue: $0) }
    try query.finish()
    return Reply.json { json in
      json.member(
        "checks",
        array: { json in
          for (check, standing) in zip(overview.edition.checks, overview.standings)
          where (group == nil || check.group == group) && (state == nil || standing.state == state) {
            json.object { $0.write(check, standing) }
          }
        })
    }
  }

  /// One check, with its state in each region.
  func one(_ check: Check, _ query: Query, board: BoardSnapshot?) throws(Problem) -> Reply {
    try query.finish()
    let standing = CheckStanding.of(
      check, recent: sources.recentRuns, stored: board?.storedRuns[check.id] ?? [], at: sources.time.now)
    return Reply.json { json in
      json.write(check, standing)
      json.member("blind", standing.isBlind)
      json.member(
        "by_region",
        array: { json in
          for region in standing.regions {
            json.object { $0.write(region) }
          }
        })
    }
  }

  /// Runs, newest first, page by page.
  func runs(of check: CheckID, _ query: Query) async throws -> Reply {
    var query = query
    let from = try query.takeTimestamp("from")
    let to = try query.takeTimestamp("to")
    let verdict = try query.takeVerdict("verdict")
    let region = query.take("region")
    let limit = try query.takeInteger("limit", in: 1...1000) ?? 100
    let cursor = try query.take("cursor", allowed: "give the \"next\" of the page before") { RunCursor($0) }
    try query.finish()
    let page = try await sources.store.runs(
      RunQuery(check: check, region: region, from: from, to: to, verdict: verdict, limit: limit, cursor: cursor))
    return Reply.json { json in
      json.member(
        "runs",
        array: { json in
          for run in page.runs { json.object { $0.write(run) } }
        })
      json.member("next", page.next?.text)
    }
  }

  /// Everything that is on record of one run.
  @concurrent
  func run(_ traceID: String, of check: Check, _ query: Query) async throws -> Reply {
    try query.finish()
    guard let run = sources.archive.run(of: check.id, traceID: traceID) else {
      throw Problem(
        .unknownRun,
        "no run of \"\(check.id)\" with the trace id \"\(traceID)\" is kept: of a journey the last ones are, of other checks the last that were not up"
      )
    }
    return Reply(type: .json, bytes: Array(try sources.runDocument(run, check).utf8))
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ check: Check, _ standing: CheckStanding) {
    member("id", check.id.text)
    member("name", check.name)
    member("group", check.group)
    member("kind", check.kind.rawValue)
    member("labels", check.labels)
    member("enabled", check.isEnabled)
    member("every_ms", milliseconds: check.interval)
    member("timeout_ms", milliseconds: check.timeout)
    if let regions = check.regions {
      member("regions", array: { json in for region in regions { json.value(region) } })
    } else {
      null("regions")
    }
    member("objective", object: { $0.write(check.objective) })
    member("file", check.location.file)
    member("line", check.location.line)
    member("verdict", standing.state.verdict?.rawValue)
    member("in_maintenance", standing.isInMaintenance)
    member("since", standing.since)
    write(standing.cause)
    member("last_run", standing.lastStarted)
  }

  mutating func write(_ objective: Objective) {
    member("availability", objective.availability)
    member("window", objective.window.text)
    if let latency = objective.latency {
      member(
        "latency",
        object: { json in
          json.member("below_ms", milliseconds: latency.below)
          json.member("ratio", latency.ratio)
        })
    } else {
      null("latency")
    }
  }

  private mutating func write(_ cause: CheckStanding.Cause?) {
    guard let cause else { return null("reason") }
    member(
      "reason",
      object: { json in
        json.member("code", cause.code?.rawValue)
        json.member("message", cause.message)
      })
  }

  fileprivate mutating func write(_ region: CheckStanding.Region) {
    member("region", region.name)
    member("verdict", region.verdict.rawValue)
    member("overdue", region.isOverdue)
    member("in_maintenance", region.isInMaintenance)
    member("since", region.since)
    write(region.cause)
    member("slot_start", region.slotStart)
    member("started", region.started)
    member("duration_ms", milliseconds: region.duration)
  }

  fileprivate mutating func write(_ run: HistoryRun) {
    member("slot_start", run.slotStart)
    member("started", run.started)
    member("region", run.region)
    member("node", run.node)
    member("verdict", run.verdict.rawValue)
    if let reason = run.reason {
      member("reason", object: { $0.write(reason) })
    } else {
      null("reason")
    }
    member("duration_ms", milliseconds: run.duration)
    member("attempts", run.attempts)
    member("trace_id", run.traceID)
  }

  private mutating func write(_ reason: HistoryReason) {
    member("code", reason.code.rawValue)
    member("step", reason.step)
    member("phase", reason.phase?.rawValue)
    member("message", reason.message)
    let place = reason.location.flatMap(SourceLocation.init(text:))
    member("file", place?.file)
    member("line", place?.line)
    member("column", place?.column)
  }
}

extension SourceLocation {
  /// Reads `file:line:column`; the file may hold colons itself.
  fileprivate init?(text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 3, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1]) else {
      return nil
    }
    self.init(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
  }
}
