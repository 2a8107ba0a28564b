package import Incidents
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
  /// Writes an incident by hand.
  ///
  /// - Parameters:
  ///   - began: nil is now.
  ///   - ended: nil is now; only for a state of `.resolved`.
  func report(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?
  ) async throws(IncidentFault) -> Incident

  /// Adds words to an incident.
  ///
  /// - Parameters:
  ///   - state: nil leaves it.
  ///   - impacts: nil leaves them.
  @discardableResult
  func say(
    _ text: String, of id: Int64, state: IncidentState?, author: String, impacts: [Impact]?
  ) async throws(IncidentFault) -> Incident

  /// Says that somebody takes care.
  @discardableResult
  func acknowledge(_ id: Int64, by: String, note: String?) async throws(IncidentFault) -> Incident
}

extension IncidentKeeper: IncidentDesk {}

/// Hears what jobs report.
package protocol HeartbeatDesk: Sendable {
  /// Takes reports: all or none.
  func receive(
    _ signals: [HeartbeatSignal], at now: Timestamp
  ) async throws(HeartbeatFault) -> HeartbeatReceipt
}

extension HeartbeatKeeper: HeartbeatDesk {}
