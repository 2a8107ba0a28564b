/// What people and jobs report to a hub, at whichever replica: it waits in the store for the one that decides.
package enum FleetReport: Hashable, Sendable, Codable {
  /// Reports of jobs, held against their bounds and masked.
  case signals([HeartbeatSignal])
  /// What somebody says of an incident.
  case incident(IncidentReport)
}

/// What somebody says of an incident.
package enum IncidentReport: Hashable, Sendable, Codable {
  /// It is written by hand.
  case opening(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?)
  /// Words are added to it.
  case words(String, of: Int64, state: IncidentState?, author: String, impacts: [Impact]?)
  /// Somebody takes care of it.
  case acknowledgement(of: Int64, by: String, note: String?)
}

/// A report as the store keeps it.
package struct PostedReport: Hashable, Sendable {
  /// Rises from report to report.
  package var number: Int64
  /// When it was kept, by the store's clock.
  package var received: Timestamp
  package var body: [UInt8]
  /// Whether a leader had taken it before, and may have done what it says.
  package var isAgain: Bool

  /// A report with everything said.
  package init(number: Int64, received: Timestamp, body: [UInt8], isAgain: Bool) {
    self.number = number
    self.received = received
    self.body = body
    self.isAgain = isAgain
  }
}

/// What a leader says to a report.
package struct ReportAnswer: Hashable, Sendable {
  package var number: Int64
  /// Nil where nobody waits for an answer.
  package var body: [UInt8]?

  /// An answer with everything said.
  package init(number: Int64, body: [UInt8]? = nil) {
    self.number = number
    self.body = body
  }
}
