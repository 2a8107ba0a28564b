import TestSupport
import Testing

@Suite("Prometheus with the usual scrape config of blackbox_exporter")
struct PrometheusScrapeTests {
  @Test("probes its targets through Curlew, relabelled, and takes all that it is told")
  func scrapes() async throws {
    let nginx = try HTTPNginx(files: ["index.html": "Welcome"], locations: "location /gone { return 410; }")
    defer { nginx.stop() }
    let workspace = try Workspace(["blackbox.yml": "modules:\n  http_2xx: {prober: http, timeout: 500ms}\n"])
    let exporter = try await Exporter(in: workspace)
    let page = "http://127.0.0.1:\(nginx.http)"
    let prometheus = try await PrometheusServer(
      jobs: """
          - job_name: websites
            metrics_path: /probe
            params: {module: [http_2xx]}
            static_configs: [{targets: ["\(page)/index.html", "\(page)/gone"]}]
            relabel_configs:
              - {source_labels: [__address__], target_label: __param_target}
              - {source_labels: [__param_target], target_label: instance}
              - {target_label: __address__, replacement: "127.0.0.1:\(exporter.port)"}
        """)
    func values(_ query: String) async throws -> [String: String] {
      let answer = try JSONValue(try await prometheus.http.get("/api/v1/query?query=\(query)").body)
      return Dictionary(
        answer.data.result.items.map { ($0.metric.instance.text ?? "", $0.value[1].text ?? "") }
      ) { $1 }
    }
    let successes = try await eventually("both targets were probed") { () -> [String: String]? in
      let found = try await values("probe_success")
      return found.count == 2 ? found : nil
    }
    #expect(successes == ["\(page)/index.html": "1", "\(page)/gone": "0"])
    #expect(try await values("up") == ["\(page)/index.html": "1", "\(page)/gone": "1"])
    #expect(try await values("probe_http_status_code") == ["\(page)/index.html": "200", "\(page)/gone": "410"])
    #expect(try await values("count(probe_http_duration_seconds)%20by%20(instance)").values.allSatisfy { $0 == "5" })
  }
}
