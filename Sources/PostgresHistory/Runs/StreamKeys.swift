import Model
import Postgres
import Synchronization

/// One check in one region.
struct Origin: Hashable, Sendable {
  var check: CheckID
  var region: String
}

/// The keys of streams and nodes, by their names. They are remembered from one transaction to the next, and forgotten when
/// somebody has given streams other names.
final class StreamKeys: Sendable {
  private struct State {
    var generation: Int64 = .min
    var streams: [Origin: Int64] = [:]
    var nodes: [String: Int64] = [:]
  }

  private let state = Mutex(State())

  /// The keys of what runs speak of; what is new is made.
  ///
  /// - Parameter begins: makes streams, given those that nobody knows.
  func streams(
    of origins: Set<Origin>, _ keeping: Keeping, in session: PostgresSession,
    begins: (Set<Origin>) throws -> [Origin: Int64]
  ) throws -> [Origin: Int64] {
    var found = state.withLock { state in
      if state.generation != keeping.generation {
        state.generation = keeping.generation
        state.streams = [:]
      }
      return state.streams.count < origins.count / 2
        ? state.streams.filter { origins.contains($0.key) }
        : origins.reduce(into: [:]) { $0[$1] = state.streams[$1] }
    }
    guard found.count < origins.count else { return found }
    let unknown = origins.filter { found[$0] == nil }
    let rows = try session.execute(
      """
      SELECT w.id, w.name, s.key FROM unnest($1::text[], $2::text[]) AS w(id, name)
        JOIN checks c ON c.id = w.id JOIN run_regions r ON r.name = w.name
        JOIN streams s ON s.check_key = c.key AND s.region_key = r.key
      """, [.texts(unknown.map(\.check.text)), .texts(unknown.map(\.region))])
    var stored: [Origin: Int64] = [:]
    for row in rows {
      guard let check = CheckID(try row[0] as String) else { continue }
      stored[Origin(check: check, region: try row[1])] = try row[2]
    }
    // What this transaction makes is not remembered: it may be undone.
    state.withLock { state in
      if state.generation == keeping.generation { state.streams.merge(stored) { $1 } }
    }
    found.merge(stored) { $1 }
    let missing = unknown.filter { stored[$0] == nil }
    if !missing.isEmpty { found.merge(try begins(missing)) { $1 } }
    return found
  }

  /// The keys of nodes; those that are new are made.
  func nodes(_ names: Set<String>, in session: PostgresSession) throws -> [String: Int64] {
    var found = state.withLock { state in names.reduce(into: [:]) { $0[$1] = state.nodes[$1] } }
    guard found.count < names.count else { return found }
    let stored = try Self.keys(names.filter { found[$0] == nil }, "run_nodes", "name", in: session)
    state.withLock { $0.nodes.merge(stored) { $1 } }
    found.merge(stored) { $1 }
    let missing = names.filter { found[$0] == nil }
    guard !missing.isEmpty else { return found }
    found.merge(try Self.make(missing, "run_nodes", "name", in: session)) { $1 }
    return found
  }

  /// Those that are there already.
  static func keys(
    _ names: some Collection<String>, _ table: String, _ column: String, in session: PostgresSession
  ) throws -> [String: Int64] {
    let rows = try session.execute(
      "SELECT \(column), key FROM \(table) WHERE \(column) = ANY($1)", [.texts(Array(names))])
    return try rows.reduce(into: [:]) { $0[try $1[0]] = try $1[1] as Int64 }
  }

  /// All of them, in one order whoever makes them, so that nobody waits in a circle.
  static func make(
    _ names: some Collection<String>, _ table: String, _ column: String, in session: PostgresSession
  ) throws -> [String: Int64] {
    try session.execute(
      """
      INSERT INTO \(table) (\(column)) SELECT name COLLATE "C" FROM unnest($1::text[]) AS w(name) ORDER BY 1
      ON CONFLICT DO NOTHING
      """, [.texts(Array(Set(names)))])
    return try keys(names, table, column, in: session)
  }
}
