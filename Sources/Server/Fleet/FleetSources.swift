package import Hub

/// Who answers the nodes of a fleet, and what is known of them.
package struct FleetSources: Sendable {
  /// Answers what nodes ask.
  package var desk: HubDesk
  /// Nodes and regions.
  package var view: FleetView

  /// Sources with everything said.
  package init(desk: HubDesk, view: FleetView) {
    self.desk = desk
    self.view = view
  }
}
