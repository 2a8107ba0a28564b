import Conversion
import Testing

@Suite("The configuration of Prometheus")
struct PrometheusTests {
  private static let job = """
    scrape_configs:
      - job_name: shops
        metrics_path: /probe
        params: {module: [http_2xx]}
        file_sd_configs: [{files: ["targets/*.json"]}]
        relabel_configs: [{source_labels: [__address__], target_label: __param_target}]
    """

  @Test("has targets in the files of file_sd_configs, in YAML and JSON")
  func files() throws {
    let options = ConversionOptions(files: { pattern in
      #expect(pattern == "targets/*.json")
      return [
        ("targets/a.json", Array(#"[{"targets": ["a.example"], "labels": {"team": "web"}}]"#.utf8)),
        ("targets/b.json", Array("- targets: [b.example]".utf8)),
      ]
    })
    let conversion = try Conversion(of: Array(Self.job.utf8), as: .prometheus, options: options)
    #expect(conversion.scenario.contains("id: shops-a-example"))
    #expect(conversion.scenario.contains("team: web"))
    #expect(conversion.scenario.contains("id: shops-b-example"))
    #expect(conversion.notes.isEmpty)
  }

  @Test("leaves out targets whose module is not there, and says so")
  func unknownModule() throws {
    let options = ConversionOptions(
      modules: ["icmp"], files: { _ in [("a.yml", Array("- targets: [a.example]".utf8))] })
    let failure = #expect(throws: ConversionFailure.self) {
      try Conversion(of: Array(Self.job.utf8), as: .prometheus, options: options)
    }
    #expect(failure?.message.hasPrefix("no target of it is probed") == true)
  }

  @Test(
    "is refused where it is none",
    arguments: [
      ("a: [", 1), ("", 1), ("global: {}\n", 1),
      ("scrape_configs: [{job_name: a, static_configs: [{targets: [b]}]}]", 1),
    ])
  func refused(text: String, line: Int) {
    let failure = #expect(throws: ConversionFailure.self) {
      try Conversion(of: Array(text.utf8), as: .prometheus)
    }
    #expect(failure?.line == line)
  }

  @Test("tells the names of a file of modules, and that another is none")
  func moduleNames() {
    #expect(Conversion.moduleNames(in: Array("modules:\n  a: {prober: http}\n  b:\n".utf8)) == ["a", "b"])
    #expect(Conversion.moduleNames(in: Array("scrape_configs: []".utf8)) == nil)
  }
}
