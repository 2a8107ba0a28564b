import Model
import Postgres

/// The configurations of the fleet, newest and some before it.
struct ConfigurationTable {
  /// How many stay.
  private static let kept: Int64 = 10

  let session: PostgresSession

  /// Makes this the newest, unless it is that already.
  func publish(_ content: [UInt8], digest: String, by holder: String) throws -> Int64 {
    // Replicas that read the same files at once shall agree on its number. Readers are not kept waiting.
    try session.run("LOCK TABLE fleet_configurations IN SHARE ROW EXCLUSIVE MODE")
    let newest = try newest()
    let version = newest?.version ?? 0
    if newest?.digest == digest { return version }
    try session.execute(
      """
      INSERT INTO fleet_configurations (version, digest, content, holder, published)
      VALUES ($1, $2, $3, $4, \(FleetTables.now))
      """, [.int(version + 1), .text(digest), .bytes(content), .text(holder)])
    try session.execute("DELETE FROM fleet_configurations WHERE version <= $1", [.int(version + 1 - Self.kept)])
    return version + 1
  }

  /// Which one is the newest; nil where there is none.
  func newest() throws -> ConfigurationIdentity? {
    let rows = try session.execute(
      "SELECT version, digest FROM fleet_configurations ORDER BY version DESC LIMIT 1")
    return try rows.first.map { ConfigurationIdentity(version: try $0[0], digest: try $0[1]) }
  }

  /// The newest, with its content.
  func configuration() throws -> StoredConfiguration? {
    let rows = try session.execute(
      "SELECT version, digest, content FROM fleet_configurations ORDER BY version DESC LIMIT 1")
    return try rows.first.map { StoredConfiguration(version: try $0[0], digest: try $0[1], content: try $0[2]) }
  }
}
