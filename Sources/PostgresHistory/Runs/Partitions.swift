import Model
import Postgres
import Synchronization

/// Tables that lie in partitions by time.
enum PartitionedTable: String, CaseIterable, Sendable {
  case runs
  case fiveMinutes = "five_minutes"
  case hours

  /// The column that partitions are made by, in milliseconds since the epoch.
  var column: String { self == .runs ? "slot" : "bucket" }

  /// How long one partition is, in milliseconds: of hours a month or so, for they are kept for a year.
  var width: Int64 { self == .hours ? 32 * RollupLevel.days.width : RollupLevel.days.width }

  /// The table of a level; nil for days, which are kept for ever.
  init?(_ level: RollupLevel) {
    switch level {
    case .fiveMinutes: self = .fiveMinutes
    case .hours: self = .hours
    case .days: return nil
    }
  }

  /// The number of the partition that a moment falls into.
  func number(of moment: Int64) -> Int64 { moment.flooredQuotient(by: width) }

  /// `runs_20454`; a minus cannot stand in a name.
  func name(_ number: Int64) -> String { "\(rawValue)_\(number < 0 ? "m" : "")\(number.magnitude)" }

  /// Reads `name`.
  func number(named name: String) -> Int64? {
    guard name.hasPrefix(rawValue + "_") else { return nil }
    let digits = name.dropFirst(rawValue.count + 1)
    return digits.first == "m" ? Int64(digits.dropFirst()).map { -$0 } : Int64(digits)
  }
}

/// Makes and drops partitions.
final class Partitions: Sendable {
  /// Those that were there once; they go only when nobody writes into them any more.
  private let known = Mutex<Set<String>>([])

  /// "CRLP": the advisory lock under which partitions are made.
  private static let lock: Int64 = 0x4352_4C50

  /// Sees to it that moments of a table have their partitions.
  ///
  /// A new one is attached, which disturbs nobody; of several who need it, one makes it and the others wait.
  func ensure(_ table: PartitionedTable, for moments: some Sequence<Int64>, in session: PostgresSession) throws {
    let wanted = Dictionary(moments.map { table.number(of: $0) }.map { (table.name($0), $0) }) { first, _ in first }
    guard known.withLock({ known in wanted.keys.contains { !known.contains($0) } }) else { return }
    // Those that this transaction makes are not remembered: it may be undone.
    let there = try Self.names(of: table, in: session)
    known.withLock { $0.formUnion(there) }
    guard wanted.keys.contains(where: { !there.contains($0) }) else { return }
    try session.execute("SELECT pg_advisory_xact_lock($1)", [.int(Self.lock)])
    let now = try Self.names(of: table, in: session)
    for (name, number) in wanted.sorted(by: { $0.value < $1.value }) where !now.contains(name) {
      try session.run(
        """
        CREATE TABLE \(name) (LIKE \(table.rawValue));
        ALTER TABLE \(table.rawValue) ATTACH PARTITION \(name)
          FOR VALUES FROM (\(number * table.width)) TO (\((number + 1) * table.width));
        """)
    }
  }

  /// Drops the partitions of a table that end at `moment` or before. Nobody reads or writes them any more.
  ///
  /// - Returns: how many were dropped.
  @discardableResult
  func drop(_ table: PartitionedTable, before moment: Int64, in session: PostgresSession) throws -> Int {
    let gone = try Self.names(of: table, in: session).filter { name in
      table.number(named: name).map { ($0 + 1) * table.width <= moment } ?? false
    }
    guard !gone.isEmpty else { return 0 }
    known.withLock { $0.subtract(gone) }
    // A long report may hold the table; those who come after it must not wait long for it with us.
    try session.run("SET LOCAL lock_timeout = '1s'; DROP TABLE \(gone.sorted().joined(separator: ", "))")
    return gone.count
  }

  /// The begin of the first partition of runs that ends after a moment; nil where there is none.
  static func firstRuns(after moment: Int64, in session: PostgresSession) throws -> Int64? {
    let numbers = try names(of: .runs, in: session).compactMap { PartitionedTable.runs.number(named: $0) }
    let width = PartitionedTable.runs.width
    return numbers.sorted().first { ($0 + 1) * width > moment }.map { $0 * width }
  }

  private static func names(of table: PartitionedTable, in session: PostgresSession) throws -> Set<String> {
    let rows = try session.execute(
      """
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass($1)
      """, [.text(table.rawValue)])
    return Set(try rows.map { try $0[0] as String })
  }
}
