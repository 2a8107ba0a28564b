import HTTPTypes
import Hummingbird
package import Logging
package import Model
import NIOCore
import ServiceLifecycle

/// The web pages and the API of the demonstration: a small shop that is fine, slow, flaky and broken in places
/// (docs/demo.md).
package struct DemoShop: Service {
  private let address: ListenAddress
  private let time: any TimeSource
  private let logger: Logger
  private let onListening: @Sendable (ListenAddress) -> Void

  /// A shop on one address.
  ///
  /// - Parameters:
  ///   - time: by which orders move on, and sessions end.
  ///   - onListening: told the real port once it listens.
  package init(
    on address: ListenAddress, time: any TimeSource = SystemTime(), logger: Logger,
    onListening: @escaping @Sendable (ListenAddress) -> Void
  ) {
    self.address = address
    self.time = time
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until a graceful shutdown or a cancellation.
  package func run() async throws {
    let host = address.host ?? "127.0.0.1"
    let application = Application(
      responder: Counter(desk: ShopDesk(time: time), time: time),
      configuration: .init(address: .hostname(host, port: Int(address.port)), serverName: nil),
      onServerRunning: { [onListening] channel in
        let port = UInt16(clamping: channel.localAddress?.port ?? 0)
        onListening(ListenAddress(host: host, port: port))
      }, logger: logger)
    try await application.run()
  }

  /// Hands requests to the desk, and waits where the desk says so.
  private struct Counter: HTTPResponder {
    typealias Context = BasicRequestContext

    let desk: ShopDesk
    let time: any TimeSource

    func respond(to request: Request, context: Context) async throws -> Response {
      let body: ByteBuffer
      do {
        body = try await request.body.collect(upTo: ShopDesk.longestBody)
      } catch is NIOTooManyBytesError {
        return response(ShopReply.problem(.contentTooLarge, "at most \(ShopDesk.longestBody >> 20) MiB are taken"))
      }
      let path = request.uri.path
      let reply = desk.answer(
        ShopRequest(
          method: request.method, path: path, query: request.uri.query ?? "", headers: request.headers,
          body: Array(body.readableBytesView)))
      if reply.delay > .zero { try await time.sleep(untilUptime: time.uptime + reply.delay) }
      let answer = response(reply)
      return request.method == .head ? answer.createHeadResponse() : answer
    }

    private func response(_ reply: ShopReply) -> Response {
      var headers = reply.headers
      if let type = reply.type { headers[.contentType] = type }
      return Response(status: reply.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }
  }
}
