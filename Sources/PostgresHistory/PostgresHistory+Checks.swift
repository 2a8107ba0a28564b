package import Model
import Postgres

extension PostgresHistory {
  package func register(_ checks: [CheckRegistration], in region: String, at moment: Timestamp) async throws {
    let named = Set(checks.map(\.id))
    let movers = checks.filter { $0.movedFrom.map { !named.contains($0) } ?? false }
    let name = archiveName
    try await writeAlone { session in
      // Nobody may begin a stream meanwhile, which would not hear of a pause.
      try Keeping(holding: session, changes: true).refuseFilling(name)
      for check in movers {
        if let old = check.movedFrom { try TakeOver(session, self.partitions).run(from: old, to: check.id) }
      }
      try Registrar(session: session).register(checks, in: region, at: moment.millisecondsSinceEpoch)
    }
  }

  package func takeOver(_ old: CheckID, by new: CheckID) async throws {
    try await writeAlone { session in
      _ = try Keeping(holding: session, changes: true)
      try TakeOver(session, self.partitions).run(from: old, to: new)
    }
  }
}

/// Says of which streams slots are expected.
struct Registrar {
  /// One stream, with what is said of it.
  private struct Known {
    var key: Int64
    var check: CheckID
    /// Nil over all regions.
    var region: String?
    var isSpokenFor: Bool
    var isPaused: Bool
  }

  let session: PostgresSession

  /// A region that nobody has ever spoken for, such as one that was imported, is spoken for by any.
  func register(_ registrations: [CheckRegistration], in region: String, at moment: Int64) throws {
    try session.execute(
      """
      INSERT INTO run_regions (name, registered) VALUES ($1, true)
      ON CONFLICT (name) DO UPDATE SET registered = true WHERE NOT run_regions.registered
      """, [.text(region)])
    let inForce = Dictionary(registrations.map { ($0.id, $0) }) { first, _ in first }
    let rows = try session.execute(
      """
      SELECT s.key, c.id, r.name, NOT r.registered, p.since IS NOT NULL FROM checks c JOIN streams s ON s.check_key = c.key
        LEFT JOIN run_regions r ON r.key = s.region_key LEFT JOIN pauses p ON p.stream = s.key AND p.until IS NULL
      """)
    var known: [Known] = []
    for row in rows {
      guard let check = CheckID(try row[1] as String) else { continue }
      let name: String? = try row[2]
      let isFree = try row[3] as Bool? ?? false
      known.append(
        Known(
          key: try row[0], check: check, region: name, isSpokenFor: name == region || isFree,
          isPaused: try row[4]))
    }
    var began: [Int64] = []
    var ended: [Int64] = []
    func set(_ isPaused: Bool, _ stream: inout Known) {
      guard stream.isPaused != isPaused else { return }
      if isPaused { began.append(stream.key) } else { ended.append(stream.key) }
      stream.isPaused = isPaused
    }
    var inRegions: [CheckID: Bool] = [:]
    for index in known.indices {
      guard let name = known[index].region else { continue }
      if known[index].isSpokenFor {
        set(!(inForce[known[index].check]?.runs(in: name) ?? false), &known[index])
      }
      inRegions[known[index].check] = (inRegions[known[index].check] ?? true) && known[index].isPaused
    }
    for index in known.indices where known[index].region == nil {
      set(inRegions[known[index].check] ?? true, &known[index])
    }
    try session.execute(
      """
      INSERT INTO pauses SELECT s, $2, NULL FROM unnest($1::bigint[]) AS w(s)
      ON CONFLICT (stream, since) DO UPDATE SET until = NULL
      """, [.ints(began), .int(moment)])
    try session.execute(
      "UPDATE pauses SET until = greatest($2, since) WHERE stream = ANY($1) AND until IS NULL",
      [.ints(ended), .int(moment)])
  }
}
