/// A time when something was wrong, with its story: opened and closed by itself for a check or a service, or written by
/// hand.
package struct Incident: Hashable, Sendable {
  /// Who it comes from.
  package enum Origin: String, Hashable, Sendable, CaseIterable {
    /// Slots of one check or service opened it.
    case automatic
    /// Somebody wrote it.
    case manual
  }

  /// Numbered by the store; 0 before it is kept.
  package var id: Int64
  package var origin: Origin
  /// The check or service that opened it; nil for a manual one.
  package var check: CheckID?
  package var title: String
  /// Whom it hurts, and how much. An automatic one begins with its own check alone.
  package var impacts: [Impact]
  package var state: IncidentState
  /// The start of the first bad slot, or the moment that was written.
  package var began: Timestamp
  /// When it was known: after `open_after` slots.
  package var opened: Timestamp
  /// The start of the first good slot after it; nil while it lasts. Downtime ends here, not where damping lets go.
  package var ended: Timestamp?
  /// Why it began; nil for a manual one.
  package var cause: IncidentCause?
  /// The incident of what its check depends on.
  package var consequenceOf: Int64?
  package var acknowledgement: Acknowledgement?
  /// Whether status pages show it and its words.
  package var isPublished: Bool
  /// What happened, oldest first.
  package var updates: [IncidentUpdate]

  /// An incident with everything said.
  package init(
    id: Int64 = 0, origin: Origin, check: CheckID?, title: String, impacts: [Impact],
    state: IncidentState = .investigating, began: Timestamp, opened: Timestamp, ended: Timestamp? = nil,
    cause: IncidentCause? = nil, consequenceOf: Int64? = nil, acknowledgement: Acknowledgement? = nil,
    isPublished: Bool = true, updates: [IncidentUpdate] = []
  ) {
    self.id = id
    self.origin = origin
    self.check = check
    self.title = title
    self.impacts = impacts
    self.state = state
    self.began = began
    self.opened = opened
    self.ended = ended
    self.cause = cause
    self.consequenceOf = consequenceOf
    self.acknowledgement = acknowledgement
    self.isPublished = isPublished
    self.updates = updates
  }

  /// Whether it lasts.
  package var isOpen: Bool { state != .resolved }
}

/// How far people have come with an incident. An automatic one is resolved by its slots, whatever it was before.
package enum IncidentState: String, Hashable, Sendable, CaseIterable, Codable {
  case investigating, identified, monitoring, resolved
}

/// What an incident does to one check or service.
package struct Impact: Hashable, Sendable, Codable {
  /// How much it hurts.
  package enum Level: String, Hashable, Sendable, CaseIterable, Codable {
    /// Worth a word, and nothing is worse.
    case none
    case degraded
    case partial
    case major
  }

  package var check: CheckID
  package var level: Level

  /// An impact on one check or service.
  package init(check: CheckID, level: Level) {
    self.check = check
    self.level = level
  }
}

/// Somebody has seen it and takes care.
package struct Acknowledgement: Hashable, Sendable {
  /// The name as given.
  package var by: String
  package var note: String?
  package var at: Timestamp

  /// An acknowledgement with everything said.
  package init(by: String, note: String? = nil, at: Timestamp) {
    self.by = by
    self.note = note
    self.at = at
  }
}

/// One line in an incident's story. What was said is never taken back: another update follows it.
package struct IncidentUpdate: Hashable, Sendable {
  /// What happened.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    /// It was opened.
    case opened
    /// Its cause became another one, or its verdict did.
    case changed
    /// Somebody said something, and may have said how far it is.
    case comment
    case acknowledged
    /// It was found to be a consequence of another one.
    case linked
    case resolved
  }

  package var at: Timestamp
  package var kind: Kind
  /// Who; nil when it came by itself.
  package var author: String?
  /// What it was from then on, where that was said.
  package var state: IncidentState?
  /// In words, as plain text.
  package var text: String

  /// An update with everything said.
  package init(at: Timestamp, kind: Kind, author: String? = nil, state: IncidentState? = nil, text: String) {
    self.at = at
    self.kind = kind
    self.author = author
    self.state = state
    self.text = text
  }
}
