import Exposition
import Testing

@Suite struct RegistryTests {
  @Test("the exposition of every type is exact in both formats", arguments: TextFormat.allCases)
  func everyType(format: TextFormat) throws {
    let registry = try Specimen.everyType()
    let expected =
      switch format {
      case .prometheus: Specimen.everyTypeInPrometheusText
      case .openMetrics: Specimen.everyTypeInOpenMetrics
      }
    #expect(registry.text(format) == expected)
  }

  @Test("an empty registry prints nothing but the end mark of OpenMetrics")
  func empty() throws {
    let registry = Registry()
    #expect(registry.text(.prometheus) == "")
    #expect(registry.text(.openMetrics) == "# EOF\n")
    _ = try registry.counter("unused_total", help: "A family without series.")
    #expect(registry.text(.prometheus) == "")
    #expect(registry.text(.openMetrics) == "# EOF\n")
  }

  @Test("backslash, line feed and quotation mark are escaped where the format asks for it")
  func escaping() throws {
    let registry = Registry()
    let family = try registry.gauge("subject", help: "A \\ and a \" and\na new line.")
    family.child(["value": "A \\ and a \" and\na new line."]).set(1)
    #expect(
      registry.text(.prometheus) == #"""
        # HELP subject A \\ and a " and\na new line.
        # TYPE subject gauge
        subject{value="A \\ and a \" and\na new line."} 1

        """#)
    #expect(
      registry.text(.openMetrics) == #"""
        # HELP subject A \\ and a \" and\na new line.
        # TYPE subject gauge
        subject{value="A \\ and a \" and\na new line."} 1.0
        # EOF

        """#)
  }

  @Test("a family without help has no HELP line")
  func noHelp() throws {
    let registry = Registry()
    try registry.gauge("wait_seconds", help: "", unit: "seconds").child().set(1)
    #expect(registry.text(.prometheus) == "# TYPE wait_seconds gauge\nwait_seconds 1\n")
    #expect(
      registry.text(.openMetrics)
        == "# TYPE wait_seconds gauge\n# UNIT wait_seconds seconds\nwait_seconds 1.0\n# EOF\n")
  }

  @Test("families are sorted by name, whenever they were registered")
  func familyOrder() throws {
    let registry = Registry()
    for name in ["m", "b", "z", "a", "b_c", "B"] { _ = try registry.gauge(name, help: "").child() }
    #expect(registry.samples == ["B 0", "a 0", "b 0", "b_c 0", "m 0", "z 0"])
  }

  @Test("series are sorted by what their label values say, not by how they are escaped")
  func seriesOrder() throws {
    let registry = Registry()
    let family = try registry.gauge("g", help: "")
    let values = ["a b", "a", "a!", "b", "", "a\nb", "a\"b", "a\\b", "a#b", "a]b", "a[b", "é", "B", "a0", "anb", "a\\"]
    for value in values.shuffled() { family.child(["v": value]).set(1) }
    let printed = registry.samples
    // The byte order of the values, each escaped afterwards.
    let expected = values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { value in
      let escaped = value.flatMap { character in
        switch character {
        case "\\": #"\\"#
        case "\n": #"\n"#
        case "\"": #"\""#
        default: String(character)
        }
      }
      return "g{v=\"\(String(escaped))\"} 1"
    }
    #expect(printed == expected)
  }

  @Test("a text of many series comes in pieces of some size, each ending with a line", arguments: TextFormat.allCases)
  func pieces(format: TextFormat) throws {
    let registry = Registry()
    let first = try registry.gauge("a", help: "First.")
    let second = try registry.gauge("b", help: "Second.")
    for number in 10_000..<20_000 {
      first.child(["n": "\(number)"]).set(1)
      second.child(["n": "\(number)"]).set(2)
    }
    var rendering = registry.rendering(format)
    var pieces: [[UInt8]] = []
    while let piece = rendering.next() { pieces.append(piece) }
    #expect(pieces.count > 1)
    #expect(pieces.allSatisfy { $0.count < 300 << 10 && $0.last == UInt8(ascii: "\n") })
    let lines = String(decoding: pieces.joined(), as: UTF8.self).split(separator: "\n")
    #expect(lines.filter { !$0.hasPrefix("#") }.count == 20_000)
    #expect(lines.filter { $0.hasPrefix("# TYPE") } == ["# TYPE a gauge", "# TYPE b gauge"])
    #expect(lines.last?.hasPrefix(format == .openMetrics ? "# EOF" : "b{n=\"19999\"}") == true)
  }

  @Test("the first label decides the order before the second does")
  func seriesOrderOfTwoLabels() throws {
    let registry = Registry()
    let family = try registry.gauge("g", help: "")
    for (first, second) in [("b", "1"), ("a c", "1"), ("a", "2"), ("a", "10"), ("b", "0")] {
      family.child(["first": first, "second": second]).set(1)
    }
    #expect(
      registry.samples == [
        #"g{first="a",second="10"} 1"#, #"g{first="a",second="2"} 1"#, #"g{first="a c",second="1"} 1"#,
        #"g{first="b",second="0"} 1"#, #"g{first="b",second="1"} 1"#,
      ])
  }

  @Test("series that come and go between scrapes leave the order right")
  func churn() throws {
    let registry = Registry()
    let family = try registry.gauge("g", help: "")
    var present: Set<Int> = []
    for round in 0..<40 {
      for step in 0..<50 {
        let number = 100 + (round * 37 + step * 61) % 500
        let labels: Labels = ["n": String(number)]
        if present.remove(number) == nil {
          present.insert(number)
          family.child(labels).set(Double(number))
        } else {
          family.remove(labels)
        }
      }
      // Some rounds pass unscraped.
      guard round % 3 == 0 else { continue }
      #expect(registry.samples == present.sorted().map { "g{n=\"\($0)\"} \($0)" })
    }
  }

  @Test("a removed series is gone, and begins anew when it is asked for again")
  func removal() throws {
    let registry = Registry()
    let family = try registry.counter("runs_total", help: "")
    let old = family.child(["check": "a"])
    old.increment(by: 5)
    family.child(["check": "b"]).increment()
    family.remove(["check": "a"])
    family.remove(["check": "never there"])
    old.increment()  // a run that was under way may still report
    #expect(registry.samples == [#"runs_total{check="b"} 1"#])
    #expect(family.existing(["check": "a"]) == nil)
    #expect(family.child(["check": "a"]) !== old)
    #expect(registry.samples == [#"runs_total{check="a"} 0"#, #"runs_total{check="b"} 1"#])
  }

  @Test("removing checks takes their series out of every family and leaves the others")
  func removalOfChecks() throws {
    let registry = Registry()
    let runs = try registry.counter("runs_total", help: "")
    let duration = try registry.summarySet("duration_seconds", help: "", label: "phase", values: ["connect"])
    try registry.gauge("in_flight", help: "").child().set(3)
    for check in ["a", "b", "c \"quoted\""] {
      for region in ["eu", "us"] {
        runs.child(["check": check, "region": region]).increment()
        duration.child(["check": check, "region": region]).observe(1.5, at: 0)
      }
    }
    // The value of another label is no reason to go.
    runs.child(["check": "d", "region": "b"]).increment()
    _ = registry.render(.prometheus)
    registry.remove(label: "check", values: ["b", "c \"quoted\"", "unknown"])
    #expect(
      registry.samples == [
        #"duration_seconds_sum{check="a",phase="connect",region="eu"} 1.5"#,
        #"duration_seconds_count{check="a",phase="connect",region="eu"} 1"#,
        #"duration_seconds_sum{check="a",phase="connect",region="us"} 1.5"#,
        #"duration_seconds_count{check="a",phase="connect",region="us"} 1"#,
        "in_flight 3",
        #"runs_total{check="a",region="eu"} 1"#, #"runs_total{check="a",region="us"} 1"#,
        #"runs_total{check="d",region="b"} 1"#,
      ])
  }

  @Test("work for a scrape runs before every rendering, in its order")
  func refresh() throws {
    let registry = Registry()
    let scrapes = try registry.gauge("scrapes", help: "").child()
    let doubled = try registry.gauge("scrapes_doubled", help: "").child()
    registry.onScrape { scrapes.increment() }
    registry.onScrape { doubled.set(2 * (scrapes.value ?? 0)) }
    #expect(registry.samples == ["scrapes 1", "scrapes_doubled 2"])
    #expect(registry.samples == ["scrapes 2", "scrapes_doubled 4"])
  }

  @Test("asking twice for the same labels gives the same series")
  func identity() throws {
    let family = try Registry().counter("runs_total", help: "")
    #expect(family.child(["a": "1", "b": "2"]) === family.child(["b": "2", "a": "1"]))
    #expect(family.child(["a": "1"]) !== family.child())
    #expect(family.existing(["a": "1"]) === family.child(["a": "1"]))
    #expect(family.existing(["a": "2"]) == nil)
  }
}
