package import Exposition
import HTTPTypes
import Hummingbird
package import Logging
import Model
import NIOCore
import ServiceLifecycle

/// The HTTP door of a node of a fleet: metrics and health. Everything else is asked of its hub.
package struct NodeServer: Service, CustomStringConvertible {
  private let listening: ListeningConfiguration
  private let responder: NodeResponder
  private let logger: Logger
  private let onListening: @Sendable (ListenPlace) -> Void

  /// A server that listens once it runs.
  ///
  /// - Parameters:
  ///   - components: the parts of the program with how they are.
  ///   - onListening: hears of each place with the port that it was bound to.
  package init(
    listening: ListeningConfiguration, registry: Registry,
    components: @escaping @Sendable () async -> [ComponentHealth], logger: Logger,
    onListening: @escaping @Sendable (ListenPlace) -> Void = { _ in }
  ) {
    self.listening = listening
    self.logger = logger
    self.onListening = onListening
    responder = NodeResponder(registry: registry, components: components)
  }

  /// What the log of services calls it; the parts are nothing for a log.
  package var description: String { "HTTP server" }

  /// Serves until graceful shutdown, or until it is cancelled.
  ///
  /// - Throws: `ListenFailure` when a place cannot be listened on; then none is.
  package func run() async throws {
    try await HTTPListening(configuration: listening, logger: logger, onListening: onListening).run(responder)
  }
}

/// Answers the few routes of a node.
struct NodeResponder: Answerer {
  let registry: Registry
  let components: @Sendable () async -> [ComponentHealth]

  func answer(_ request: Request, over channel: any Channel) async -> Response {
    let path = request.uri.path
    let reply: Reply
    do throws(Problem) {
      reply = try await self.reply(to: request, path: path)
    } catch {
      reply = error.reply(for: path)
    }
    return reply.response(to: request.method, acceptEncoding: request.headers[.acceptEncoding])
  }

  private func reply(to request: Request, path: String) async throws(Problem) -> Reply {
    let answer: @Sendable () async -> Reply
    switch path {
    case "/metrics":
      let accept = request.headers[values: .accept].joined(separator: ",")
      answer = { [registry] in await Responder.metrics(registry, accept: accept) }
    case "/health": answer = { HealthAPI.live() }
    case "/health/ready": answer = { [components] in HealthAPI.ready(await components()) }
    case "/health/detailed": answer = { [components] in HealthAPI.detailed(await components()) }
    case "/-/healthy": answer = { .text("Healthy") }
    default:
      throw Problem(.unknownPath, "there is nothing at \"\(path)\"; a node has /metrics, /health and /health/ready")
    }
    guard request.method == .get || request.method == .head else {
      throw Problem(.wrongMethod, "\"\(request.method)\" is not allowed here: use GET or HEAD")
    }
    return await answer()
  }
}
