import Exposition
import Testing

@Suite struct RegistrationTests {
  @Test(
    "a metric name outside the grammar is refused",
    arguments: ["", "9lives", "run-time", "run.time", "a b", "größe", "x\n", "{}"])
  func grammar(name: String) {
    let error = #expect(throws: RegistrationError.self) { try Registry().gauge(name, help: "") }
    #expect(error?.code == .invalidMetricName)
    #expect(error?.message.contains("\"\(name)\"") == true)
  }

  @Test("every name in the grammar is taken", arguments: ["a", "_", ":a:b", "A9_z", "process_open_fds"])
  func validNames(name: String) throws {
    let registry = Registry()
    try registry.gauge(name, help: "").child().set(1)
    #expect(registry.samples == ["\(name) 1"])
  }

  @Test("a name whose last word belongs to another type is refused")
  func suffixes() {
    let registry = Registry()
    let refused: [() throws -> Void] = [
      { _ = try registry.counter("runs", help: "") },
      { _ = try registry.counter("_total", help: "") },
      { _ = try registry.info("check", help: "") },
      { _ = try registry.gauge("runs_total", help: "") },
      { _ = try registry.summarySet("runs_total", help: "", label: "phase", values: ["tls"]) },
      { _ = try registry.histogram("runs_total", help: "", buckets: [1]) },
      { _ = try registry.stateSet("state_total", help: "", states: ["up"]) },
    ]
    for register in refused {
      let error = #expect(throws: RegistrationError.self) { try register() }
      #expect(error?.code == .wrongSuffix)
    }
    #expect(registry.text(.prometheus) == "")
  }

  @Test("a unit has to be the last word of the name")
  func units() throws {
    let registry = Registry()
    _ = try registry.gauge("run_seconds", help: "", unit: "seconds")
    _ = try registry.counter("cpu_seconds_total", help: "", unit: "seconds")
    for (name, unit) in [("wait", "seconds"), ("waitseconds", "seconds"), ("wait_", ""), ("wait_seconds", "bytes")] {
      let error = #expect(throws: RegistrationError.self) { try registry.gauge(name, help: "", unit: unit) }
      #expect(error?.code == .unitNotInName)
    }
  }

  @Test("two families cannot print the same name, not even in one of the formats")
  func clashes() throws {
    let registry = Registry()
    _ = try registry.histogram("wait_seconds", help: "", buckets: [1])
    _ = try registry.counter("runs_total", help: "")
    _ = try registry.info("build_info", help: "")
    for name in ["wait_seconds", "wait_seconds_sum", "wait_seconds_count", "wait_seconds_bucket", "runs", "build"] {
      let error = #expect(throws: RegistrationError.self) { try registry.gauge(name, help: "") }
      #expect(error?.code == .nameTaken, "\(name) was taken")
    }
    let error = #expect(throws: RegistrationError.self) {
      try registry.summarySet("runs", help: "", label: "phase", values: ["tls"])
    }
    #expect(
      error?.description
        == "metric \"runs\" would print the name \"runs\", which belongs to \"runs_total\": rename it")
    // A refused family leaves no claim behind: the summary's other names are free.
    _ = try registry.gauge("runs_sum", help: "")
  }

  @Test(
    "buckets that are no ascending finite bounds are refused",
    arguments: [[], [1, 1], [2, 1], [1, .infinity], [.nan], [-.infinity, 0]] as [[Double]])
  func buckets(bounds: [Double]) {
    let error = #expect(throws: RegistrationError.self) {
      try Registry().histogram("h", help: "", buckets: bounds)
    }
    #expect(error?.code == .invalidBuckets)
  }

  @Test("states that are absent or named twice are refused", arguments: [[], ["up", "up"]] as [[String]])
  func states(states: [String]) {
    let error = #expect(throws: RegistrationError.self) { try Registry().stateSet("s", help: "", states: states) }
    #expect(error?.code == .invalidStates)
  }

  @Test("the label of a state set has to be a label name")
  func stateLabel() {
    let error = #expect(throws: RegistrationError.self) {
      try Registry().stateSet("s", help: "", label: "le", states: ["up"])
    }
    #expect(error?.code == .invalidLabelName)
  }
}
