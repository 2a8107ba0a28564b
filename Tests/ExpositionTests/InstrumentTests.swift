import Exposition
import Testing

@Suite struct InstrumentTests {
  @Test("a counter only grows, whatever it is told")
  func counter() throws {
    let counter = try Registry().counter("c_total", help: "").child()
    counter.increment()
    counter.increment(by: 2.5)
    counter.increment(by: -1)
    counter.increment(by: .nan)
    #expect(counter.value == 3.5)
    counter.reflect(7)
    counter.reflect(.nan)
    counter.reflect(-1)
    #expect(counter.value == 7)
  }

  @Test("a gauge without a value has no line")
  func absentGauge() throws {
    let registry = Registry()
    let gauge = try registry.gauge("ratio", help: "", initially: nil).child()
    #expect(gauge.value == nil)
    #expect(registry.text(.prometheus) == "")
    gauge.set(0)
    #expect(registry.samples == ["ratio 0"])
    gauge.clear()
    #expect(registry.text(.prometheus) == "")
    gauge.increment(by: 3)
    gauge.decrement()
    #expect(registry.samples == ["ratio 2"])
  }

  @Test("a gauge that is not a number is shown as such and is not taken for absent")
  func gaugeOfNaN() throws {
    let registry = Registry()
    let gauge = try registry.gauge("ratio", help: "").child()
    for pattern: UInt64 in [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0001] {
      gauge.set(Double(bitPattern: pattern))
      #expect(registry.samples == ["ratio NaN"])
    }
    gauge.set(-.infinity)
    #expect(registry.samples == ["ratio -Inf"])
  }

  @Test(
    "a duration is shown in seconds without a digit that it does not have",
    arguments: [
      (.zero, "0"), (.milliseconds(5), "0.005"), (.milliseconds(300), "0.3"), (.microseconds(12_345), "0.012345"),
      (.nanoseconds(1), "1e-09"), (.seconds(30), "30"), (.milliseconds(1_100), "1.1"), (.milliseconds(-250), "-0.25"),
      (.seconds(100_000_000), "1e+08"), (.seconds(-9_000_001), "-9.000001e+06"),
    ] as [(Duration, String)])
  func durations(duration: Duration, text: String) throws {
    let registry = Registry()
    try registry.gauge("lag_seconds", help: "").child().set(duration)
    #expect(registry.samples == ["lag_seconds \(text)"])
  }

  @Test("an observation falls into the bucket whose bound it does not exceed")
  func buckets() throws {
    let registry = Registry()
    let histogram = try registry.histogram("h", help: "", buckets: [-1, 0, 0.5, 10]).child()
    for value in [-2, -1, -0.5, 0, 0.5, 0.500001, 10, 11, .infinity, .nan] { histogram.observe(value) }
    #expect(
      registry.samples == [
        #"h_bucket{le="-1"} 2"#, #"h_bucket{le="0"} 4"#, #"h_bucket{le="0.5"} 5"#, #"h_bucket{le="10"} 7"#,
        #"h_bucket{le="+Inf"} 9"#, "h_sum +Inf", "h_count 9",
      ])
    #expect(histogram.count == 9)
  }

  @Test("histograms and summaries take durations as seconds")
  func observedDurations() throws {
    let registry = Registry()
    let histogram = try registry.histogram("h", help: "", buckets: [0.25]).child()
    let summary = try registry.summarySet("s", help: "", label: "phase", values: ["tls", "connect"]).child()
    for duration in [Duration.milliseconds(250), .milliseconds(500)] {
      histogram.observe(duration)
      summary.observe(duration, at: 1)
    }
    summary.observe(.nan, at: 1)
    #expect(histogram.sum == 0.75)
    #expect((summary.count(at: 1), summary.sum(at: 1)) == (2, 0.75))
    #expect(registry.samples.first == #"h_bucket{le="0.25"} 1"#)
  }

  @Test("exactly one state of a set is 1, and none before the first or after an unknown one")
  func stateSet() throws {
    let registry = Registry()
    let state = try registry.stateSet("check_state", help: "", states: ["up", "down"]).child(["check": "a"])
    func values() -> [String] { registry.samples.map { String($0.suffix(1)) } }
    #expect(registry.samples == [#"check_state{check="a",state="down"} 0"#, #"check_state{check="a",state="up"} 0"#])
    state.set("up")
    #expect((values(), state.state) == (["0", "1"], "up"))
    state.set(index: 1)
    #expect((values(), state.state) == (["1", "0"], "down"))
    state.set("sideways")
    #expect((values(), state.state) == (["0", "0"], nil))
    state.set(index: 9)
    #expect((values(), state.state) == (["0", "0"], nil))
  }

  @Test("a set of counters prints what so many counters would, in either format")
  func counterSet() throws {
    let (together, apart) = (Registry(), Registry())
    let set = try together.counterSet("r_total", help: "h", label: "verdict", values: ["up", "down"])
      .child(["check": "a", "zone": "z"])
    set.increment(at: 0)
    set.increment(at: 1, by: 41)
    set.increment(at: 1)
    set.increment(at: 1, by: -3)
    let family = try apart.counter("r_total", help: "h")
    family.child(["check": "a", "zone": "z", "verdict": "up"]).increment()
    family.child(["check": "a", "zone": "z", "verdict": "down"]).increment(by: 42)
    #expect(together.samples == apart.samples)
    for format in [TextFormat.prometheus, .openMetrics] {
      #expect(together.render(format) == apart.render(format))
    }
  }

  @Test("a set of summaries prints values in their order, and none of a value that was never observed")
  func summarySet() throws {
    let registry = Registry()
    let set = try registry.summarySet("s", help: "", label: "phase", values: ["wait", "tls", "connect"])
      .child(["check": "a", "zone": "z"])
    #expect(registry.samples == [])
    set.observe(.milliseconds(250), at: 0)
    set.observe(2, at: 2)
    set.observe(0, at: 0)
    #expect(
      registry.samples == [
        #"s_sum{check="a",phase="connect",zone="z"} 2"#, #"s_count{check="a",phase="connect",zone="z"} 1"#,
        #"s_sum{check="a",phase="wait",zone="z"} 0.25"#, #"s_count{check="a",phase="wait",zone="z"} 2"#,
      ])
  }

  @Test("the state stands in the sorted place among the labels")
  func statePlace() throws {
    let registry = Registry()
    let family = try registry.stateSet("s", help: "", states: ["up"])
    for labels: Labels in [[:], ["a": "1"], ["z": "2"], ["a": "1", "z": "2"], ["stat": "3"], ["states": "4"]] {
      _ = family.child(labels)
    }
    #expect(
      Set(registry.samples) == [
        #"s{state="up"} 0"#, #"s{a="1",state="up"} 0"#, #"s{state="up",z="2"} 0"#, #"s{a="1",state="up",z="2"} 0"#,
        #"s{stat="3",state="up"} 0"#, #"s{state="up",states="4"} 0"#,
      ])
  }

  @Test("a state set whose labels already tell a state stops the program")
  func stateGivenTwice() async {
    await #expect(processExitsWith: .failure) {
      _ = try Registry().stateSet("s", help: "", states: ["up"]).child(["state": "x"])
    }
  }

  @Test("no increment or observation of many tasks is lost, also while others scrape and register")
  func concurrency() async throws {
    let registry = Registry()
    let counter = try registry.counter("c_total", help: "")
    let gauge = try registry.gauge("g", help: "").child()
    let histogram = try registry.histogram("h", help: "", buckets: [1, 2]).child()
    let summary = try registry.summarySet("s", help: "", label: "phase", values: ["tls", "connect"]).child()
    let tasks = 16
    let rounds = 2_000
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          let mine = counter.child(["task": String(task % 4)])
          for round in 0..<rounds {
            mine.increment()
            gauge.increment(by: 2)
            gauge.decrement()
            histogram.observe(Double(round % 3) + 0.5)
            summary.observe(0.5, at: round % 2)
            if round % 500 == 0 {
              _ = registry.render(round.isMultiple(of: 1000) ? .prometheus : .openMetrics)
              counter.child(["task": "passing", "round": String(round)]).increment()
              registry.remove(label: "round", values: [String(round)])
            }
          }
        }
      }
    }
    let total = Double(tasks * rounds)
    for task in 0..<4 { #expect(counter.existing(["task": String(task)])?.value == total / 4) }
    #expect(gauge.value == total)
    #expect(histogram.count == UInt64(total))
    for index in 0..<2 {
      #expect(summary.count(at: index) == UInt64(total / 2))
      #expect(summary.sum(at: index) == total / 4)
    }
  }
}
