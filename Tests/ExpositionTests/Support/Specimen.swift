import Exposition

/// A registry with one family of each type, and the exact texts that it prints.
enum Specimen {
  static func everyType() throws -> Registry {
    let registry = Registry()
    let labels: Labels = ["check": "shop \"front\"", "region": "eu"]

    let runs = try registry.counter("curlew_runs_total", help: "Runs by verdict.")
    runs.child(labels.merging(["verdict": "up"])).increment(by: 1_234_567)
    runs.child(labels.merging(["verdict": "down"])).increment()

    let cpu = try registry.counter("cpu_seconds_total", help: "CPU time.", unit: "seconds").child()
    cpu.increment(by: 0.25)

    let expiry = try registry.gauge(
      "curlew_certificate_not_after_timestamp_seconds", help: "When the certificate ends.", unit: "seconds")
    expiry.child(labels).set(1_795_219_773)

    let duration = try registry.histogram(
      "curlew_run_duration_seconds", help: "How long runs take.", unit: "seconds", buckets: [0.005, 1, 2.5])
    for seconds in [0.004, 0.005, 0.75, 2, 7] { duration.child(labels).observe(seconds) }

    let phases = try registry.summarySet(
      "curlew_phase_duration_seconds", help: "How long phases take.", unit: "seconds", label: "phase",
      values: ["connect", "wait"])
    phases.child(["check": "a"]).observe(.milliseconds(125), at: 0)
    phases.child(["check": "a"]).observe(.milliseconds(250), at: 0)

    _ = try registry.info("curlew_build_info", help: "What was built.").child(["version": "1.2.3"])

    let states = ["up", "degraded", "down", "unknown"]
    try registry.stateSet("curlew_check_state", help: "The present state.", states: states).child(labels).set(
      "degraded")

    try registry.gauge("curlew_runs_in_flight", help: "Runs at this moment.").child().set(2)
    return registry
  }

  static let everyTypeInPrometheusText = #"""
    # HELP cpu_seconds_total CPU time.
    # TYPE cpu_seconds_total counter
    cpu_seconds_total 0.25
    # HELP curlew_build_info What was built.
    # TYPE curlew_build_info gauge
    curlew_build_info{version="1.2.3"} 1
    # HELP curlew_certificate_not_after_timestamp_seconds When the certificate ends.
    # TYPE curlew_certificate_not_after_timestamp_seconds gauge
    curlew_certificate_not_after_timestamp_seconds{check="shop \"front\"",region="eu"} 1.795219773e+09
    # HELP curlew_check_state The present state.
    # TYPE curlew_check_state gauge
    curlew_check_state{check="shop \"front\"",region="eu",state="degraded"} 1
    curlew_check_state{check="shop \"front\"",region="eu",state="down"} 0
    curlew_check_state{check="shop \"front\"",region="eu",state="unknown"} 0
    curlew_check_state{check="shop \"front\"",region="eu",state="up"} 0
    # HELP curlew_phase_duration_seconds How long phases take.
    # TYPE curlew_phase_duration_seconds summary
    curlew_phase_duration_seconds_sum{check="a",phase="connect"} 0.375
    curlew_phase_duration_seconds_count{check="a",phase="connect"} 2
    # HELP curlew_run_duration_seconds How long runs take.
    # TYPE curlew_run_duration_seconds histogram
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="0.005"} 2
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="1"} 3
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="2.5"} 4
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="+Inf"} 5
    curlew_run_duration_seconds_sum{check="shop \"front\"",region="eu"} 9.759
    curlew_run_duration_seconds_count{check="shop \"front\"",region="eu"} 5
    # HELP curlew_runs_in_flight Runs at this moment.
    # TYPE curlew_runs_in_flight gauge
    curlew_runs_in_flight 2
    # HELP curlew_runs_total Runs by verdict.
    # TYPE curlew_runs_total counter
    curlew_runs_total{check="shop \"front\"",region="eu",verdict="down"} 1
    curlew_runs_total{check="shop \"front\"",region="eu",verdict="up"} 1.234567e+06

    """#

  static let everyTypeInOpenMetrics = #"""
    # HELP cpu_seconds CPU time.
    # TYPE cpu_seconds counter
    # UNIT cpu_seconds seconds
    cpu_seconds_total 0.25
    # HELP curlew_build What was built.
    # TYPE curlew_build info
    curlew_build_info{version="1.2.3"} 1.0
    # HELP curlew_certificate_not_after_timestamp_seconds When the certificate ends.
    # TYPE curlew_certificate_not_after_timestamp_seconds gauge
    # UNIT curlew_certificate_not_after_timestamp_seconds seconds
    curlew_certificate_not_after_timestamp_seconds{check="shop \"front\"",region="eu"} 1.795219773e+09
    # HELP curlew_check_state The present state.
    # TYPE curlew_check_state gauge
    curlew_check_state{check="shop \"front\"",region="eu",state="degraded"} 1.0
    curlew_check_state{check="shop \"front\"",region="eu",state="down"} 0.0
    curlew_check_state{check="shop \"front\"",region="eu",state="unknown"} 0.0
    curlew_check_state{check="shop \"front\"",region="eu",state="up"} 0.0
    # HELP curlew_phase_duration_seconds How long phases take.
    # TYPE curlew_phase_duration_seconds summary
    # UNIT curlew_phase_duration_seconds seconds
    curlew_phase_duration_seconds_sum{check="a",phase="connect"} 0.375
    curlew_phase_duration_seconds_count{check="a",phase="connect"} 2
    # HELP curlew_run_duration_seconds How long runs take.
    # TYPE curlew_run_duration_seconds histogram
    # UNIT curlew_run_duration_seconds seconds
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="0.005"} 2
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="1.0"} 3
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="2.5"} 4
    curlew_run_duration_seconds_bucket{check="shop \"front\"",region="eu",le="+Inf"} 5
    curlew_run_duration_seconds_sum{check="shop \"front\"",region="eu"} 9.759
    curlew_run_duration_seconds_count{check="shop \"front\"",region="eu"} 5
    # HELP curlew_runs_in_flight Runs at this moment.
    # TYPE curlew_runs_in_flight gauge
    curlew_runs_in_flight 2.0
    # HELP curlew_runs Runs by verdict.
    # TYPE curlew_runs counter
    curlew_runs_total{check="shop \"front\"",region="eu",verdict="down"} 1.0
    curlew_runs_total{check="shop \"front\"",region="eu",verdict="up"} 1.234567e+06
    # EOF

    """#
}

extension Registry {
  /// The rendering as text.
  func text(_ format: TextFormat) -> String {
    String(decoding: render(format), as: UTF8.self)
  }

  /// The lines of the 0.0.4 text that are no comments.
  var samples: [String] {
    text(.prometheus).split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
  }
}
