/// Where incidents are kept, for ever, to the millisecond. Every implementation passes the same suite of tests.
package protocol IncidentStore: Sendable {
  /// Keeps a new incident with its updates, in one transaction.
  ///
  /// - Returns: the incident with its number.
  func insert(_ incident: Incident) async throws -> Incident

  /// Replaces all but the updates of a kept incident, and adds those of its updates that are beyond the kept ones. What was
  /// said is never changed.
  ///
  /// - Throws: an error of the store's when there is none of that number.
  func update(_ incident: Incident) async throws

  /// One incident; nil when there is none of that number.
  func incident(_ id: Int64) async throws -> Incident?

  /// A page of incidents with their updates, latest begin first.
  func incidents(_ query: IncidentQuery) async throws -> IncidentPage
}

/// Which incidents are wanted.
package struct IncidentQuery: Sendable {
  /// Those that hurt any of these; nil for all.
  package var checks: [CheckID]?
  /// Those that lasted at this moment or later: not those that had ended by then.
  package var from: Timestamp?
  /// Those that began before.
  package var to: Timestamp?
  package var isOpen: Bool?
  package var isPublished: Bool?
  package var origin: Incident.Origin?
  /// How many at most; at least 1.
  package var limit: Int
  /// Where the page before ended.
  package var cursor: IncidentCursor?

  /// A query with everything said.
  package init(
    checks: [CheckID]? = nil, from: Timestamp? = nil, to: Timestamp? = nil, isOpen: Bool? = nil,
    isPublished: Bool? = nil, origin: Incident.Origin? = nil, limit: Int = 100, cursor: IncidentCursor? = nil
  ) {
    self.checks = checks
    self.from = from
    self.to = to
    self.isOpen = isOpen
    self.isPublished = isPublished
    self.origin = origin
    self.limit = max(1, limit)
    self.cursor = cursor
  }
}

/// The place of one incident in the order of pages.
package struct IncidentCursor: Hashable, Sendable {
  package var beganMilliseconds: Int64
  package var id: Int64

  /// The place of one incident.
  package init(beganMilliseconds: Int64, id: Int64) {
    self.beganMilliseconds = beganMilliseconds
    self.id = id
  }

  /// What a client hands back: `1795000000000.17`.
  package var text: String { "\(beganMilliseconds).\(id)" }

  /// Reads `text`; nil for anything else.
  package init?(_ text: String) {
    guard let dot = text.firstIndex(of: "."), let began = Int64(text[..<dot]), "\(began)" == text[..<dot],
      let id = Int64(text[text.index(after: dot)...]), "\(id)" == text[text.index(after: dot)...]
    else { return nil }
    self.init(beganMilliseconds: began, id: id)
  }
}

/// Some incidents, and where the rest begins.
package struct IncidentPage: Sendable {
  /// Latest begin first.
  package var incidents: [Incident]
  /// Nil when there are no more.
  package var next: IncidentCursor?

  /// A page of incidents.
  package init(incidents: [Incident], next: IncidentCursor?) {
    self.incidents = incidents
    self.next = next
  }
}
