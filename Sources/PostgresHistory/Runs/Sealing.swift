import Model
import Postgres

/// Rolls locked streams up: five minutes from runs, hours from five minutes, days from hours; rhythms and changes of verdict as
/// well.
struct Sealing {
  /// What is made of one stream.
  private struct Draft {
    var stream: LockedStream
    var cadence: Cadence
    var verdict: Verdict?
    var changes: [(StreamSlot, StreamBook.Change)] = []
    var contents: [Int64: BucketContent] = [:]

    /// Takes in the next slot.
    mutating func append(_ mark: RunMark, interval: Int64) {
      cadence.insert(slot: mark.slot, interval: interval) { _ in nil }
      let bucket = RollupLevel.fiveMinutes.floor(mark.slot)
      contents[bucket, default: BucketContent()].append(mark, interval: interval)
    }
  }

  let session: PostgresSession
  let partitions: Partitions

  /// - Parameter streams: such as are not rolled up as far.
  func seal(_ streams: [LockedStream], to target: Int64) throws {
    var drafts = try drafts(of: streams)
    try readRuns(into: &drafts, to: target)
    try combineRuns(into: &drafts, to: target)
    var buckets: [StreamBucket: BucketContent] = [:]
    for (key, draft) in drafts {
      for (bucket, content) in draft.contents { buckets[StreamBucket(stream: key, bucket: bucket)] = content }
    }
    try RollupRows.add(buckets, to: .fiveMinutes, partitions, in: session)
    for level in [RollupLevel.hours, .days] { try fold(into: level, of: streams, to: target) }
    let before = try Cadence.all(of: streams.map(\.key), in: session)
    try StreamBook.storeCadences(drafts.mapValues(\.cadence).filter { before[$0.key] != $0.value }, in: session)
    try StreamBook.storeChanges(drafts.values.flatMap(\.changes), in: session)
    try session.execute(
      "UPDATE streams SET sealed = $2 WHERE key = ANY($1)", [.ints(streams.map(\.key)), .int(target)])
  }

  private func drafts(of streams: [LockedStream]) throws -> [Int64: Draft] {
    let cadences = try Cadence.all(of: streams.map(\.key), in: session)
    var drafts: [Int64: Draft] = [:]
    for stream in streams { drafts[stream.key] = Draft(stream: stream, cadence: cadences[stream.key] ?? Cadence()) }
    let states = try session.execute(
      """
      SELECT w.s, c.mark FROM unnest($1::bigint[]) AS w(s), LATERAL (
        SELECT mark FROM state_changes WHERE stream = w.s ORDER BY slot DESC LIMIT 1) c
      """, [.ints(streams.map(\.key))])
    for row in states { drafts[try row[0]]?.verdict = Verdict(mark: try row[1]) }
    return drafts
  }

  /// The streams with ranges to roll up, as three parameters.
  private func ranges(_ streams: some Sequence<LockedStream>) -> [PostgresValue] {
    let streams = Array(streams)
    return [.ints(streams.map(\.key)), .ints(streams.map(\.sealed))]
  }

  private func readRuns(into drafts: inout [Int64: Draft], to target: Int64) throws {
    let regional = drafts.values.map(\.stream).filter { $0.region != 0 }
    guard let from = regional.map(\.sealed).min() else { return }
    let rows = try session.execute(
      """
      SELECT r.stream, r.slot, r.mark, r.duration_us, r.interval_ms, r.code, r.message
      FROM unnest($1::bigint[], $2::bigint[]) AS w(s, a)
        JOIN runs r ON r.stream = w.s AND r.slot >= w.a AND r.slot >= $4 AND r.slot < $3 ORDER BY 1, 2
      """, ranges(regional) + [.int(target), .int(from)])
    for row in rows {
      let stream: Int64 = try row[0]
      let mark = RunMark(slot: try row[1], mark: try row[2], microseconds: try row[3])
      let interval: Int64 = try row[4]
      drafts[stream]?.append(mark, interval: interval)
      guard drafts[stream]?.verdict != mark.verdict else { continue }
      drafts[stream]?.verdict = mark.verdict
      let change = StreamBook.Change(verdict: mark.verdict, code: try row[5], message: try row[6])
      drafts[stream]?.changes.append((StreamSlot(stream: stream, slot: mark.slot), change))
    }
  }

  private func combineRuns(into drafts: inout [Int64: Draft], to target: Int64) throws {
    let combined = drafts.values.map(\.stream).filter { $0.region == 0 }
    guard let from = combined.map(\.sealed).min() else { return }
    let rows = try session.execute(
      """
      SELECT w.s, r.slot, r.mark, r.interval_ms, j.verdict FROM unnest($1::bigint[], $2::bigint[]) AS w(s, a)
        JOIN streams o ON o.combined = w.s
        JOIN runs r ON r.stream = o.key AND r.slot >= w.a AND r.slot >= $4 AND r.slot < $3
        LEFT JOIN judged j ON j.stream = w.s AND j.slot = r.slot ORDER BY 1, 2
      """, ranges(combined) + [.int(target), .int(from)])
    var place: StreamSlot?
    var marks: [RunMark] = []
    var interval = Int64.max
    var judged: Verdict?
    func finish() {
      guard let place else { return }
      drafts[place.stream]?.append(.overRegions(marks, slot: place.slot, judged: judged), interval: interval)
    }
    for row in rows {
      let own = StreamSlot(stream: try row[0], slot: try row[1])
      if own != place {
        finish()
        (place, marks, interval) = (own, [], .max)
      }
      marks.append(RunMark(slot: own.slot, mark: try row[2], microseconds: nil))
      interval = min(interval, try row[3])
      judged = (try row[4] as Int64?).map { Verdict(mark: $0) }
    }
    finish()
  }

  /// Makes the rows of buckets that are whole by now from those of the next finer level.
  private func fold(into level: RollupLevel, of streams: [LockedStream], to target: Int64) throws {
    guard let finer = level.finer else { return }
    let due = streams.filter { level.floor($0.sealed) < level.floor(target) }
    let rows = try RollupRows.rows(
      finer, of: due.map { ($0.key, level.floor($0.sealed), level.floor(target)) }, in: session)
    var whole: [StreamBucket: BucketContent] = [:]
    for (key, content) in rows.sorted(by: { ($0.key.stream, $0.key.bucket) < ($1.key.stream, $1.key.bucket) }) {
      whole[StreamBucket(stream: key.stream, bucket: level.floor(key.bucket)), default: BucketContent()].merge(content)
    }
    try RollupRows.add(whole, to: level, partitions, in: session)
  }
}
