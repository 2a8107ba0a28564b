/// When a check's incidents open and close. Damping is for people's nerves: availability never knows of it.
package struct IncidentPolicy: Hashable, Sendable {
  /// So many bad slots in a row open an incident; at least 1.
  package var openAfter: Int
  /// So many good slots in a row close it; at least 1.
  package var closeAfter: Int

  /// A policy with both its numbers.
  package init(openAfter: Int, closeAfter: Int) {
    self.openAfter = openAfter
    self.closeAfter = closeAfter
  }

  /// Two bad slots open, two good ones close.
  package static let standard = IncidentPolicy(openAfter: 2, closeAfter: 2)
}
