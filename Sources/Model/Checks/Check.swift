import Glibc

/// What is watched: identity, rhythm and promise of one check. What it sends and expects is held apart, by the journey
/// that runs it.
package struct Check: Hashable, Sendable {
  /// The identity of its history.
  package var id: CheckID
  /// The name shown to people; the id where none is written.
  package var name: String
  /// An earlier id whose history this check takes over.
  package var movedFrom: CheckID?
  /// The heading it stands under, or nil.
  package var group: String?
  /// The user's own labels, file defaults merged in.
  package var labels: [String: String]
  /// Which probe it is, or a journey.
  package var kind: ProbeKind
  /// From one slot to the next.
  package var interval: Duration
  /// What bounds one attempt of all its steps.
  package var timeout: Duration
  /// The regions that run it; nil means every region.
  package var regions: [String]?
  /// How many regions must agree that it is down.
  package var quorum: Quorum
  /// A disabled check is loaded and shown, and never run.
  package var isEnabled: Bool
  /// How a failure is confirmed inside the run.
  package var retry: RetryPolicy
  /// What is promised of it.
  package var objective: Objective
  /// When its incidents open and close.
  package var incidents: IncidentPolicy
  /// The checks and services whose incidents explain its own. They suppress nothing that is measured.
  package var dependsOn: [CheckID]
  /// What is expected of the job behind a heartbeat check; nil for every other kind.
  package var heartbeat: Heartbeat?
  /// The host that it mainly talks to, for the limit on concurrent runs a host; nil when a template decides.
  package var host: String?
  /// Where it is written.
  package var location: SourceLocation

  /// A check with everything said.
  package init(
    id: CheckID, name: String? = nil, movedFrom: CheckID? = nil, group: String? = nil, labels: [String: String] = [:],
    kind: ProbeKind, interval: Duration = .seconds(60), timeout: Duration = .seconds(10), regions: [String]? = nil,
    quorum: Quorum = .standard, isEnabled: Bool = true, retry: RetryPolicy = .none, objective: Objective = .standard,
    incidents: IncidentPolicy = .standard, dependsOn: [CheckID] = [], heartbeat: Heartbeat? = nil,
    host: String? = nil, location: SourceLocation
  ) {
    self.id = id
    self.name = name ?? id.text
    self.movedFrom = movedFrom
    self.group = group
    self.labels = labels
    self.kind = kind
    self.interval = interval
    self.timeout = timeout
    self.regions = regions
    self.quorum = quorum
    self.isEnabled = isEnabled
    self.retry = retry
    self.objective = objective
    self.incidents = incidents
    self.dependsOn = dependsOn
    self.heartbeat = heartbeat
    self.host = host
    self.location = location
  }

  /// The grid on which its slots lie.
  package var grid: SlotGrid { SlotGrid(check: id, interval: interval) }

  /// Whether it is run in `region`.
  package func runs(in region: String) -> Bool {
    isEnabled && (regions?.contains(region) ?? true)
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
