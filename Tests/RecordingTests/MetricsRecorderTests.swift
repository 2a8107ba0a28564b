import Exposition
import Model
import Recording
import Synchronization
import Testing

@Suite("The metrics")
struct MetricsRecorderTests {
  private let registry = Registry()
  private let recorder: MetricsRecorder

  init() throws {
    recorder = try MetricsRecorder(registry: registry, region: "eu", version: "1.2.3", revision: "abc")
  }

  /// The samples whose metric begins with one of the prefixes.
  private func samples(_ prefixes: String...) -> [String] {
    String(decoding: registry.render(.prometheus), as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { line in prefixes.contains { line.hasPrefix($0) } }
  }

  @Test("begin at zero for everything that is known beforehand")
  func beginning() throws {
    #expect(
      samples("curlew_scheduler_missed", "curlew_runs_in_flight", "curlew_build_info", "curlew_history_q") == [
        #"curlew_build_info{revision="abc",version="1.2.3"} 1"#,
        "curlew_history_queue_length 0",
        "curlew_runs_in_flight 0",
        #"curlew_scheduler_missed_slots_total{reason="concurrency"} 0"#,
        #"curlew_scheduler_missed_slots_total{reason="late"} 0"#,
        #"curlew_scheduler_missed_slots_total{reason="stopped"} 0"#,
      ])
    recorder.apply([try makeCheck("front-page")])
    #expect(
      samples("curlew_runs_total", "curlew_slots_total", "curlew_check_state", "curlew_run_duration_seconds_count")
        == [
          #"curlew_run_duration_seconds_count{check="front-page",region="eu"} 0"#,
          #"curlew_runs_total{check="front-page",region="eu",verdict="degraded"} 0"#,
          #"curlew_runs_total{check="front-page",region="eu",verdict="down"} 0"#,
          #"curlew_runs_total{check="front-page",region="eu",verdict="unknown"} 0"#,
          #"curlew_runs_total{check="front-page",region="eu",verdict="up"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="degraded"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="down"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="maintenance"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="missed"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="unknown"} 0"#,
          #"curlew_slots_total{check="front-page",verdict="up"} 0"#,
        ])
  }

  @Test("count slots that were missed in planned maintenance as that")
  func missedInMaintenance() throws {
    recorder.apply([try makeCheck("front-page")])
    var missed = try makeMissed("front-page", .late, count: 3)
    missed.isInMaintenance = true
    recorder.record(missed, in: "eu")
    #expect(
      samples("curlew_slots_total").filter { !$0.hasSuffix(" 0") }
        == [#"curlew_slots_total{check="front-page",verdict="maintenance"} 3"#])
  }

  @Test("a heartbeat is late by no fault of the schedule, and has no duration where none was told")
  func heartbeats() throws {
    recorder.apply([try makeCheck("backup", kind: .heartbeat)])
    var run = try makeRun("backup")
    recorder.record(run)
    run.attempts = 0
    recorder.record(run)
    #expect(
      samples("curlew_scheduler_lag_seconds_count", "curlew_run_duration_seconds_count")
        == [
          #"curlew_run_duration_seconds_count{check="backup",region="eu"} 1"#, "curlew_scheduler_lag_seconds_count 0",
        ])
  }

  @Test("ask for planned work and last reports at each scrape, and forget what is not spoken of any more")
  func asked() throws {
    let (a, b) = (try makeID("a"), try makeID("b"))
    let state = Mutex([a: true, b: false])
    recorder.watch(maintenance: { state.withLock { $0 } })
    let backup = try makeID("backup")
    recorder.watch(heartbeats: { [backup: epoch] })
    #expect(
      samples("curlew_maintenance_active", "curlew_heartbeat_last_timestamp_seconds") == [
        #"curlew_heartbeat_last_timestamp_seconds{check="backup"} 1.7672256e+09"#,
        #"curlew_maintenance_active{check="a"} 1"#, #"curlew_maintenance_active{check="b"} 0"#,
      ])
    state.withLock { $0 = [a: false] }
    #expect(samples("curlew_maintenance_active") == [#"curlew_maintenance_active{check="a"} 0"#])
  }

  @Test("tell of runs by verdict, reason and slot")
  func runs() throws {
    recorder.apply([try makeCheck("front-page")])
    recorder.record(try makeRun("front-page", slot: 0))
    recorder.record(try makeRun("front-page", slot: 1, duration: .milliseconds(40), reason: .timeout))
    recorder.record(try makeRun("front-page", slot: 2, reason: .timeout, isInMaintenance: true))
    recorder.record(try makeMissed("front-page", .concurrency, count: 3), in: "eu")
    let told = samples(
      "curlew_runs_total", "curlew_slots_total", "curlew_failures_total", "curlew_check_state",
      "curlew_scheduler_missed_slots_total", "curlew_run_duration_seconds_sum", "curlew_scheduler_lag_seconds_count"
    ).filter { !$0.hasSuffix(" 0") }
    #expect(
      told == [
        #"curlew_check_state{check="front-page",region="eu",state="down"} 1"#,
        #"curlew_failures_total{check="front-page",reason="timeout",region="eu"} 2"#,
        #"curlew_run_duration_seconds_sum{check="front-page",region="eu"} 0.54"#,
        #"curlew_runs_total{check="front-page",region="eu",verdict="down"} 2"#,
        #"curlew_runs_total{check="front-page",region="eu",verdict="up"} 1"#,
        "curlew_scheduler_lag_seconds_count 3",
        #"curlew_scheduler_missed_slots_total{reason="concurrency"} 3"#,
        #"curlew_slots_total{check="front-page",verdict="down"} 1"#,
        #"curlew_slots_total{check="front-page",verdict="maintenance"} 1"#,
        #"curlew_slots_total{check="front-page",verdict="missed"} 3"#,
        #"curlew_slots_total{check="front-page",verdict="up"} 1"#,
      ])
  }

  @Test("tell of a run's duration and of its lag in buckets")
  func histograms() throws {
    recorder.apply([try makeCheck("front-page")])
    recorder.record(try makeRun("front-page", lag: .milliseconds(30), duration: .milliseconds(70)))
    let expected = [
      ("0.001", 0), ("0.0025", 0), ("0.005", 0), ("0.01", 0), ("0.025", 0), ("0.05", 1), ("0.1", 1), ("0.25", 1),
      ("0.5", 1), ("1", 1), ("2.5", 1), ("5", 1), ("10", 1), ("+Inf", 1),
    ].map { "curlew_scheduler_lag_seconds_bucket{le=\"\($0.0)\"} \($0.1)" }
    #expect(samples("curlew_scheduler_lag_seconds_bucket") == expected)
    #expect(
      samples("curlew_run_duration_seconds_bucket").filter { $0.contains("le=\"0.05\"") || $0.contains("le=\"0.1\"") }
        == [
          #"curlew_run_duration_seconds_bucket{check="front-page",region="eu",le="0.05"} 0"#,
          #"curlew_run_duration_seconds_bucket{check="front-page",region="eu",le="0.1"} 1"#,
        ])
  }

  @Test("tell of the phases of each step, without those that never happen, and add the rows of a table up")
  func phases() throws {
    recorder.apply([try makeCheck("checkout", kind: .journey)])
    let phases = Phases(connect: .milliseconds(10), wait: .milliseconds(200))
    recorder.record(
      try makeRun(
        "checkout",
        steps: [
          makeStep("login[1]", phases: phases), makeStep("login[2]", phases: phases), makeStep("skipped", verdict: nil),
        ]))
    #expect(
      samples("curlew_phase_duration_seconds") == [
        #"curlew_phase_duration_seconds_sum{check="checkout",phase="connect",region="eu",step="login"} 0.02"#,
        #"curlew_phase_duration_seconds_count{check="checkout",phase="connect",region="eu",step="login"} 2"#,
        #"curlew_phase_duration_seconds_sum{check="checkout",phase="wait",region="eu",step="login"} 0.4"#,
        #"curlew_phase_duration_seconds_count{check="checkout",phase="wait",region="eu",step="login"} 2"#,
      ])
  }

  @Test("tell when the first certificate ends, what was measured, and which clean-up failed")
  func details() throws {
    recorder.apply([try makeCheck("checkout", kind: .journey)])
    #expect(
      samples("curlew_cleanup") == [#"curlew_cleanup_failures_total{check="checkout",region="eu"} 0"#])
    recorder.record(
      try makeRun(
        "checkout",
        steps: [
          makeStep("a", phases: Phases(), certificateEnds: epoch + .days(90)),
          makeStep("b", phases: Phases(), certificateEnds: epoch + .days(30), measures: ["queue_depth": 7.5]),
        ], cleanup: [makeStep("cancel", verdict: .down), makeStep("close", verdict: .degraded)]))
    #expect(
      samples("curlew_certificate", "curlew_measure", "curlew_cleanup") == [
        #"curlew_certificate_not_after_timestamp_seconds{check="checkout",region="eu"} 1.7698176e+09"#,
        #"curlew_cleanup_failures_total{check="checkout",region="eu"} 1"#,
        #"curlew_measure{check="checkout",measure="queue_depth",region="eu",step="b"} 7.5"#,
      ])
  }

  @Test("say what each check is, with the same label names for all of them")
  func info() throws {
    recorder.apply([
      try makeCheck("one", name: "One \"1\"", group: "shop", labels: ["team": "web", "cost-center": "7", "name": "x"]),
      try makeCheck("two", labels: ["tier": "1"], kind: .dns),
    ])
    #expect(
      samples("curlew_check_info") == [
        #"curlew_check_info{check="one",cost_center="7",exported_name="x",group="shop",kind="http","#
          + #"name="One \"1\"",team="web",tier=""} 1"#,
        #"curlew_check_info{check="two",cost_center="",exported_name="",group="",kind="dns","#
          + #"name="two",team="",tier="1"} 1"#,
      ])
    recorder.apply([try makeCheck("two", labels: ["tier": "2"], kind: .dns)])
    #expect(
      samples("curlew_check_info") == [#"curlew_check_info{check="two",group="",kind="dns",name="two",tier="2"} 1"#])
  }

  @Test("keep the counts of a check over a reload, and lose those of a check that is gone")
  func reload() throws {
    let (kept, gone) = (try makeCheck("kept"), try makeCheck("gone"))
    recorder.apply([kept, gone])
    recorder.record(try makeRun("kept"))
    recorder.record(try makeRun("gone"))
    recorder.publish(
      AvailabilityFigures(
        check: gone.id, window: "30d", availability: 1, coverage: 1, budgetRemaining: 1, objective: 0.995))
    recorder.apply([kept])
    recorder.record(try makeRun("gone", slot: 1))
    recorder.record(try makeRun("kept", slot: 1))
    #expect(samples("curlew_").filter { $0.contains(#""gone""#) } == [])
    #expect(
      samples("curlew_runs_total").filter { $0.contains(#"verdict="up""#) }
        == [#"curlew_runs_total{check="kept",region="eu",verdict="up"} 2"#])
  }

  @Test("hold nothing of a check that is run no longer, and go on counting the run that was under way")
  func disabled() throws {
    recorder.apply([try makeCheck("front-page")])
    let tls = makeStep("front-page", phases: Phases(), certificateEnds: epoch + .days(3))
    recorder.record(try makeRun("front-page", reason: .timeout, steps: [tls]))
    #expect(samples("curlew_check_state", "curlew_certificate").count == 5)
    recorder.apply([try makeCheck("front-page", isEnabled: false)])
    recorder.record(try makeRun("front-page", slot: 1, reason: .timeout, steps: [tls]))
    #expect(samples("curlew_check_state", "curlew_certificate") == [])
    #expect(
      samples("curlew_failures_total") == [
        #"curlew_failures_total{check="front-page",reason="timeout",region="eu"} 2"#
      ])
    recorder.apply([try makeCheck("front-page")])
    recorder.record(try makeRun("front-page", slot: 2))
    #expect(
      samples("curlew_check_state").filter { $0.hasSuffix(" 1") } == [
        #"curlew_check_state{check="front-page",region="eu",state="up"} 1"#
      ])
  }

  @Test("show a promise for the window that it has now")
  func windows() throws {
    let check = try makeCheck("front-page")
    recorder.apply([check])
    for window in ["30d", "7d"] {
      recorder.publish(
        AvailabilityFigures(
          check: check.id, window: window, availability: 1, coverage: 1, budgetRemaining: 1, objective: 0.995))
    }
    let told = samples("curlew_availability", "curlew_coverage", "curlew_error", "curlew_objective")
    #expect(told.count == 4)
    #expect(told.allSatisfy { $0.contains(#"window="7d""#) })
  }

  @Test("have the runs of other regions beside those of their own")
  func regions() throws {
    recorder.apply([try makeCheck("front-page")])
    recorder.record(try makeRun("front-page", region: "us"))
    #expect(
      samples("curlew_runs_total").filter { $0.contains(#"verdict="up""#) } == [
        #"curlew_runs_total{check="front-page",region="eu",verdict="up"} 0"#,
        #"curlew_runs_total{check="front-page",region="us",verdict="up"} 1"#,
      ])
  }

  @Test("show the figures of a promise, without a line for what is not known")
  func figures() throws {
    let check = try makeCheck("front-page")
    recorder.apply([check])
    recorder.publish(
      AvailabilityFigures(
        check: check.id, window: "30d", availability: 0.9987, coverage: 0.5, budgetRemaining: -0.25, objective: 0.995))
    #expect(
      samples("curlew_availability", "curlew_coverage", "curlew_error", "curlew_objective") == [
        #"curlew_availability_ratio{check="front-page",window="30d"} 0.9987"#,
        #"curlew_coverage_ratio{check="front-page",window="30d"} 0.5"#,
        #"curlew_error_budget_remaining_ratio{check="front-page",window="30d"} -0.25"#,
        #"curlew_objective_ratio{check="front-page",window="30d"} 0.995"#,
      ])
    recorder.publish(
      AvailabilityFigures(
        check: check.id, window: "30d", availability: nil, coverage: nil, budgetRemaining: nil, objective: 0.995))
    #expect(
      samples("curlew_availability", "curlew_coverage", "curlew_error", "curlew_objective")
        == [#"curlew_objective_ratio{check="front-page",window="30d"} 0.995"#])
  }

  @Test("tell whether an incident of a check lasts, and how many there were")
  func incidents() throws {
    let check = try makeCheck("front-page")
    recorder.apply([check])
    func told() -> [String] {
      samples("curlew_incident_open", "curlew_incidents_total").map { $0.replacing("{check=\"front-page\"}", with: "") }
    }
    #expect(told() == ["curlew_incident_open 0", "curlew_incidents_total 0"])
    recorder.recordIncident(of: check.id, isOpen: true, isNew: false)
    #expect(told() == ["curlew_incident_open 1", "curlew_incidents_total 0"])
    recorder.recordIncident(of: check.id, isOpen: false)
    recorder.recordIncident(of: check.id, isOpen: true, isNew: true)
    #expect(told() == ["curlew_incident_open 1", "curlew_incidents_total 1"])
    recorder.apply([])
    recorder.recordIncident(of: check.id, isOpen: false)
    #expect(told() == [])
  }

  @Test("show how fast a budget is used up, and how fast runs were, over each window")
  func burnRates() throws {
    let check = try makeCheck("front-page")
    recorder.apply([check])
    func publish(_ window: String, _ rate: Double?, _ latency: Double?) {
      recorder.publish(
        AvailabilityFigures(
          check: check.id, window: window, availability: 1, coverage: 1, budgetRemaining: 1, objective: 0.995,
          burnRates: [.init(window: "1h", rate: rate), .init(window: "6h", rate: 0.5)], latencyRatio: latency))
    }
    publish("30d", 14.4, 0.75)
    #expect(
      samples("curlew_burn_rate", "curlew_latency_objective") == [
        #"curlew_burn_rate_ratio{check="front-page",window="1h"} 14.4"#,
        #"curlew_burn_rate_ratio{check="front-page",window="6h"} 0.5"#,
        #"curlew_latency_objective_ratio{check="front-page",window="30d"} 0.75"#,
      ])
    publish("7d", nil, nil)
    #expect(
      samples("curlew_burn_rate", "curlew_latency_objective")
        == [#"curlew_burn_rate_ratio{check="front-page",window="6h"} 0.5"#])
  }

  @Test("tell of reloads, history and what is under way")
  func process() throws {
    #expect(samples("curlew_config_last_reload_success_timestamp") == [])
    recorder.recordReload(succeeded: true, at: epoch)
    recorder.recordReload(succeeded: false, at: epoch + .hours(1))
    recorder.watch(runsInFlight: { 3 })
    recorder.watch(historyQueueLength: { 17 })
    recorder.watch(incidentDroppedRuns: { 6 })
    recorder.recordHistoryWrite(took: .milliseconds(4))
    recorder.recordHistoryDrop(of: 5)
    #expect(
      samples("curlew_config", "curlew_runs_in_flight", "curlew_history", "curlew_incident").filter {
        !$0.contains("_bucket")
      } == [
        "curlew_config_last_reload_success_timestamp_seconds 1.7672256e+09",
        "curlew_config_last_reload_successful 0",
        "curlew_history_dropped_runs_total 5",
        "curlew_history_queue_length 17",
        "curlew_history_write_seconds_sum 0.004",
        "curlew_history_write_seconds_count 1",
        "curlew_incident_dropped_runs_total 6",
        "curlew_runs_in_flight 3",
      ])
  }
}
