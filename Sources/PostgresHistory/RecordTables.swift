/// The tables of incidents, exclusions, closed months and jobs.
enum RecordTables {
  static let first = ""
}
