/// What is expected of a job that reports by itself. Its check's interval is the job's rhythm.
package struct Heartbeat: Hashable, Sendable {
  /// How long after the interval a report may still come: it is overdue at last + interval + grace.
  package var grace: Duration
  /// What the job shows to prove that it is the job; nil where only a token of the service file will do.
  package var token: Secret?

  /// A heartbeat with everything said.
  package init(grace: Duration, token: Secret? = nil) {
    self.grace = grace
    self.token = token
  }
}

/// One report of a job.
package struct HeartbeatSignal: Hashable, Sendable, Codable {
  /// What the job says.
  package enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// It has begun; says nothing of how it ends.
    case start
    case success
    case failure
  }

  package var check: CheckID
  package var kind: Kind
  /// When it happened, by the job's own word where it gave one.
  package var at: Timestamp
  /// How long the job took; nil where nobody said, and no start is known.
  package var duration: Duration?
  /// The end of what the job wrote, masked and bounded.
  package var output: String?
  /// What makes a repeated report the same one.
  package var idempotencyKey: String?

  /// A report with everything said.
  package init(
    check: CheckID, kind: Kind, at: Timestamp, duration: Duration? = nil, output: String? = nil,
    idempotencyKey: String? = nil
  ) {
    self.check = check
    self.kind = kind
    self.at = at
    self.duration = duration
    self.output = output
    self.idempotencyKey = idempotencyKey
  }
}

/// What is known of a job between two of its reports, and kept across restarts.
package struct HeartbeatState: Hashable, Sendable {
  package var check: CheckID
  /// The last success or failure; nil before the first one.
  package var lastSignal: HeartbeatSignal?
  /// When the run that is under way began; nil when none is.
  package var startedAt: Timestamp?

  /// A state with everything said.
  package init(check: CheckID, lastSignal: HeartbeatSignal? = nil, startedAt: Timestamp? = nil) {
    self.check = check
    self.lastSignal = lastSignal
    self.startedAt = startedAt
  }
}
