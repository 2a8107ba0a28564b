import Exposition
import HTTPTypes
import Hummingbird
import NIOCore

/// Answers every request of `curlew blackbox` in the way of blackbox_exporter.
///
/// On the thread of the connection from end to end: changing threads costs more than making these answers.
struct BlackboxResponder: Answerer {
  let configuration: BlackboxConfiguration
  let door: ProbeDoor
  let registry: Registry
  let scrapes: ScrapeMetrics
  let configText: @Sendable () -> String
  let reload: @Sendable () async -> String?

  private static let timeoutHeader = HTTPField.Name("X-Prometheus-Scrape-Timeout-Seconds")

  func answer(_ request: Request, over channel: any Channel) async -> Response {
    await reply(to: request).response(to: request.method, acceptEncoding: request.headers[.acceptEncoding])
  }

  private func reply(to request: Request) async -> Reply {
    let path = request.uri.path
    guard path.hasPrefix(configuration.routePrefix) else {
      guard path == "/" else { return .refusal("404 page not found", .notFound) }
      return .text("", status: .found, headers: [.location: configuration.externalURL])
    }
    switch path.dropFirst(configuration.routePrefix.count) {
    case "probe":
      let timeout = Self.timeoutHeader.flatMap { request.headers[$0] }
      return await door.probe(request.uri.query, timeout: timeout, departure: Departure.current)
    case "metrics": return scrapes.scrape { .ownMetrics(registry) }
    case "config": return .text(configText())
    case "logs": return door.logs(request.uri.query)
    case "-/healthy": return .text("Healthy")
    case "-/reload": return await reloaded(request)
    default: return LandingPage(results: door.history.all, configuration: configuration).reply
    }
  }

  private func reloaded(_ request: Request) async -> Reply {
    guard request.method == .post else {
      return .text(
        "This endpoint requires a POST request.\n", status: .methodNotAllowed, headers: [.allow: "POST"])
    }
    if request.isFromAnotherSite { return .refusal("a page of another site asked for a reload", .forbidden) }
    guard let failure = await reload() else { return .text("") }
    return .refusal("failed to reload config: \(failure)", .internalServerError)
  }
}

extension Request {
  /// Whether a browser says that a page of another site makes this request (Fetch Metadata).
  var isFromAnotherSite: Bool {
    HTTPField.Name("Sec-Fetch-Site").map { headers[$0] == "cross-site" } ?? false
  }
}
