import Model
import Postgres

/// How many slots in ranges have a run, asked of many streams together. Exact also where runs are gone, for roll-ups keep which
/// slots they were.
struct SlotQuestions {
  /// A range of one stream.
  private struct Question: Hashable {
    var stream: Int64
    var range: Range<Int64>
  }

  private let keeping: Keeping
  /// By whether the stream is one over all regions.
  private var asked: [Bool: Set<Question>] = [:]
  private var counts: [Question: Int64] = [:]

  init(keeping: Keeping) {
    self.keeping = keeping
  }

  mutating func ask(_ range: Range<Int64>, of stream: NamedStream) {
    asked[stream.isCombined, default: []].insert(Question(stream: stream.key, range: range))
  }

  /// What was found of a range that was asked for.
  func count(_ range: Range<Int64>, of stream: NamedStream) -> Int64 {
    counts[Question(stream: stream.key, range: range)] ?? 0
  }

  /// Looks all of them up.
  func answers(_ session: PostgresSession) throws -> SlotQuestions {
    var answered = self
    for (isCombined, questions) in asked {
      let questions = Array(questions)
      try answered.countRuns(questions, isCombined, session)
      try answered.countRollups(questions, session)
    }
    return answered
  }

  private mutating func countRuns(
    _ questions: [Question], _ isCombined: Bool, _ session: PostgresSession
  ) throws {
    let kept = questions.filter { $0.range.upperBound > keeping.runsCut }
    guard !kept.isEmpty else { return }
    let bounds = "slot >= w.a AND slot < w.b AND slot >= $4 AND slot < $5"
    let count =
      isCombined
      ? "count(DISTINCT slot) FROM streams o JOIN runs ON stream = o.key WHERE o.combined = w.s AND \(bounds)"
      : "count(*) FROM runs WHERE stream = w.s AND \(bounds)"
    let begins = kept.map { max($0.range.lowerBound, keeping.runsCut) }
    // The bounds of all are said once more, because those are what partitions are chosen by.
    let rows = try session.execute(
      """
      SELECT w.n - 1, (SELECT \(count))
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS w(s, a, b, n)
      """,
      [
        .ints(kept.map(\.stream)), .ints(begins), .ints(kept.map(\.range.upperBound)), .int(begins.min() ?? 0),
        .int(kept.map(\.range.upperBound).max() ?? 0),
      ])
    for row in rows { counts[kept[try row[0]], default: 0] += try row[1] as Int64 }
  }

  private mutating func countRollups(_ questions: [Question], _ session: PostgresSession) throws {
    for level in RollupLevel.allCases {
      // Each level answers for the time that the next finer one has lost.
      let finerCut = level.finer.map { keeping.cut($0) } ?? keeping.runsCut
      let held = keeping.cut(level)..<max(finerCut, keeping.cut(level))
      let parts = questions.map { ($0, $0.range.clamped(to: held)) }.filter { !$0.1.isEmpty }
      guard !parts.isEmpty else { continue }
      let rows = try session.execute(
        """
        SELECT w.n - 1, t.bucket, t.slots
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS w(s, a, b, n)
          JOIN \(level.table) t ON t.stream = w.s AND t.bucket >= w.a AND t.bucket < w.b
        """,
        [
          .ints(parts.map(\.0.stream)), .ints(parts.map { level.floor($0.1.lowerBound) }),
          .ints(parts.map(\.1.upperBound)),
        ])
      for row in rows {
        let (question, part) = parts[try row[0]]
        guard let slots = SlotSet(encoded: try row[2] as [UInt8], origin: try row[1], width: level.width) else {
          continue
        }
        let count = slots.count(before: part.upperBound) - slots.count(before: part.lowerBound)
        counts[question, default: 0] += Int64(count)
      }
    }
  }
}
