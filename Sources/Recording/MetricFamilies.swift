import Exposition
import Model

/// Every metric that Curlew tells of itself and of its checks: one place to see the names. A class, since every check holds
/// all of them.
final class MetricFamilies: Sendable {
  // Checks.
  let runs: Family<CounterSet>
  let runDuration: Family<Histogram>
  let phaseDuration: Family<SummarySet>
  let state: Family<StateSet>
  let info: Family<Info>
  let interval: Family<Gauge>
  let failures: Family<Counter>
  let cleanupFailures: Family<Counter>
  let certificateNotAfter: Family<Gauge>
  let measure: Family<Gauge>
  let slots: Family<CounterSet>
  let maintenanceActive: Family<Gauge>
  let heartbeatLast: Family<Gauge>
  let availability: Family<Gauge>
  let coverage: Family<Gauge>
  let budgetRemaining: Family<Gauge>
  let objective: Family<Gauge>
  let burnRate: Family<Gauge>
  let latencyRatio: Family<Gauge>
  let incidentOpen: Family<Gauge>
  let incidents: Family<Counter>
  // Scheduler.
  let lag: Family<Histogram>
  let missedSlots: Family<Counter>
  let runsInFlight: Family<Gauge>
  // Incidents.
  let incidentDroppedRuns: Family<Counter>
  // History.
  let historyQueueLength: Family<Gauge>
  let historyWrite: Family<Histogram>
  let historyDroppedRuns: Family<Counter>
  // The process.
  let buildInfo: Family<Info>
  let reloadSuccessful: Family<Gauge>
  let reloadSuccessTime: Family<Gauge>

  /// The states of `curlew_check_state`, in the order of their indices.
  static let states: [Verdict] = [.up, .degraded, .down, .unknown]

  /// What `curlew_slots_total` tells apart: the states in their order, then these.
  enum SlotCount {
    static let missed = states.count
    static let maintenance = states.count + 1
    static let names = states.map(\.rawValue) + ["missed", "maintenance"]
  }

  /// The position of a verdict in `states`.
  static func index(of verdict: Verdict) -> Int {
    switch verdict {
    case .up: 0
    case .degraded: 1
    case .down: 2
    case .unknown: 3
    }
  }

  static let runBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
  static let lagBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  static let writeBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  init(in registry: Registry) throws(RegistrationError) {
    runs = try registry.counterSet(
      "curlew_runs_total", help: "Runs of a check, by verdict.", label: "verdict",
      values: Self.states.map(\.rawValue))
    runDuration = try registry.histogram(
      "curlew_run_duration_seconds", help: "How long the deciding attempt of a run took.", unit: "seconds",
      buckets: Self.runBuckets)
    phaseDuration = try registry.summarySet(
      "curlew_phase_duration_seconds", help: "How long each phase of a step's exchange took.", unit: "seconds",
      label: "phase", values: Phase.allCases.map(\.rawValue))
    state = try registry.stateSet(
      "curlew_check_state", help: "The verdict of the latest run: 1 for the one that holds.",
      states: Self.states.map(\.rawValue))
    info = try registry.info("curlew_check_info", help: "What a check is, and its labels.")
    interval = try registry.gauge(
      "curlew_check_interval_seconds", help: "From one slot of a check that is run here to the next.", unit: "seconds")
    failures = try registry.counter("curlew_failures_total", help: "Runs that were not up, by reason.")
    cleanupFailures = try registry.counter(
      "curlew_cleanup_failures_total", help: "Failed steps of clean-up, which do not change a run's verdict.")
    certificateNotAfter = try registry.gauge(
      "curlew_certificate_not_after_timestamp_seconds",
      help: "When the first certificate of the chains that the latest run saw ends.", unit: "seconds")
    measure = try registry.gauge("curlew_measure", help: "A number that a step measured in its latest run.")
    slots = try registry.counterSet(
      "curlew_slots_total", help: "Slots of a check that this process ran or missed, by verdict.", label: "verdict",
      values: SlotCount.names)
    maintenanceActive = try registry.gauge(
      "curlew_maintenance_active", help: "Whether there is planned work on a check at the moment.")
    heartbeatLast = try registry.gauge(
      "curlew_heartbeat_last_timestamp_seconds", help: "When the job of a heartbeat check last reported its end.",
      unit: "seconds")
    availability = try registry.gauge(
      "curlew_availability_ratio", help: "Good slots among those that were good or bad.", unit: "ratio")
    coverage = try registry.gauge(
      "curlew_coverage_ratio", help: "Slots that can be spoken of among those that were expected.", unit: "ratio")
    budgetRemaining = try registry.gauge(
      "curlew_error_budget_remaining_ratio", help: "What is left of the error budget; below zero when overdrawn.",
      unit: "ratio")
    objective = try registry.gauge("curlew_objective_ratio", help: "The promised availability.", unit: "ratio")
    burnRate = try registry.gauge(
      "curlew_burn_rate_ratio",
      help: "How fast the error budget was used up over the window; 1 uses up just all of it over the objective's.",
      unit: "ratio")
    latencyRatio = try registry.gauge(
      "curlew_latency_objective_ratio", help: "Good runs that were faster than the latency objective's bound.",
      unit: "ratio")
    incidentOpen = try registry.gauge("curlew_incident_open", help: "Whether an incident of a check lasts: 0 or 1.")
    incidents = try registry.counter(
      "curlew_incidents_total", help: "Incidents of a check that this process opened.")
    lag = try registry.histogram(
      "curlew_scheduler_lag_seconds", help: "The start of a run less the start of its slot.", unit: "seconds",
      buckets: Self.lagBuckets)
    missedSlots = try registry.counter(
      "curlew_scheduler_missed_slots_total", help: "Slots that went by without a run, by reason.")
    runsInFlight = try registry.gauge("curlew_runs_in_flight", help: "Runs that are under way.")
    incidentDroppedRuns = try registry.counter(
      "curlew_incident_dropped_runs_total", help: "Runs that the keeper of incidents had no room for.")
    historyQueueLength = try registry.gauge(
      "curlew_history_queue_length", help: "Runs that wait to be written to history.")
    historyWrite = try registry.histogram(
      "curlew_history_write_seconds", help: "How long a write of runs to history took.", unit: "seconds",
      buckets: Self.writeBuckets)
    historyDroppedRuns = try registry.counter(
      "curlew_history_dropped_runs_total", help: "Runs that history had no room for.")
    buildInfo = try registry.info("curlew_build_info", help: "Which Curlew this is.")
    reloadSuccessful = try registry.gauge(
      "curlew_config_last_reload_successful", help: "Whether the last load of the files went well.")
    reloadSuccessTime = try registry.gauge(
      "curlew_config_last_reload_success_timestamp_seconds", help: "When the files were last loaded well.",
      unit: "seconds", initially: nil)
  }
}
