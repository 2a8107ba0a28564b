import Model
import Postgres

/// Reads and writes incidents with their impacts and updates.
struct IncidentTable {
  let session: PostgresSession

  // MARK: Writing

  /// Adds an incident with its updates.
  ///
  /// - Returns: its number.
  func insert(_ incident: Incident) throws -> Int64 {
    let number: Int64? = try session.value(
      """
      INSERT INTO incidents (origin, check_id, title, state, began, opened, ended, cause_code, cause_step,
        cause_expression, cause_message, consequence_of, acknowledged_by, acknowledged_note, acknowledged_at, published)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id
      """, values(of: incident))
    let id = number ?? 0
    try storeImpacts(of: incident, id)
    try storeUpdates(incident.updates[...], of: id, from: 0)
    return id
  }

  /// Replaces all but the updates, and adds those that are new.
  ///
  /// - Returns: false when there is no incident of that number.
  func update(_ incident: Incident) throws -> Bool {
    let updated = try session.execute(
      """
      UPDATE incidents SET origin = $1, check_id = $2, title = $3, state = $4, began = $5, opened = $6, ended = $7,
        cause_code = $8, cause_step = $9, cause_expression = $10, cause_message = $11, consequence_of = $12,
        acknowledged_by = $13, acknowledged_note = $14, acknowledged_at = $15, published = $16
      WHERE id = $17
      """, values(of: incident) + [.int(incident.id)])
    guard updated.affected > 0 else { return false }
    try session.execute("DELETE FROM incident_impacts WHERE incident = $1", [.int(incident.id)])
    try storeImpacts(of: incident, incident.id)
    // The row of the incident is locked by now, so nobody else adds updates.
    let kept: Int =
      try session.value(
        "SELECT count(*) FROM incident_updates WHERE incident = $1", [.int(incident.id)]) ?? 0
    try storeUpdates(incident.updates.dropFirst(kept), of: incident.id, from: kept)
    return true
  }

  private func values(of incident: Incident) -> [PostgresValue] {
    [
      .text(incident.origin.rawValue), .optional(incident.check?.text), .text(incident.title),
      .text(incident.state.rawValue), .int(incident.began.millisecondsSinceEpoch),
      .int(incident.opened.millisecondsSinceEpoch), .optional(incident.ended?.millisecondsSinceEpoch),
      .optional(incident.cause?.code?.rawValue), .optional(incident.cause?.step), .optional(incident.cause?.expression),
      .optional(incident.cause?.message), .optional(incident.consequenceOf), .optional(incident.acknowledgement?.by),
      .optional(incident.acknowledgement?.note), .optional(incident.acknowledgement?.at.millisecondsSinceEpoch),
      .bool(incident.isPublished),
    ]
  }

  /// A check that stands among the impacts twice counts with its first level.
  private func storeImpacts(of incident: Incident, _ id: Int64) throws {
    for (position, impact) in incident.impacts.enumerated() {
      try session.execute(
        """
        INSERT INTO incident_impacts (check_id, began, incident, position, level) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        [
          .text(impact.check.text), .int(incident.began.millisecondsSinceEpoch), .int(id), .int(Int64(position)),
          .text(impact.level.rawValue),
        ])
    }
  }

  private func storeUpdates(_ updates: ArraySlice<IncidentUpdate>, of id: Int64, from number: Int) throws {
    for (offset, update) in updates.enumerated() {
      try session.execute(
        """
        INSERT INTO incident_updates (incident, number, at, kind, author, state, text)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
          .int(id), .int(Int64(number + offset)), .int(update.at.millisecondsSinceEpoch), .text(update.kind.rawValue),
          .optional(update.author), .optional(update.state?.rawValue), .text(update.text),
        ])
    }
  }

  // MARK: Reading

  private static let columns = """
    i.id, i.origin, i.check_id, i.title, i.state, i.began, i.opened, i.ended, i.cause_code, i.cause_step,
    i.cause_expression, i.cause_message, i.consequence_of, i.acknowledged_by, i.acknowledged_note, i.acknowledged_at,
    i.published
    """

  /// One incident; nil when there is none of that number.
  func incident(_ id: Int64) throws -> Incident? {
    let rows = try session.execute("SELECT \(Self.columns) FROM incidents i WHERE i.id = $1", [.int(id)])
    return try completed(rows.compactMap(Self.incident)).first
  }

  /// A page of incidents, latest begin first.
  func page(_ query: IncidentQuery) throws -> IncidentPage {
    var conditions: [String] = []
    var values: [PostgresValue] = []
    func place(_ value: PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    if let checks = query.checks {
      let names = place(.texts(Set(checks).map(\.text)))
      conditions.append("i.id IN (SELECT p.incident FROM incident_impacts p WHERE p.check_id = ANY(\(names)))")
    }
    if let from = query.from {
      conditions.append("(i.ended IS NULL OR i.ended > \(place(.int(from.millisecondsSinceEpoch))))")
    }
    if let to = query.to { conditions.append("i.began < \(place(.int(to.firstMillisecond)))") }
    if let cursor = query.cursor {
      conditions.append("(i.began, i.id) < (\(place(.int(cursor.beganMilliseconds))), \(place(.int(cursor.id))))")
    }
    if let isOpen = query.isOpen { conditions.append("i.state \(isOpen ? "<>" : "=") 'resolved'") }
    if let isPublished = query.isPublished { conditions.append("i.published = \(isPublished)") }
    if let origin = query.origin { conditions.append("i.origin = \(place(.text(origin.rawValue)))") }
    let rows = try session.execute(
      """
      SELECT \(Self.columns) FROM incidents i
      \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY i.began DESC, i.id DESC LIMIT \(place(.int(Int64(query.limit) + 1)))
      """, values)
    let found = try rows.compactMap(Self.incident)
    let wanted = try completed(Array(found.prefix(query.limit)))
    let last = found.count > query.limit ? wanted.last : nil
    return IncidentPage(
      incidents: wanted,
      next: last.map { IncidentCursor(beganMilliseconds: $0.began.millisecondsSinceEpoch, id: $0.id) })
  }

  /// The incident in a row, without its impacts and updates; nil for one that a version of the future may have written.
  private static func incident(in row: PostgresRow) throws -> Incident? {
    guard let origin = Incident.Origin(rawValue: try row[1]), let state = IncidentState(rawValue: try row[4]) else {
      return nil
    }
    var cause: IncidentCause?
    if let message: String = try row[11] {
      let code: String? = try row[8]
      cause = IncidentCause(
        code: code.flatMap { ReasonCode(rawValue: $0) }, step: try row[9], expression: try row[10], message: message)
    }
    var acknowledgement: Acknowledgement?
    if let by: String = try row[13] {
      acknowledgement = Acknowledgement(by: by, note: try row[14], at: Timestamp(millisecondsSinceEpoch: try row[15]))
    }
    let check: String? = try row[2]
    let ended: Int64? = try row[7]
    return Incident(
      id: try row[0], origin: origin, check: check.flatMap { CheckID($0) }, title: try row[3], impacts: [],
      state: state, began: Timestamp(millisecondsSinceEpoch: try row[5]),
      opened: Timestamp(millisecondsSinceEpoch: try row[6]), ended: ended.map { Timestamp(millisecondsSinceEpoch: $0) },
      cause: cause, consequenceOf: try row[12], acknowledgement: acknowledgement, isPublished: try row[16])
  }

  /// The incidents with their impacts and updates.
  private func completed(_ incidents: [Incident]) throws -> [Incident] {
    guard !incidents.isEmpty else { return [] }
    let ids = PostgresValue.ints(incidents.map(\.id))
    var impacts: [Int64: [Impact]] = [:]
    let hurt =
      "SELECT incident, check_id, level FROM incident_impacts WHERE incident = ANY($1) ORDER BY incident, position"
    for row in try session.execute(hurt, [ids]) {
      if let check = CheckID(try row[1]), let level = Impact.Level(rawValue: try row[2]) {
        impacts[try row[0], default: []].append(Impact(check: check, level: level))
      }
    }
    var updates: [Int64: [IncidentUpdate]] = [:]
    let said = """
      SELECT incident, at, kind, author, state, text FROM incident_updates WHERE incident = ANY($1)
      ORDER BY incident, number
      """
    for row in try session.execute(said, [ids]) {
      guard let kind = IncidentUpdate.Kind(rawValue: try row[2]) else { continue }
      let state: String? = try row[4]
      updates[try row[0], default: []].append(
        IncidentUpdate(
          at: Timestamp(millisecondsSinceEpoch: try row[1]), kind: kind, author: try row[3],
          state: state.flatMap { IncidentState(rawValue: $0) }, text: try row[5]))
    }
    return incidents.map { incident in
      var incident = incident
      incident.impacts = impacts[incident.id] ?? []
      incident.updates = updates[incident.id] ?? []
      return incident
    }
  }
}
