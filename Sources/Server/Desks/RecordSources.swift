package import Model
package import Scheduling

/// What people and jobs put on record beside runs, and who takes it in.
package struct RecordSources: Sendable {
  /// Incidents of the past and of now.
  package var incidents: any IncidentStore
  /// The one writer of incidents.
  package var incidentDesk: any IncidentDesk
  /// Time that was taken out of availability.
  package var ledger: any ExclusionLedger
  /// The one writer of the ledger.
  package var ledgerDesk: LedgerDesk
  /// Figures that were published.
  package var months: any ClosedMonths
  /// Who hears what jobs report.
  package var heartbeatDesk: any HeartbeatDesk
  /// Planned work that takes place between two moments, earliest first.
  package var maintenance: @Sendable (_ from: Timestamp, _ until: Timestamp) -> [MaintenanceOccurrence]

  /// Sources with everything said.
  package init(
    incidents: any IncidentStore, incidentDesk: any IncidentDesk, ledger: any ExclusionLedger,
    ledgerDesk: LedgerDesk, months: any ClosedMonths, heartbeatDesk: any HeartbeatDesk,
    maintenance: @escaping @Sendable (_ from: Timestamp, _ until: Timestamp) -> [MaintenanceOccurrence]
  ) {
    self.incidents = incidents
    self.incidentDesk = incidentDesk
    self.ledger = ledger
    self.ledgerDesk = ledgerDesk
    self.months = months
    self.heartbeatDesk = heartbeatDesk
    self.maintenance = maintenance
  }
}

/// Takes in what people say of incidents.
package protocol IncidentDesk: Sendable {
  /// Begins an incident that somebody wrote.
  func report(_ draft: IncidentDraft) async throws -> Incident

  /// Adds words to an incident.
  ///
  /// - Returns: the incident with them; nil when there is none of that number.
  func add(_ remark: IncidentRemark, to id: Int64) async throws -> Incident?

  /// Says that somebody takes care.
  ///
  /// - Returns: the incident with it; nil when there is none of that number.
  func acknowledge(_ id: Int64, by name: String, note: String?) async throws -> Incident?
}

/// An incident as somebody writes it.
package struct IncidentDraft: Hashable, Sendable {
  package var title: String
  /// The first words of its story.
  package var text: String
  package var author: String
  package var state: IncidentState
  package var impacts: [Impact]
  /// When it began; nil is now.
  package var began: Timestamp?
  package var isPublished: Bool

  /// A draft with everything said.
  package init(
    title: String, text: String, author: String, state: IncidentState, impacts: [Impact], began: Timestamp?,
    isPublished: Bool
  ) {
    self.title = title
    self.text = text
    self.author = author
    self.state = state
    self.impacts = impacts
    self.began = began
    self.isPublished = isPublished
  }
}

/// Words for the story of an incident.
package struct IncidentRemark: Hashable, Sendable {
  package var text: String
  package var author: String
  /// How far it is from now on; nil leaves it.
  package var state: IncidentState?
  /// What it does from now on; nil leaves it.
  package var impacts: [Impact]?

  /// A remark with everything said.
  package init(text: String, author: String, state: IncidentState?, impacts: [Impact]?) {
    self.text = text
    self.author = author
    self.state = state
    self.impacts = impacts
  }
}

/// Hears what jobs report.
package protocol HeartbeatDesk: Sendable {
  /// Takes reports: all or none.
  func receive(
    _ signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> HeartbeatReceipt
}

extension HeartbeatKeeper: HeartbeatDesk {}
