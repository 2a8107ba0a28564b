import Model
import Postgres

/// Who does the work of a singleton, by the clock of the database.
struct LeaseTable {
  let session: PostgresSession

  /// Takes a lease that is free, that ended or that is the holder's already.
  func acquire(_ singleton: Singleton, holder: String, for duration: Duration) throws -> SingletonLease? {
    // Numbers begin at the clock, so that those of a database that was replaced by an empty one are not given out again.
    // One statement: of two who take at once, the second waits for the first and then sees its row.
    let rows = try session.execute(
      """
      INSERT INTO fleet_leases AS held (singleton, holder, token, until)
      VALUES ($1, $2, \(FleetTables.now), \(FleetTables.now) + $3)
      ON CONFLICT (singleton) DO UPDATE SET holder = excluded.holder,
        token = held.token + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END,
        until = \(FleetTables.now) + $3
      WHERE held.holder = excluded.holder OR held.until <= \(FleetTables.now)
      RETURNING token, until
      """, [.text(singleton.rawValue), .text(holder), .int(duration.nanoseconds / 1_000_000)])
    return try rows.first.map { row in
      SingletonLease(
        singleton: singleton, holder: holder, token: try row[0], until: Timestamp(millisecondsSinceEpoch: try row[1]))
    }
  }

  /// Who holds it now.
  func holder(of singleton: Singleton) throws -> SingletonLease? {
    let rows = try session.execute(
      "SELECT holder, token, until FROM fleet_leases WHERE singleton = $1 AND until > \(FleetTables.now)",
      [.text(singleton.rawValue)])
    return try rows.first.map { row in
      SingletonLease(
        singleton: singleton, holder: try row[0], token: try row[1],
        until: Timestamp(millisecondsSinceEpoch: try row[2]))
    }
  }

  /// Gives a lease back. Nobody holds it afterwards, so that also the same holder gets another token.
  func release(_ lease: SingletonLease) throws {
    try session.execute(
      "UPDATE fleet_leases SET holder = '', until = 0 WHERE singleton = $1 AND holder = $2 AND token = $3",
      Self.values(of: lease))
  }

  /// Keeps the lease from changing hands before this transaction ends.
  ///
  /// One that has ended and that nobody took is as good as before: nobody else has begun.
  ///
  /// - Throws: `FleetFault.leaseLost`.
  func hold(_ lease: SingletonLease) throws {
    let rows = try session.execute(
      "SELECT 1 FROM fleet_leases WHERE singleton = $1 AND holder = $2 AND token = $3 FOR UPDATE",
      Self.values(of: lease))
    guard rows.count == 1 else { throw FleetFault.leaseLost(lease.singleton) }
  }

  private static func values(of lease: SingletonLease) -> [PostgresValue] {
    [.text(lease.singleton.rawValue), .text(lease.holder), .int(lease.token)]
  }
}
