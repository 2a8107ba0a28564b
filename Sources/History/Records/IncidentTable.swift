import GRDB
import Model

/// Reads and writes incidents with their impacts and updates.
struct IncidentTable {
  /// Of more checks than this, incidents are looked through in their order, not check by check.
  private static let mostAskedOneByOne = 20

  let database: Database

  // MARK: Writing

  /// Adds an incident with its updates.
  ///
  /// - Returns: its number.
  func insert(_ incident: Incident) throws -> Int64 {
    let insert = try StoredStatement(
      """
      INSERT INTO incidents (origin, check_id, title, state, began, opened, ended, cause_code, cause_step,
        cause_expression, cause_message, consequence_of, acknowledged_by, acknowledged_note, acknowledged_at, published)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
      """, in: database)
    bind(incident, to: insert)
    try insert.run()
    let id = database.lastInsertedRowID
    try storeImpacts(of: incident, id)
    try storeUpdates(incident.updates[...], of: id, from: 0)
    return id
  }

  /// Replaces all but the updates, and adds those that are new.
  ///
  /// - Returns: false when there is no incident of that number.
  func update(_ incident: Incident) throws -> Bool {
    let update = try StoredStatement(
      """
      UPDATE incidents SET origin = ?1, check_id = ?2, title = ?3, state = ?4, began = ?5, opened = ?6, ended = ?7,
        cause_code = ?8, cause_step = ?9, cause_expression = ?10, cause_message = ?11, consequence_of = ?12,
        acknowledged_by = ?13, acknowledged_note = ?14, acknowledged_at = ?15, published = ?16
      WHERE id = ?17
      """, in: database)
    bind(incident, to: update)
    update.bind(incident.id, at: 17)
    try update.run()
    guard database.changesCount > 0 else { return false }
    let clear = try StoredStatement("DELETE FROM incident_impacts WHERE incident = ?", in: database)
    clear.bind(incident.id, at: 1)
    try clear.run()
    try storeImpacts(of: incident, incident.id)
    let count = try StoredStatement("SELECT count(*) FROM incident_updates WHERE incident = ?", in: database)
    count.bind(incident.id, at: 1)
    let kept = try count.next() ? Int(count.integer(0)) : 0
    count.reset()
    try storeUpdates(incident.updates.dropFirst(kept), of: incident.id, from: kept)
    return true
  }

  private func bind(_ incident: Incident, to statement: StoredStatement) {
    statement.bind(incident.origin.rawValue, at: 1)
    statement.bind(incident.check?.text, at: 2)
    statement.bind(incident.title, at: 3)
    statement.bind(incident.state.rawValue, at: 4)
    statement.bind(incident.began.millisecondsSinceEpoch, at: 5)
    statement.bind(incident.opened.millisecondsSinceEpoch, at: 6)
    statement.bind(incident.ended?.millisecondsSinceEpoch, at: 7)
    statement.bind(incident.cause?.code?.rawValue, at: 8)
    statement.bind(incident.cause?.step, at: 9)
    statement.bind(incident.cause?.expression, at: 10)
    statement.bind(incident.cause?.message, at: 11)
    statement.bind(incident.consequenceOf, at: 12)
    statement.bind(incident.acknowledgement?.by, at: 13)
    statement.bind(incident.acknowledgement?.note, at: 14)
    statement.bind(incident.acknowledgement?.at.millisecondsSinceEpoch, at: 15)
    statement.bind(incident.isPublished ? 1 : 0, at: 16)
  }

  /// A check that stands among the impacts twice counts with its first level.
  private func storeImpacts(of incident: Incident, _ id: Int64) throws {
    let insert = try StoredStatement(
      "INSERT OR IGNORE INTO incident_impacts (check_id, began, incident, position, level) VALUES (?, ?, ?, ?, ?)",
      in: database)
    for (position, impact) in incident.impacts.enumerated() {
      insert.bind(impact.check.text, at: 1)
      insert.bind(incident.began.millisecondsSinceEpoch, at: 2)
      insert.bind(id, at: 3)
      insert.bind(Int64(position), at: 4)
      insert.bind(impact.level.rawValue, at: 5)
      try insert.run()
    }
  }

  private func storeUpdates(_ updates: ArraySlice<IncidentUpdate>, of id: Int64, from number: Int) throws {
    let insert = try StoredStatement(
      "INSERT INTO incident_updates (incident, number, at, kind, author, state, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
      in: database)
    for (offset, update) in updates.enumerated() {
      insert.bind(id, at: 1)
      insert.bind(Int64(number + offset), at: 2)
      insert.bind(update.at.millisecondsSinceEpoch, at: 3)
      insert.bind(update.kind.rawValue, at: 4)
      insert.bind(update.author, at: 5)
      insert.bind(update.state?.rawValue, at: 6)
      insert.bind(update.text, at: 7)
      try insert.run()
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
    let row = try StoredStatement("SELECT \(Self.columns) FROM incidents i WHERE i.id = ?", in: database)
    row.bind(id, at: 1)
    defer { row.reset() }
    guard try row.next(), let incident = incident(from: row) else { return nil }
    return try complete(incident)
  }

  /// A page of incidents, latest begin first.
  func page(_ query: IncidentQuery) throws -> IncidentPage {
    var found: [Incident]
    // Open ones are few, so they are all looked at; else the incidents of a few checks are found by the checks.
    if query.isOpen != true, let checks = query.checks, Set(checks).count <= Self.mostAskedOneByOne {
      var byID: [Int64: Incident] = [:]
      for check in Set(checks) {
        for incident in try rows(query, through: .check(check)) { byID[incident.id] = incident }
      }
      found = byID.values.sorted { ($1.began, $1.id) < ($0.began, $0.id) }
    } else {
      found = try rows(query, through: query.isOpen == true ? .open : .begin)
    }
    let hasMore = found.count > query.limit
    found = try found.prefix(query.limit).map(complete)
    let last = hasMore ? found.last : nil
    return IncidentPage(
      incidents: found,
      next: last.map { IncidentCursor(beganMilliseconds: $0.began.millisecondsSinceEpoch, id: $0.id) })
  }

  /// The index that incidents are found through.
  private enum Path {
    case begin
    case open
    case check(CheckID)
  }

  /// One more than the query wants, without their impacts and updates.
  private func rows(_ query: IncidentQuery, through path: Path) throws -> [Incident] {
    let place: String
    var conditions: [String] = []
    var values: [Value] = []
    func placeholder(_ value: Value) -> String {
      values.append(value)
      return "?\(values.count)"
    }
    var isByCheck = false
    switch path {
    case .begin: place = "incidents i INDEXED BY incidents_by_begin"
    case .open: place = "incidents i INDEXED BY incidents_open"
    case .check(let check):
      isByCheck = true
      // Not joined the other way round, however few incidents the planner believes there are.
      place = "incident_impacts p CROSS JOIN incidents i ON i.id = p.incident"
      conditions.append("p.check_id = \(placeholder(.text(check.text)))")
    }
    let order = isByCheck ? (began: "p.began", id: "p.incident") : (began: "i.began", id: "i.id")
    if let checks = query.checks, !isByCheck {
      let list = CheckList.json(of: checks)
      conditions.append(
        """
        EXISTS (SELECT 1 FROM incident_impacts p WHERE p.incident = i.id
          AND p.check_id IN (SELECT value FROM json_each(\(placeholder(.text(list))))))
        """)
    }
    if let from = query.from {
      conditions.append("(i.ended IS NULL OR i.ended > \(placeholder(.number(from.millisecondsSinceEpoch))))")
    }
    if let to = query.to {
      conditions.append("\(order.began) < \(placeholder(.number(to.firstMillisecond)))")
    }
    if let cursor = query.cursor {
      let began = placeholder(.number(cursor.beganMilliseconds))
      conditions.append("(\(order.began), \(order.id)) < (\(began), \(placeholder(.number(cursor.id))))")
    }
    if let isOpen = query.isOpen { conditions.append("i.state \(isOpen ? "<>" : "=") 'resolved'") }
    if let isPublished = query.isPublished { conditions.append("i.published = \(isPublished ? 1 : 0)") }
    if let origin = query.origin { conditions.append("i.origin = \(placeholder(.text(origin.rawValue)))") }
    let rows = try StoredStatement(
      """
      SELECT \(Self.columns) FROM \(place) \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
      ORDER BY \(order.began) DESC, \(order.id) DESC LIMIT \(placeholder(.number(Int64(query.limit) + 1)))
      """, in: database)
    for (index, value) in values.enumerated() {
      switch value {
      case .text(let text): rows.bind(text, at: Int32(index + 1))
      case .number(let number): rows.bind(number, at: Int32(index + 1))
      }
    }
    var found: [Incident] = []
    while try rows.next() {
      if let incident = incident(from: rows) { found.append(incident) }
    }
    return found
  }

  private enum Value {
    case text(String)
    case number(Int64)
  }

  /// The incident in a row, without its impacts and updates; nil for one that a version of the future may have written.
  private func incident(from row: StoredStatement) -> Incident? {
    guard let origin = row.text(1).flatMap({ Incident.Origin(rawValue: $0) }),
      let state = row.text(4).flatMap({ IncidentState(rawValue: $0) })
    else { return nil }
    let cause = row.text(11).map { message in
      IncidentCause(
        code: row.text(8).flatMap { ReasonCode(rawValue: $0) }, step: row.text(9), expression: row.text(10),
        message: message)
    }
    let acknowledgement = row.text(13).map { by in
      Acknowledgement(by: by, note: row.text(14), at: Timestamp(millisecondsSinceEpoch: row.integer(15)))
    }
    return Incident(
      id: row.integer(0), origin: origin, check: row.text(2).flatMap { CheckID($0) }, title: row.text(3) ?? "",
      impacts: [], state: state, began: Timestamp(millisecondsSinceEpoch: row.integer(5)),
      opened: Timestamp(millisecondsSinceEpoch: row.integer(6)),
      ended: row.optionalInteger(7).map { Timestamp(millisecondsSinceEpoch: $0) }, cause: cause,
      consequenceOf: row.optionalInteger(12), acknowledgement: acknowledgement, isPublished: row.integer(16) != 0)
  }

  /// The incident with its impacts and updates.
  private func complete(_ incident: Incident) throws -> Incident {
    var incident = incident
    let impacts = try StoredStatement(
      "SELECT check_id, level FROM incident_impacts WHERE incident = ? ORDER BY position", in: database)
    impacts.bind(incident.id, at: 1)
    while try impacts.next() {
      if let check = impacts.text(0).flatMap({ CheckID($0) }),
        let level = impacts.text(1).flatMap({ Impact.Level(rawValue: $0) })
      {
        incident.impacts.append(Impact(check: check, level: level))
      }
    }
    let updates = try StoredStatement(
      "SELECT at, kind, author, state, text FROM incident_updates WHERE incident = ? ORDER BY number", in: database)
    updates.bind(incident.id, at: 1)
    while try updates.next() {
      guard let kind = updates.text(1).flatMap({ IncidentUpdate.Kind(rawValue: $0) }) else { continue }
      incident.updates.append(
        IncidentUpdate(
          at: Timestamp(millisecondsSinceEpoch: updates.integer(0)), kind: kind, author: updates.text(2),
          state: updates.text(3).flatMap { IncidentState(rawValue: $0) }, text: updates.text(4) ?? ""))
    }
    return incident
  }
}
