import Model
import Postgres

/// Runs of slots that are rolled up already, or are about to be: those of a region that was cut off, and imports. They are
/// worked into the roll-ups with everything of their streams locked, so that a figure is the same as if they had come in time.
struct LateRuns {
  private let session: PostgresSession
  private let keeping: Keeping
  private let partitions: Partitions
  private let runs: [IncomingRun]
  /// What is locked, by key.
  private let streams: [Int64: LockedStream]

  /// Locks the streams that runs change, and those over all regions.
  ///
  /// - Parameter runs: by stream and slot, each slot once.
  init(_ runs: [IncomingRun], _ keeping: Keeping, _ partitions: Partitions, in session: PostgresSession) throws {
    self.session = session
    self.keeping = keeping
    self.partitions = partitions
    self.runs = runs
    streams = try LockedStream.lock(Set(runs.map(\.stream)), in: session)
  }

  /// Works them in.
  ///
  /// - Parameter stored: the slots that got a row; of those, the other runs were known, or are older than runs are kept.
  /// - Returns: how many were new.
  func apply(stored: Set<StreamSlot>) throws -> Int {
    var books = try StreamBook.load(
      of: Dictionary(grouping: runs, by: \.stream).compactMap { key, runs in
        streams[key].flatMap { stream in runs.first.map { (stream, $0.mark.slot) } }
      }, keeping, in: session)
    var accepted: [Int64: [IncomingRun]] = [:]
    var count = 0
    for run in runs {
      guard let stream = streams[run.stream] else { continue }
      let slot = run.mark.slot
      let isNew =
        slot >= keeping.runsCut
        ? stored.contains(StreamSlot(stream: run.stream, slot: slot))
        // Nobody can tell any more what was there before the last cut, so all of it counts as known.
        : slot >= keeping.daysCut && books[run.stream]?.isKnown(slot) == false
      guard isNew else { continue }
      count += 1
      // What is not rolled up yet will be, with all the rest.
      guard slot < stream.sealed else { continue }
      books[run.stream]?.add(run)
      accepted[stream.combined ?? 0, default: []].append(run)
    }
    accepted[0] = nil
    try combine(accepted, into: &books)
    try StreamBook.store(books, keeping, partitions, in: session)
    return count
  }

  /// Lets streams over all regions know of late runs.
  ///
  /// - Parameter runs: by the stream over all regions.
  private func combine(_ runs: [Int64: [IncomingRun]], into books: inout [Int64: StreamBook]) throws {
    var wanted: [(stream: LockedStream, slots: [Int64])] = []
    for (key, runs) in runs.sorted(by: { $0.key < $1.key }) {
      guard let stream = streams[key] else { continue }
      let slots = Set(runs.map(\.mark.slot)).filter { $0 < stream.sealed }.sorted()
      if !slots.isEmpty { wanted.append((stream, slots)) }
    }
    guard !wanted.isEmpty else { return }
    let own = try StreamBook.load(of: wanted.map { ($0.stream, $0.slots[0]) }, keeping, in: session)
    books.merge(own) { $1 }
    let slots = wanted.flatMap { wanted in wanted.slots.map { StreamSlot(stream: wanted.stream.key, slot: $0) } }
    let marks = try RegionalMarks(of: slots, in: session)
    for (stream, slots) in wanted {
      let added = Dictionary(grouping: runs[stream.key] ?? [], by: \.mark.slot)
      for slot in slots {
        guard let added = added[slot], let interval = added.first?.interval else { continue }
        let place = StreamSlot(stream: stream.key, slot: slot)
        let addedStreams = Set(added.map(\.stream))
        let others = marks.runs[place, default: []].filter { !addedStreams.contains($0.stream) }.map(\.mark)
        let isKnown = books[stream.key]?.isKnown(slot) == true
        // Where the other regions' runs are gone, what was said of the slot first stays.
        if others.isEmpty, isKnown { continue }
        let held = marks.judged[place]
        var totals = Totals()
        if !others.isEmpty {
          totals.count(.overRegions(others, slot: slot, judged: held), interval: interval, sign: -1)
        }
        totals.count(.overRegions(others + added.map(\.mark), slot: slot, judged: held), interval: interval)
        books[stream.key]?.add(slot: slot, interval: interval, totals, isNew: others.isEmpty)
      }
    }
  }
}

/// The row of a stream that is locked until the transaction ends.
struct LockedStream: Hashable, Sendable {
  var key: Int64
  var check: Int64
  /// 0 over all regions.
  var region: Int64
  /// The stream over all regions of its check.
  var combined: Int64?
  /// Up to where it is rolled up.
  var sealed: Int64

  static let columns = "key, check_key, region_key, combined, sealed"

  init(_ row: PostgresRow) throws {
    key = try row[0]
    check = try row[1]
    region = try row[2]
    combined = try row[3]
    sealed = try row[4]
  }

  /// Locks streams, and those over all regions of their checks, in the order of their keys.
  ///
  /// - Throws: a fault of kind `conflict` when a check got its stream over all regions at this moment.
  static func lock(_ keys: Set<Int64>, in session: PostgresSession) throws -> [Int64: LockedStream] {
    let rows = try session.execute(
      """
      SELECT \(columns) FROM streams
      WHERE key = ANY($1) OR key IN (SELECT o.combined FROM streams o WHERE o.key = ANY($1)) ORDER BY key FOR UPDATE
      """, [.ints(Array(keys))])
    let found: [Int64: LockedStream] = try rows.reduce(into: [:]) { found, row in
      let stream = try LockedStream(row)
      found[stream.key] = stream
    }
    for stream in found.values {
      guard let combined = stream.combined, found[combined] == nil else { continue }
      throw PostgresFault(.conflict, "a region began to run a check that was worked on")
    }
    return found
  }
}

/// What regions said of slots, as far as their runs are kept, and what is held of them.
struct RegionalMarks {
  var runs: [StreamSlot: [(stream: Int64, mark: RunMark)]] = [:]
  /// From each slot to the next one of its check.
  var intervals: [StreamSlot: Int64] = [:]
  var judged: [StreamSlot: Verdict] = [:]

  /// - Parameter slots: of streams over all regions.
  init(of slots: [StreamSlot], in session: PostgresSession) throws {
    let parameters: [PostgresValue] = [.ints(slots.map(\.stream)), .ints(slots.map(\.slot))]
    let rows = try session.execute(
      """
      SELECT w.s, w.t, r.stream, r.mark, r.interval_ms FROM unnest($1::bigint[], $2::bigint[]) AS w(s, t)
        JOIN streams o ON o.combined = w.s JOIN runs r ON r.stream = o.key AND r.slot = w.t
      """, parameters)
    for row in rows {
      let slot: Int64 = try row[1]
      let place = StreamSlot(stream: try row[0], slot: slot)
      runs[place, default: []].append((try row[2], RunMark(slot: slot, mark: try row[3], microseconds: nil)))
      intervals[place] = min(intervals[place] ?? .max, try row[4])
    }
    let verdicts = try session.execute(
      """
      SELECT w.s, w.t, j.verdict FROM unnest($1::bigint[], $2::bigint[]) AS w(s, t)
        JOIN judged j ON j.stream = w.s AND j.slot = w.t
      """, parameters)
    for row in verdicts { judged[StreamSlot(stream: try row[0], slot: try row[1])] = Verdict(mark: try row[2]) }
  }
}
