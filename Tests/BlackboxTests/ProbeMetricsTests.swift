import Blackbox
import Testing

@Suite("The gauges of a probe")
struct ProbeMetricsTests {
  @Test("stand sorted by name and by the values of their labels, with Go's floats")
  func isSorted() {
    var metrics = ProbeMetrics()
    metrics.set("probe_success", help: "Displays", true)
    metrics.set("probe_http_duration_seconds", help: "Phases", 0.25, labels: [("phase", "tls")])
    metrics.set("probe_http_duration_seconds", help: "Phases", 1795219773, labels: [("phase", "connect")])
    metrics.set("probe_info", help: "Words", 1, labels: [("b", "a\"\\\n"), ("a", "x")])
    #expect(
      String(decoding: metrics.text, as: UTF8.self) == """
        # HELP probe_http_duration_seconds Phases
        # TYPE probe_http_duration_seconds gauge
        probe_http_duration_seconds{phase="connect"} 1.795219773e+09
        probe_http_duration_seconds{phase="tls"} 0.25
        # HELP probe_info Words
        # TYPE probe_info gauge
        probe_info{a="x",b="a\\"\\\\\\n"} 1
        # HELP probe_success Displays
        # TYPE probe_success gauge
        probe_success 1

        """)
  }
}
