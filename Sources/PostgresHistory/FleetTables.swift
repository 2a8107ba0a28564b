/// The tables of what the replicas of a hub share.
enum FleetTables {
  static let first = ""
}
