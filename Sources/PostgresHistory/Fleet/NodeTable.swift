import Model
import Postgres

/// Nodes, and who of them runs what.
struct NodeTable {
  /// Spools of a node that it no longer has are forgotten after so long, in milliseconds: 30 days.
  private static let spoolLifetime: Int64 = 30 * 86_400_000
  /// Who was heard of since is not forgotten, however many there are, in milliseconds: an hour.
  private static let silence: Int64 = 3_600_000

  let session: PostgresSession

  // MARK: Nodes

  /// Takes a node in, or again with what it says now.
  ///
  /// - Throws: `FleetFault.foreignName` where another region's node of that name is remembered.
  func register(_ node: NodeDescription) throws -> NodeStanding {
    let spool = Int64(bitPattern: node.spool)
    let labels = node.labels.sorted { $0.key < $1.key }
    let kept = try session.execute(
      """
      INSERT INTO fleet_nodes AS known (name, region, labels, version, spool, registered, seen)
      VALUES ($1, $2, json_object($3, $4), $5, $6, \(FleetTables.now), \(FleetTables.now))
      ON CONFLICT (name) DO UPDATE SET region = excluded.region, labels = excluded.labels, version = excluded.version,
        spool = excluded.spool, seen = excluded.seen, beat_region = NULL
      WHERE known.region = excluded.region OR known.seen < excluded.seen - $7
      """,
      [
        .text(node.name), .text(node.region), .texts(labels.map(\.key)), .texts(labels.map(\.value)),
        .text(node.version), .int(spool), .int(NodeDescription.memory.nanoseconds / 1_000_000),
      ])
    if kept.affected == 0 {
      let region: String? = try session.value("SELECT region FROM fleet_nodes WHERE name = $1", [.text(node.name)])
      throw FleetFault.foreignName(node.name, region: region ?? "")
    }
    try session.execute(
      """
      INSERT INTO fleet_spools (node, spool, acknowledged, stored) VALUES ($1, $2, 0, \(FleetTables.now))
      ON CONFLICT DO NOTHING
      """, [.text(node.name), .int(spool)])
    try session.execute(
      "DELETE FROM fleet_spools WHERE node = $1 AND spool <> $2 AND stored < \(FleetTables.now) - $3",
      [.text(node.name), .int(spool), .int(Self.spoolLifetime)])
    guard let standing = try standings("n.name = $1", .text(node.name)).first else {
      throw FleetFault.unknownNode(node.name)
    }
    return standing
  }

  /// Keeps a beat.
  ///
  /// - Returns: false for a node that nobody registered in that region.
  func keep(_ beat: NodeBeat) throws -> Bool {
    try session.execute(
      """
      UPDATE fleet_nodes SET seen = \(FleetTables.now), beat_region = $2, beat_configuration = $3, beat_epoch = $4,
        beat_offset_ns = $5, beat_spool = $6, beat_wait_ms = $7, beat_dropped = $8, beat_checks = $9, beat_leaving = $10
      WHERE name = $1 AND region = $2
      """,
      [
        .text(beat.node), .text(beat.region), .int(beat.configuration), .int(beat.epoch),
        .optional(beat.clockOffset?.nanoseconds), .int(Int64(beat.spoolLength)),
        .optional(beat.oldestWait.map { $0.nanoseconds / 1_000_000 }), .int(Int64(beat.dropped)),
        .int(Int64(beat.checks)), .bool(beat.isLeaving),
      ]
    ).affected > 0
  }

  /// Those that were seen within an age.
  func nodes(seenWithin age: Duration) throws -> [NodeStanding] {
    try standings("n.seen >= \(FleetTables.now) - $1", .int(age.nanoseconds / 1_000_000))
  }

  /// Believes a node no more, or again.
  func setQuarantine(_ quarantine: Quarantine?, of node: String) throws {
    let updated = try session.execute(
      "UPDATE fleet_nodes SET quarantined = $2, quarantine = $3 WHERE name = $1",
      [.text(node), .optional(quarantine?.since.millisecondsSinceEpoch), .optional(quarantine?.reason)])
    guard updated.affected > 0 else { throw FleetFault.unknownNode(node) }
  }

  /// Nodes by region and name.
  private func standings(_ condition: String, _ value: PostgresValue) throws -> [NodeStanding] {
    var labels: [String: [String: String]] = [:]
    let words = "SELECT n.name, l.key, l.value FROM fleet_nodes n, json_each_text(n.labels) l WHERE \(condition)"
    for row in try session.execute(words, [value]) { labels[try row[0], default: [:]][try row[1]] = try row[2] }
    let rows = try session.execute(
      """
      SELECT n.name, n.region, n.version, n.spool, n.registered, n.seen, n.quarantined,
        n.quarantine, n.beat_region, n.beat_configuration, n.beat_epoch, n.beat_offset_ns, n.beat_spool, n.beat_wait_ms,
        n.beat_dropped, n.beat_checks, n.beat_leaving, s.acknowledged, s.ahead_first, s.ahead_last
      FROM fleet_nodes n LEFT JOIN fleet_spools s ON s.node = n.name AND s.spool = n.spool
      WHERE \(condition) ORDER BY n.region COLLATE "C", n.name COLLATE "C"
      """, [value])
    return try rows.map { row in
      let name: String = try row[0]
      let description = NodeDescription(
        name: name, region: try row[1], labels: labels[name] ?? [:], version: try row[2],
        spool: UInt64(bitPattern: try row[3]))
      let quarantined: Int64? = try row[6]
      let reason: String? = try row[7]
      return NodeStanding(
        description: description, registered: Timestamp(millisecondsSinceEpoch: try row[4]),
        lastSeen: Timestamp(millisecondsSinceEpoch: try row[5]), beat: try beat(of: name, in: row),
        progress: try FleetTables.progress(row, from: 17),
        quarantine: quarantined.map { Quarantine(since: Timestamp(millisecondsSinceEpoch: $0), reason: reason ?? "") })
    }
  }

  private func beat(of node: String, in row: PostgresRow) throws -> NodeBeat? {
    guard let region: String = try row[8] else { return nil }
    let offset: Int64? = try row[11]
    let wait: Int64? = try row[13]
    return NodeBeat(
      node: node, region: region, configuration: try row[9], epoch: try row[10],
      clockOffset: offset.map { .nanoseconds($0) }, spoolLength: try row[12],
      oldestWait: wait.map { .milliseconds($0) }, dropped: try row[14], checks: try row[15], isLeaving: try row[16])
  }

  // MARK: Upkeep

  /// Forgets nodes that were not heard of for long, spools that nothing came of for longer, and the memberships of regions that are
  /// gone.
  func forget() throws {
    // The hub itself never beats; it has a name that no node can have.
    try session.execute(
      "DELETE FROM fleet_nodes WHERE seen < \(FleetTables.now) - $1 AND name NOT LIKE '(%'",
      [.int(NodeDescription.memory.nanoseconds / 1_000_000)])
    // Nodes whose names are never used again, as those of containers, of which the newest may come back.
    try session.execute(
      """
      DELETE FROM fleet_nodes WHERE seen < \(FleetTables.now) - $1 AND name IN (
        SELECT name FROM (
          SELECT name, row_number() OVER (PARTITION BY region ORDER BY seen DESC) AS place FROM fleet_nodes
        ) ranked WHERE place > $2)
      """, [.int(Self.silence), .int(Int64(NodeDescription.mostOfRegion))])
    try session.execute(
      """
      DELETE FROM fleet_spools s WHERE stored < \(FleetTables.now) - $1
        AND NOT EXISTS (SELECT FROM fleet_nodes n WHERE n.name = s.node AND n.spool = s.spool)
      """, [.int(Self.spoolLifetime)])
    try session.execute(
      "DELETE FROM fleet_memberships m WHERE NOT EXISTS (SELECT FROM fleet_nodes n WHERE n.region = m.region)")
  }

  // MARK: Memberships

  /// All of them, by region.
  func memberships() throws -> [Membership] {
    var members: [String: [Membership.Member]] = [:]
    let named = """
      SELECT m.region, e.key, e.value::bigint FROM fleet_memberships m, json_each_text(m.members) e
      ORDER BY e.key COLLATE "C"
      """
    for row in try session.execute(named) {
      members[try row[0], default: []].append(
        Membership.Member(node: try row[1], silence: .milliseconds(try row[2] as Int64)))
    }
    let rows = try session.execute(
      "SELECT region, epoch, since FROM fleet_memberships ORDER BY region COLLATE \"C\"")
    return try rows.map { row in
      let region: String = try row[0]
      return Membership(
        region: region, epoch: try row[1], since: Timestamp(millisecondsSinceEpoch: try row[2]),
        members: members[region] ?? [])
    }
  }

  /// Puts one in force in place of the one before.
  func put(_ membership: Membership) throws {
    let silences = membership.members.map { String($0.silence.nanoseconds / 1_000_000) }
    try session.execute(
      """
      INSERT INTO fleet_memberships (region, epoch, since, members) VALUES ($1, $2, $3, json_object($4, $5))
      ON CONFLICT (region) DO UPDATE SET epoch = excluded.epoch, since = excluded.since, members = excluded.members
      """,
      [
        .text(membership.region), .int(membership.epoch), .int(membership.since.millisecondsSinceEpoch),
        .texts(membership.members.map(\.node)), .texts(silences),
      ])
  }
}
