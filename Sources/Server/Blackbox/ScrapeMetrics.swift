import Exposition

/// What blackbox_exporter's `/metrics` tells of itself: who it is, and how often it was asked.
struct ScrapeMetrics: Sendable {
  private let requests: Family<Counter>
  private let inFlight: Gauge

  init(registry: Registry, version: String) throws(RegistrationError) {
    let build = try registry.info(
      "blackbox_exporter_build_info",
      help: "A metric with a constant '1' value labeled by version, revision, branch, goversion from which "
        + "blackbox_exporter was built, and the goos and goarch for the build.")
    // There is no Go in it; dashboards join by these names all the same.
    _ = build.child([
      "branch": "", "goarch": Self.architecture, "goos": "linux", "goversion": "", "revision": "", "tags": "",
      "version": version,
    ])
    requests = try registry.counter(
      "promhttp_metric_handler_requests_total", help: "Total number of scrapes by HTTP status code.")
    for code in ["200", "500", "503"] { _ = requests.child(["code": code]) }
    inFlight = try registry.gauge(
      "promhttp_metric_handler_requests_in_flight", help: "Current number of scrapes being served."
    ).child()
  }

  private static var architecture: String {
    #if arch(x86_64)
      "amd64"
    #else
      "arm64"
    #endif
  }

  /// Counts a scrape around its making. It counts as one in flight of itself, as with promhttp.
  func scrape(_ body: () -> Reply) -> Reply {
    inFlight.increment()
    defer {
      inFlight.decrement()
      requests.child(["code": "200"]).increment()
    }
    return body()
  }
}
