/// Something that people use and that several checks watch together: a promise of its own, over the verdicts of its
/// members.
///
/// It shares the ids of checks. In every slot of its own it has a verdict, which is recorded like that of a check; so it
/// has history, metrics, incidents and a place on pages.
package struct ServiceDefinition: Hashable, Sendable {
  /// One check that the service stands on.
  package struct Member: Hashable, Sendable {
    package var check: CheckID
    /// How much it counts under `ServiceRule.weighted`; above zero.
    package var weight: Int

    /// A member with its weight.
    package init(check: CheckID, weight: Int = 1) {
      self.check = check
      self.weight = weight
    }
  }

  /// The identity of its history, unlike that of every check.
  package var id: CheckID
  /// The name shown to people.
  package var name: String
  /// The heading it stands under, or nil.
  package var group: String?
  /// The user's own labels.
  package var labels: [String: String]
  /// At least one, each once, in written order. Members are checks, never services.
  package var members: [Member]
  /// What makes it good.
  package var rule: ServiceRule
  /// From one slot to the next: that of its quickest member where nothing is written.
  package var interval: Duration
  /// What is promised of it.
  package var objective: Objective
  /// When its incidents open and close.
  package var incidents: IncidentPolicy
  /// Whose incidents explain its own.
  package var dependsOn: [CheckID]
  /// Where it is written.
  package var location: SourceLocation

  /// A service with everything said.
  package init(
    id: CheckID, name: String? = nil, group: String? = nil, labels: [String: String] = [:], members: [Member],
    rule: ServiceRule = .all, interval: Duration, objective: Objective = .standard,
    incidents: IncidentPolicy = .standard, dependsOn: [CheckID] = [], location: SourceLocation
  ) {
    self.id = id
    self.name = name ?? id.text
    self.group = group
    self.labels = labels
    self.members = members
    self.rule = rule
    self.interval = interval
    self.objective = objective
    self.incidents = incidents
    self.dependsOn = dependsOn
    self.location = location
  }

  /// The service as whatever keeps runs sees it.
  package var check: Check {
    Check(
      id: id, name: name, group: group, labels: labels, kind: .service, interval: interval, timeout: interval,
      objective: objective, incidents: incidents, dependsOn: dependsOn, location: location)
  }
}

/// What makes a service good in a slot.
package enum ServiceRule: Hashable, Sendable {
  /// Every member is good.
  case all
  /// One member is good.
  case any
  /// So many members are good.
  case atLeast(Int)
  /// Availability is the mean of the members', by their weights. The verdict of a slot is down when the good members have
  /// less than `downBelow` (0 to 1) of the weight.
  case weighted(downBelow: Double)
}
