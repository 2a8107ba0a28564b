import Exposition
import Testing

/// What programs that read metrics for a living say to ours.
@Suite struct ScraperTests {
  /// A full exposition with awkward values in it.
  static func registry() throws -> Registry {
    let registry = try Specimen.everyType()
    try ProcessMetrics.register(in: registry)
    let values = try registry.gauge("awkward_values", help: "Any \\ value\nof \"any\" size.")
    let numbers: [Double] = [
      0, -0.0, .nan, .infinity, -.infinity, 1e-300, .leastNonzeroMagnitude, 1e308, -62_135_596_800, 0.1,
    ]
    for (index, number) in numbers.enumerated() {
      values.child(["index": String(index), "text": "\\ \" \n } , = é 🐦 \t"]).set(number)
    }
    return registry
  }

  @Test("promtool finds nothing to blame in the text format")
  func promtool() throws {
    let promtool = try #require(
      Tool("promtool"), "promtool is not installed: it comes with the Debian package \"prometheus\"")
    let answer = try promtool.run(["check", "metrics"], input: Self.registry().render(.prometheus))
    #expect(answer.status == 0, "promtool: \(answer.output)")
  }

  @Test("promtool would blame a broken text, so its silence means something")
  func promtoolNotices() throws {
    let promtool = try #require(
      Tool("promtool"), "promtool is not installed: it comes with the Debian package \"prometheus\"")
    let broken = try Self.registry().render(.prometheus).dropLast(9)
    #expect(try promtool.run(["check", "metrics"], input: Array(broken)).status != 0)
  }

  /// Whether `python3` has the parsers of Prometheus' own Python client; they are no dependency of ours.
  static let hasPythonParsers = (try? Tool("python3")?.run(["-c", "import prometheus_client"]).status) == 0

  @Test(
    "the Python client parses both formats to the same samples",
    .enabled(if: hasPythonParsers, "python3 has no prometheus_client"), arguments: TextFormat.allCases)
  func pythonParser(format: TextFormat) throws {
    let module =
      switch format {
      case .prometheus: "prometheus_client.parser"
      case .openMetrics: "prometheus_client.openmetrics.parser"
      }
    let program = """
      import sys
      from \(module) import text_string_to_metric_families as parse
      for family in parse(sys.stdin.buffer.read().decode()):
        for sample in family.samples:
          if not sample.name.startswith('process_'):
            print(sample.name, sorted(sample.labels.items()), repr(sample.value), sep='|')
      """
    let python = try #require(Tool("python3"))
    let registry = try Self.registry()
    let answer = try python.run(["-c", program], input: registry.render(format))
    #expect(answer.status == 0, "\(answer.output)")
    let lines = answer.output.split(separator: "\n")
    #expect(lines.count == registry.samples.count { !$0.hasPrefix("process_") })
    #expect(
      lines.contains(#"curlew_runs_total|[('check', 'shop "front"'), ('region', 'eu'), ('verdict', 'up')]|1234567.0"#))
    #expect(lines.contains(#"awkward_values|[('index', '6'), ('text', '\\ " \n } , = é 🐦 \t')]|5e-324"#))
  }
}
