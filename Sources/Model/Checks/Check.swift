import Glibc

/// What is watched: identity, rhythm and promise of one check. What it sends and expects is held apart, by the journey
/// that runs it.
///
/// A value of many parts that is held in many places, by tens of thousands: all copies share one record, and who changes
/// one gets a record of its own.
package struct Check: Hashable, Sendable {
  /// The identity of its history.
  package var id: CheckID {
    get { record.fields.id }
    set { fields.id = newValue }
  }
  /// The name shown to people; the id where none is written.
  package var name: String {
    get { record.fields.name }
    set { fields.name = newValue }
  }
  /// An earlier id whose history this check takes over.
  package var movedFrom: CheckID? {
    get { record.fields.movedFrom }
    set { fields.movedFrom = newValue }
  }
  /// The heading it stands under, or nil.
  package var group: String? {
    get { record.fields.group }
    set { fields.group = newValue }
  }
  /// The user's own labels, file defaults merged in.
  package var labels: [String: String] {
    get { record.fields.labels }
    set { fields.labels = newValue }
  }
  /// Which probe it is, or a journey.
  package var kind: ProbeKind {
    get { record.fields.kind }
    set { fields.kind = newValue }
  }
  /// From one slot to the next.
  package var interval: Duration {
    get { record.fields.interval }
    set { fields.interval = newValue }
  }
  /// What bounds one attempt of all its steps.
  package var timeout: Duration {
    get { record.fields.timeout }
    set { fields.timeout = newValue }
  }
  /// The regions that run it; nil means every region.
  package var regions: [String]? {
    get { record.fields.regions }
    set { fields.regions = newValue }
  }
  /// How many regions must agree that it is down.
  package var quorum: Quorum {
    get { record.fields.quorum }
    set { fields.quorum = newValue }
  }
  /// A disabled check is loaded and shown, and never run.
  package var isEnabled: Bool {
    get { record.fields.isEnabled }
    set { fields.isEnabled = newValue }
  }
  /// How a failure is confirmed inside the run.
  package var retry: RetryPolicy {
    get { record.fields.retry }
    set { fields.retry = newValue }
  }
  /// What is promised of it.
  package var objective: Objective {
    get { record.fields.objective }
    set { fields.objective = newValue }
  }
  /// When its incidents open and close.
  package var incidents: IncidentPolicy {
    get { record.fields.incidents }
    set { fields.incidents = newValue }
  }
  /// The checks and services whose incidents explain its own. They suppress nothing that is measured.
  package var dependsOn: [CheckID] {
    get { record.fields.dependsOn }
    set { fields.dependsOn = newValue }
  }
  /// What is expected of the job behind a heartbeat check; nil for every other kind.
  package var heartbeat: Heartbeat? {
    get { record.fields.heartbeat }
    set { fields.heartbeat = newValue }
  }
  /// The host that it mainly talks to, for the limit on concurrent runs a host; nil when a template decides.
  package var host: String? {
    get { record.fields.host }
    set { fields.host = newValue }
  }
  /// Where it is written.
  package var location: SourceLocation {
    get { record.fields.location }
    set { fields.location = newValue }
  }

  private var record: Record

  /// A check with everything said.
  package init(
    id: CheckID, name: String? = nil, movedFrom: CheckID? = nil, group: String? = nil, labels: [String: String] = [:],
    kind: ProbeKind, interval: Duration = .seconds(60), timeout: Duration = .seconds(10), regions: [String]? = nil,
    quorum: Quorum = .standard, isEnabled: Bool = true, retry: RetryPolicy = .none, objective: Objective = .standard,
    incidents: IncidentPolicy = .standard, dependsOn: [CheckID] = [], heartbeat: Heartbeat? = nil,
    host: String? = nil, location: SourceLocation
  ) {
    record = Record(
      Fields(
        id: id, name: name ?? id.text, movedFrom: movedFrom, group: group, labels: labels, kind: kind,
        interval: interval, timeout: timeout, regions: regions, quorum: quorum, isEnabled: isEnabled, retry: retry,
        objective: objective, incidents: incidents, dependsOn: dependsOn, heartbeat: heartbeat, host: host,
        location: location))
  }

  /// The grid on which its slots lie.
  package var grid: SlotGrid { SlotGrid(check: id, interval: interval) }

  /// Whether it is run in `region`.
  package func runs(in region: String) -> Bool {
    isEnabled && (regions?.contains(region) ?? true)
  }
}

extension Check {
  fileprivate struct Fields: Hashable, Sendable {
    var id: CheckID
    var name: String
    var movedFrom: CheckID?
    var group: String?
    var labels: [String: String]
    var kind: ProbeKind
    var interval: Duration
    var timeout: Duration
    var regions: [String]?
    var quorum: Quorum
    var isEnabled: Bool
    var retry: RetryPolicy
    var objective: Objective
    var incidents: IncidentPolicy
    var dependsOn: [CheckID]
    var heartbeat: Heartbeat?
    var host: String?
    var location: SourceLocation
  }

  fileprivate final class Record: Sendable {
    let fields: Fields

    init(_ fields: Fields) {
      self.fields = fields
    }
  }

  private var fields: Fields {
    get { record.fields }
    set { record = Record(newValue) }
  }

  /// Two checks are equal when all is that is said of them.
  package static func == (left: Check, right: Check) -> Bool {
    left.record === right.record || left.record.fields == right.record.fields
  }

  /// Hashes all that is said of it.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(record.fields)
  }
}

/// The kinds of probe, as the keys of a scenario file name them.
package enum ProbeKind: String, Hashable, Sendable, CaseIterable {
  case http, tcp, tls, dns, icmp, grpc, websocket, unix, udp, exec, module, journey
  /// Nothing is probed: a job reports to us.
  case heartbeat
  /// Nothing is probed: several checks are judged together.
  case service

  /// Those that a check of a scenario file can be.
  package static let written = allCases.filter { $0 != .service }

  /// Whether the scheduler runs it.
  package var isProbed: Bool { self != .heartbeat && self != .service }
}

/// How often, and after how long, a failed attempt is repeated inside one run.
package struct RetryPolicy: Hashable, Sendable {
  /// All attempts, the first counted; at least 1.
  package var attempts: Int
  /// The pause before the second attempt.
  package var delay: Duration
  /// What each further pause is multiplied by; at least 1.
  package var backoff: Double

  /// A policy with all its numbers.
  package init(attempts: Int, delay: Duration = .seconds(1), backoff: Double = 1) {
    self.attempts = attempts
    self.delay = delay
    self.backoff = backoff
  }

  /// One attempt alone.
  package static let none = RetryPolicy(attempts: 1)

  /// The pause after attempt number `attempt`, counted from 1; a pause that grows ends at a day.
  package func pause(afterAttempt attempt: Int) -> Duration {
    guard backoff > 1, delay > .zero, attempt > 1 else { return delay }
    // In floating point, where what grows beyond every bound is infinite and no trap.
    let seconds = min(delay.seconds * pow(backoff, Double(attempt - 1)), 86_400)
    return .nanoseconds(Int64((seconds * 1e9).rounded()))
  }
}
