import Exposition
import Fleet
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore

/// Answers every request: finds the route, calls its handler, and gives each answer the coding and headers it must have.
struct Responder: Answerer {
  let configuration: ServerConfiguration
  let sources: ServerSources
  let overviews: OverviewCache
  let pages: PagesDesk
  let api: APIRouter
  let fleet: FleetDoor?
  let logger: Logger

  func answer(_ request: Request, over channel: any Channel) async -> Response {
    let begin = sources.time.uptime
    let path = request.uri.path
    var reply: Reply
    do {
      reply = try await self.reply(to: request, path: path, over: channel)
    } catch let problem as Problem {
      reply = problem.reply(for: path)
    } catch {
      // The only calls that throw anything else are those to the store.
      if !Task.isCancelled {
        logger.warning("history could not be read", metadata: ["error": "\(error)", "path": "\(path)"])
      }
      reply = Problem(.historyUnavailable, "the store could not answer; the log says why").reply(for: path)
      reply.headers[.retryAfter] = "5"
    }
    let response = await Self.coded(
      reply, to: request.method, acceptEncoding: request.headers[.acceptEncoding],
      ifNoneMatch: request.headers[.ifNoneMatch])
    logger.debug(
      "answered",
      metadata: [
        "method": "\(request.method)", "path": "\(path)", "status": "\(response.status.code)",
        "bytes": "\(response.headers[.contentLength] ?? "")",
        "peer": "\(channel.remoteAddress?.description ?? "unknown")",
        "took": "\(Words.duration(sources.time.uptime - begin))",
      ])
    return response
  }

  private static let timeoutHeader = HTTPField.Name("X-Prometheus-Scrape-Timeout-Seconds")

  private func reply(to request: Request, path: String, over channel: any Channel) async throws -> Reply {
    let segments = try PathText.segments(of: path)
    let found = RouteMatch(segments)
    // A page may be the whole of its host, but for what belongs to the server.
    if found == nil || segments == [""],
      let match = PageMatch(segments, authority: request.head.authority, pages: sources.access.edition.pages)
    {
      return try await pages.reply(to: match, request)
    }
    guard let match = found, !match.route.isOfModules || sources.probes != nil else {
      throw Problem(.unknownPath, "there is nothing at \"\(path)\"; checks are at /api/v1/checks, the status page at /")
    }
    if case .api(let route) = match.route, request.method == .options, route.isRead { return CrossOrigin.preflight() }
    if let methods = match.route.methods, !methods.contains(request.method) {
      return Self.refusal(of: request.method, methods: methods, at: match.route, path: path)
    }
    if case .fleet(let route) = match.route {
      guard let fleet else {
        throw Problem(.unknownPath, "this curlew is no hub: nodes ask one that `curlew hub` runs")
      }
      if route == .other, match.parameters.first == "v\(FleetProtocol.version)" {
        throw Problem(.unknownPath, "there is nothing at \"\(path)\"; nodes ask under \(FleetProtocol.root)")
      }
      return await fleet.reply(to: route, request, over: channel)
    }
    if let length = request.headers[.contentLength].flatMap(Int.init), length > JSONBody.limit {
      throw Problem(.bodyTooLarge, "\(length) bytes are sent, \(JSONBody.limit) are allowed")
    }
    switch match.route {
    case .operations(let route): return try await reply(to: route, request)
    case .api(let route): return try await api.reply(to: route, match.parameters, request)
    case .fleet: throw Problem(.unknownPath, "this curlew is no hub")
    }
  }

  private static func refusal(
    of method: HTTPRequest.Method, methods: [HTTPRequest.Method], at route: Route, path: String
  ) -> Reply {
    let allow = methods.map(\.rawValue).joined(separator: ", ")
    var reply =
      if route == .operations(.reload) {
        // In the words of blackbox_exporter.
        Reply.text("This endpoint requires a POST request.\n", status: .methodNotAllowed)
      } else {
        Problem(.wrongMethod, "\"\(method.rawValue)\" is not allowed here: use \(allow)").reply(for: path)
      }
    reply.headers[.allow] = allow
    return reply
  }

  // MARK: Routes

  private func reply(to route: OperationsRoute, _ request: Request) async throws -> Reply {
    if route.isOfModules, let probes = sources.probes {
      // These are as lenient with their parameters as blackbox_exporter.
      guard route == .probe else { return probes.logs(request.uri.query) }
      let timeout = Self.timeoutHeader.flatMap { request.headers[$0] }
      return await probes.probe(request.uri.query, timeout: timeout, departure: Departure.current)
    }
    var query = try Query(request.uri.query)
    switch route {
    case .page:
      return try await page(&query)
    case .metrics:
      // A scraper may have parameters of its own.
      return await Self.metrics(sources.registry, accept: request.headers[values: .accept].joined(separator: ","))
    case .live: return HealthAPI.live()
    case .ready: return await HealthAPI(sources: sources).ready()
    case .detailed: return await HealthAPI(sources: sources).detailed()
    case .healthy: return .text("Healthy")
    case .reload: return try await reload(request)
    case .probe, .logs: throw Problem(.unknownPath, "no modules are in force")
    case .scenarios: return .text(sources.scenarioText())
    }
  }

  private func page(_ query: inout Query) async throws -> Reply {
    let filter = try PageFilter(&query)
    var random = SystemRandomNumberGenerator()
    let nonce = String(random.next(), radix: 36) + String(random.next(), radix: 36)
    let page = StatusPage(
      overview: await overviews.current(), filter: filter, recentRuns: sources.recentRuns, configuration: configuration,
      nonce: nonce, fleet: sources.fleet.map { FleetStanding($0.view) })
    return Reply(
      type: .html, bytes: await page.rendered(),
      headers: [.contentSecurityPolicy: SecurityHeaders.pagePolicy(nonce: nonce)])
  }

  private func reload(_ request: Request) async throws(Problem) -> Reply {
    if request.isFromAnotherSite {
      throw Problem(.crossSite, "a page of another site asked for a reload; ask from outside of a browser")
    }
    switch await sources.reload() {
    case .applied: return .text("")
    case .refused(let diagnostics):
      return .text("failed to reload config: \(diagnostics)\n", status: .internalServerError)
    }
  }

  /// A page of metrics, made away from the thread of the connection.
  @concurrent
  static func metrics(_ registry: Registry, accept: String) async -> Reply {
    let format = TextFormat.negotiated(accept: accept)
    return Reply.metrics(registry.rendering(format), format)
  }

  /// Away from the thread of the connection: pages can be large.
  @concurrent
  private static func coded(
    _ reply: Reply, to method: HTTPRequest.Method, acceptEncoding: String?, ifNoneMatch: String?
  ) async -> Response {
    reply.response(to: method, acceptEncoding: acceptEncoding, ifNoneMatch: ifNoneMatch)
  }
}
