import HTTPTypes
import Hummingbird
package import Logging
import ServiceLifecycle
import Synchronization

/// The web pages of the demonstration: a small shop with pages that are fine, slow, flaky and broken.
package struct DemoShop: Service {
  private let address: ListenAddress
  private let logger: Logger
  private let onListening: @Sendable (ListenAddress) -> Void

  /// A shop on one address.
  ///
  /// - Parameter onListening: told the real port once it listens.
  package init(
    on address: ListenAddress, logger: Logger, onListening: @escaping @Sendable (ListenAddress) -> Void
  ) {
    self.address = address
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until a graceful shutdown or a cancellation.
  package func run() async throws {
    let visits = Mutex(0)
    let router = Router()
    router.get("/") { _, _ in
      Self.page("Welcome to the curlew shop", "<p>Binoculars, field guides and sturdy boots.</p>")
    }
    router.get("/api/items") { _, _ in
      Self.json(
        """
        {"items":[{"sku":"A-1","name":"Binoculars","price":129.5},{"sku":"B-2","name":"Field guide","price":24}]}
        """)
    }
    router.get("/slow") { _, _ in
      try await Task.sleep(for: .milliseconds(350))
      return Self.page("Search", "<p>It took a while.</p>")
    }
    router.get("/flaky") { _, _ in
      // Every third answer fails, so that the retry of the check has something to confirm.
      let visit = visits.withLock { visits in
        visits += 1
        return visits
      }
      return visit % 3 == 0
        ? Self.page("Recommendations", "<p>Out of ideas.</p>", status: .serviceUnavailable)
        : Self.page("Recommendations", "<p>A raincoat.</p>")
    }
    router.get("/checkout") { _, _ in
      Self.page("Overloaded", "<h1>Overloaded</h1><p>The till is closed.</p>", status: .serviceUnavailable)
    }
    let host = address.host ?? "127.0.0.1"
    let application = Application(
      router: router, configuration: .init(address: .hostname(host, port: Int(address.port)), serverName: nil),
      onServerRunning: { [onListening] channel in
        let port = UInt16(clamping: channel.localAddress?.port ?? 0)
        onListening(ListenAddress(host: host, port: port))
      }, logger: logger)
    try await application.run()
  }

  private static func page(_ title: String, _ body: String, status: HTTPResponse.Status = .ok) -> Response {
    let html = "<!doctype html><html lang=\"en\"><title>\(title)</title><h1>\(title)</h1>\(body)</html>\n"
    return response(html, type: "text/html; charset=utf-8", status: status)
  }

  private static func json(_ text: String) -> Response {
    response(text + "\n", type: "application/json", status: .ok)
  }

  private static func response(_ text: String, type: String, status: HTTPResponse.Status) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}
