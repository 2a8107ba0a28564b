import Calendars
import Model
import ServiceLevels

/// What became of a check day by day, and how fast it was.
struct SeriesAPI: Sendable {
  private static let dayRange = 1...400
  /// As many points as a chart can show.
  private static let latencyPoints = 96

  var sources: ServerSources

  /// Days of the calendar, today the last: `?days=90&time_zone=Europe/Berlin`.
  func days(of check: Check, _ query: Query) async throws -> Reply {
    var query = query
    let count = try query.takeInteger("days", in: Self.dayRange) ?? 90
    let calendar =
      try query.take("time_zone", allowed: "give an IANA name as UTC or Europe/Berlin") {
        LocalCalendar(timeZone: $0)
      } ?? .utc
    try query.finish()
    let now = sources.time.now
    let today = calendar.date(at: now)
    let dates = (0..<count).map { today.adding(days: $0 - count + 1) }
    let rows = try await DayReader(sources.board.sources).tallies(
      of: [check.id], boundaries: dates.map { calendar.begin(of: $0) } + [now])
    let tallies = rows[check.id] ?? Array(repeating: SlotTally(), count: count)
    return Reply.json { json in
      json.member("check", check.id.text)
      json.member("time_zone", calendar.timeZone)
      json.member(
        "days",
        array: { json in
          for (date, tally) in zip(dates, tallies) {
            json.object { json in
              let availability = Availability(tally, objective: check.objective.availability)
              json.member("date", date.description)
              json.member("availability", availability.availability?.value)
              json.member("coverage", availability.coverage?.value)
              json.member("downtime_seconds", tally.downtime.seconds)
              json.member("slots", object: { $0.write(tally) })
            }
          }
        })
    }
  }

  /// How fast good runs were, piece by piece: `?window=24h&region=eu`.
  func latency(of check: Check, _ query: Query) async throws -> Reply {
    var query = query
    let window =
      try query.take("window", allowed: "give a duration such as 1h, 24h or 30d, ten years at most") {
        WindowText.duration($0)
      } ?? .seconds(86_400)
    let region = query.take("region")
    try query.finish()
    let now = sources.time.now
    let boundaries = LatencyPieces.boundaries(
      window: window, interval: check.interval, at: now, count: Self.latencyPoints)
    let pieces = try await sources.store.latencySeries(of: check.id, region: region, boundaries: boundaries)
    return Reply.json { json in
      json.member("check", check.id.text)
      json.member("region", region)
      json.member("from", boundaries.first)
      json.member("to", boundaries.last)
      json.member(
        "points",
        array: { json in
          for (index, piece) in pieces.enumerated() {
            json.object { json in
              json.member("from", boundaries[index])
              json.member("until", boundaries[index + 1])
              json.member("count", piece.count)
              json.member("p50_ms", milliseconds: piece.percentile(0.5))
              json.member("p95_ms", milliseconds: piece.percentile(0.95))
              json.member("p99_ms", milliseconds: piece.percentile(0.99))
            }
          }
        })
    }
  }
}

/// How a window is cut for a chart of latencies.
enum LatencyPieces {
  /// Lengths that lie well on a clock, in seconds.
  private static let lengths = [
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
  ]

  /// Boundaries on round times, the last one now; no more pieces than `count` and a rest, none shorter than a slot.
  static func boundaries(window: Duration, interval: Duration, at now: Timestamp, count: Int) -> [Timestamp] {
    let wanted = max(window.seconds / Double(count), interval.seconds)
    let length = Int64(lengths.first { Double($0) >= wanted } ?? Int(wanted.rounded(.up)))
    let second = now.nanosecondsSinceEpoch.flooredQuotient(by: 1_000_000_000)
    let end = second.flooredQuotient(by: length) * length
    let pieces = max(1, Int64(window.seconds) / length)
    var boundaries = (0...pieces).map { Timestamp(secondsSinceEpoch: end - (pieces - $0) * length) }
    if let last = boundaries.last, last < now { boundaries.append(now) }
    return boundaries
  }
}
