import Model
import Postgres

/// What must be known of a locked stream to work late runs into it, and what they change.
struct StreamBook {
  /// From which slot on a stream has another verdict.
  struct Change: Hashable {
    var verdict: Verdict
    var code: String?
    var message: [UInt8]?
  }

  private let stream: LockedStream
  private let keeping: Keeping
  /// The slots of roll-ups from the first late run on, in order.
  private var known: [Int64] = []
  private var cadence = Cadence()
  private var cadenceBefore = Cadence()
  /// By slot, from the last one before the first late run.
  private var changes: [Int64: Change] = [:]
  /// Their slots, in order.
  private var changeSlots: [Int64] = []
  private var changesBefore: [Int64: Change] = [:]
  private var contents: [RollupLevel: [Int64: BucketContent]] = [:]

  /// A book of a stream that knows nothing of it: good for corrections only.
  init(_ stream: LockedStream, _ keeping: Keeping) {
    self.stream = stream
    self.keeping = keeping
  }

  /// Reads what is known of streams from a slot on.
  static func load(
    of streams: [(stream: LockedStream, first: Int64)], _ keeping: Keeping, in session: PostgresSession
  ) throws -> [Int64: StreamBook] {
    var books: [Int64: StreamBook] = [:]
    var wanted: [RollupLevel: [(stream: Int64, from: Int64, to: Int64)]] = [:]
    for (stream, first) in streams {
      books[stream.key] = StreamBook(stream, keeping)
      let from = keeping.level(at: first).floor(first)
      for part in WindowPart.parts(from: from, to: stream.sealed, sealed: stream.sealed) {
        if let level = part.level { wanted[level, default: []].append((stream.key, part.from, part.to)) }
      }
    }
    for (level, streams) in wanted {
      for (key, content) in try RollupRows.rows(level, of: streams, in: session) {
        books[key.stream]?.known += content.slots.starts
      }
    }
    for (stream, cadence) in try Cadence.all(of: Array(books.keys), in: session) {
      books[stream]?.cadence = cadence
      books[stream]?.cadenceBefore = cadence
    }
    let firsts = streams.map { ($0.stream.key, $0.first) }
    for row in try session.execute(
      """
      SELECT c.stream, c.slot, c.mark, c.code, c.message FROM unnest($1::bigint[], $2::bigint[]) AS w(s, t)
        JOIN state_changes c ON c.stream = w.s AND c.slot >= coalesce(
          (SELECT max(b.slot) FROM state_changes b WHERE b.stream = w.s AND b.slot < w.t), w.t)
      """, [.ints(firsts.map(\.0)), .ints(firsts.map(\.1))])
    {
      books[try row[0]]?.changes[try row[1]] = Change(
        verdict: Verdict(mark: try row[2]), code: try row[3], message: try row[4])
    }
    return books.mapValues { book in
      var book = book
      book.known.sort()
      book.changeSlots = book.changes.keys.sorted()
      book.changesBefore = book.changes
      return book
    }
  }

  /// Whether a slot has a run, as far as roll-ups say.
  func isKnown(_ slot: Int64) -> Bool {
    let index = firstKnown(from: slot)
    return index < known.count && known[index] == slot
  }

  /// Takes in a late run of a region; they come in order of slots.
  mutating func add(_ late: IncomingRun) {
    var totals = Totals()
    totals.count(late.mark, interval: late.interval)
    add(slot: late.mark.slot, interval: late.interval, totals, isNew: true)
    if late.mark.isTimed, let microseconds = late.mark.microseconds {
      change(late.mark.slot) { $0.latency.add(microseconds: microseconds) }
    }
    note(late)
  }

  /// Takes in what a late run changes; they come in order of slots.
  mutating func add(slot: Int64, interval: Int64, _ totals: Totals, isNew: Bool) {
    let known = known
    cadence.insert(slot: slot, interval: interval) { slot in
      let index = Self.first(in: known, from: slot + 1)
      return index < known.count ? known[index] : nil
    }
    change(slot) { content in
      content.totals = content.totals + totals
      if isNew { content.slots.append(slot) }
    }
  }

  /// Changes counts only.
  mutating func correct(slot: Int64, _ totals: Totals) {
    change(slot) { $0.totals = $0.totals + totals }
  }

  /// Of the levels that hold the slot, its bucket.
  private mutating func change(_ slot: Int64, _ body: (inout BucketContent) -> Void) {
    for level in RollupLevel.allCases where slot >= keeping.cut(level) && slot < level.floor(stream.sealed) {
      body(&contents[level, default: [:]][level.floor(slot), default: BucketContent()])
    }
  }

  /// Keeps changes of verdict true when a run comes between others.
  private mutating func note(_ late: IncomingRun) {
    let slot = late.mark.slot
    let place = Self.first(in: changeSlots, from: slot)
    let before = place == 0 ? nil : changes[changeSlots[place - 1]]?.verdict
    guard before != late.mark.verdict else { return }
    set(
      Change(
        verdict: late.mark.verdict, code: late.run.reason?.code.rawValue,
        message: late.run.reason.map { Array($0.message.utf8) }), at: slot)
    let index = firstKnown(from: slot + 1)
    guard index < known.count else { return }
    let next = known[index]
    if changes[next]?.verdict == late.mark.verdict {
      set(nil, at: next)
    } else if changes[next] == nil, let before {
      set(Change(verdict: before, code: nil, message: nil), at: next)
    }
  }

  private mutating func set(_ change: Change?, at slot: Int64) {
    let place = Self.first(in: changeSlots, from: slot)
    let isThere = place < changeSlots.count && changeSlots[place] == slot
    if change == nil, isThere { changeSlots.remove(at: place) }
    if change != nil, !isThere { changeSlots.insert(slot, at: place) }
    changes[slot] = change
  }

  private func firstKnown(from slot: Int64) -> Int { Self.first(in: known, from: slot) }

  private static func first(in slots: [Int64], from slot: Int64) -> Int {
    var low = 0
    var high = slots.count
    while low < high {
      let middle = (low + high) / 2
      if slots[middle] < slot { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Writes what has changed.
  static func store(
    _ books: [Int64: StreamBook], _ keeping: Keeping, _ partitions: Partitions, in session: PostgresSession
  ) throws {
    for level in RollupLevel.allCases {
      var wanted: [StreamBucket: BucketContent] = [:]
      for (key, book) in books {
        for (bucket, content) in book.contents[level] ?? [:] {
          wanted[StreamBucket(stream: key, bucket: bucket)] = content
        }
      }
      guard !wanted.isEmpty else { continue }
      var merged = try RollupRows.rows(level, at: Array(wanted.keys), in: session)
      for (key, content) in wanted { merged[key, default: BucketContent()].merge(content) }
      try RollupRows.put(merged, to: level, partitions, in: session)
    }
    try storeCadences(books.filter { $0.value.cadence != $0.value.cadenceBefore }.mapValues(\.cadence), in: session)
    var gone: [StreamSlot] = []
    var new: [(StreamSlot, Change)] = []
    for (key, book) in books {
      gone += book.changesBefore.keys.filter { book.changes[$0] == nil }.map { StreamSlot(stream: key, slot: $0) }
      new += book.changes.filter { book.changesBefore[$0.key] != $0.value }.map {
        (StreamSlot(stream: key, slot: $0.key), $0.value)
      }
    }
    if !gone.isEmpty {
      try session.execute(
        """
        DELETE FROM state_changes c USING unnest($1::bigint[], $2::bigint[]) AS w(s, t)
        WHERE c.stream = w.s AND c.slot = w.t
        """, [.ints(gone.map(\.stream)), .ints(gone.map(\.slot))])
    }
    try storeChanges(new, in: session)
  }

  /// Writes rhythms anew, and what the last stretch of each is.
  static func storeCadences(_ cadences: [Int64: Cadence], in session: PostgresSession) throws {
    guard !cadences.isEmpty else { return }
    try session.execute("DELETE FROM cadences WHERE stream = ANY($1)", [.ints(Array(cadences.keys))])
    let stretches = cadences.flatMap { key, cadence in cadence.stretches.map { (key, $0) } }
    let ints = [
      PostgresValue.ints(stretches.map(\.0)), .ints(stretches.map(\.1.sinceMilliseconds)),
      .ints(stretches.map(\.1.intervalMilliseconds)),
    ]
    try session.execute(
      "INSERT INTO cadences SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])", ints)
    let last = cadences.compactMap { key, cadence in cadence.stretches.last.map { (key, $0) } }
    try session.execute(
      """
      UPDATE streams SET beat_since = w.t, beat_interval = w.i
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(s, t, i) WHERE key = w.s
      """,
      [
        .ints(last.map(\.0)), .ints(last.map(\.1.sinceMilliseconds)), .ints(last.map(\.1.intervalMilliseconds)),
      ])
  }

  /// Writes changes of verdict over those of their slots.
  static func storeChanges(_ changes: [(StreamSlot, Change)], in session: PostgresSession) throws {
    guard !changes.isEmpty else { return }
    try session.run(
      "CREATE TEMP TABLE IF NOT EXISTS incoming_changes (LIKE state_changes) ON COMMIT DELETE ROWS")
    try session.copyIn("incoming_changes (stream, slot, mark, code, message)") { writer in
      for (place, change) in changes {
        writer.row(columns: 5)
        writer.int32(Int32(truncatingIfNeeded: place.stream))
        writer.int64(place.slot)
        writer.int16(Int16(change.verdict.mark))
        writer.text(change.code)
        writer.blob(change.message)
      }
    }
    try session.execute(
      """
      INSERT INTO state_changes SELECT * FROM incoming_changes
      ON CONFLICT (stream, slot) DO UPDATE SET mark = excluded.mark, code = excluded.code, message = excluded.message
      """)
    try session.run("TRUNCATE incoming_changes")
  }
}

extension Cadence {
  /// The rhythms of streams as far as they are rolled up, by stream; those without any are left out.
  static func all(of streams: [Int64], in session: PostgresSession) throws -> [Int64: Cadence] {
    let rows = try session.execute(
      "SELECT stream, since, interval_ms FROM cadences WHERE stream = ANY($1) ORDER BY stream, since", [.ints(streams)])
    var stretches: [Int64: [Cadence.Stretch]] = [:]
    for row in rows {
      stretches[try row[0], default: []].append(
        Cadence.Stretch(sinceMilliseconds: try row[1], intervalMilliseconds: try row[2]))
    }
    return stretches.mapValues { Cadence($0) }
  }
}
