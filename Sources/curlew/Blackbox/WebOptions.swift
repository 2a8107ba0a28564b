import ArgumentParser
import Foundation
import Server

/// The flags of blackbox_exporter that say where and how it is served.
struct WebOptions: ParsableArguments {
  @Option(
    name: .customLong("web.listen-address"),
    help: ArgumentHelp(
      "Address to listen on, host:port, :port or vsock://:port; may be given again (default: :9115).",
      valueName: "address"))
  var listenAddress: [String] = []

  @Flag(
    name: .customLong("web.systemd-socket"), inversion: .prefixedNo,
    help: "Takes the listening sockets from systemd in place of addresses.")
  var systemdSocket = false

  @Option(
    name: .customLong("web.config.file"),
    help: ArgumentHelp("A file that turns on TLS and authentication (docs/web-config.md).", valueName: "file"))
  var configFile = ""

  @Option(
    name: .customLong("web.external-url"),
    help: ArgumentHelp("Where the server is reached from outside; its path is the route prefix.", valueName: "url"))
  var externalURL = ""

  @Option(
    name: .customLong("web.route-prefix"),
    help: ArgumentHelp(
      "The path that all endpoints stand under (default: that of --web.external-url).", valueName: "path"))
  var routePrefix: String?

  /// - Throws: exit code 1, after a line in the log.
  func settings(_ log: ExporterLog) throws -> WebSettings {
    if systemdSocket, externalURL.isEmpty {
      throw log.failure(
        "failed to determine external URL", "--web.external-url must be given when sockets come from systemd")
    }
    let places = try places(log)
    let external: ExternalURL
    do throws(ExternalURL.Refusal) {
      external = try ExternalURL(
        externalURL, host: ProcessInfo.processInfo.hostName, port: places.first?.port ?? 9115)
    } catch {
      throw log.failure("failed to determine external URL", error.words)
    }
    return WebSettings(
      places: places, externalURL: external.text, routePrefix: routePrefix ?? external.path, keeper: try keeper(log))
  }

  private func keeper(_ log: ExporterLog) throws -> WebKeeper? {
    guard !configFile.isEmpty else { return nil }
    do throws(WebFault) {
      return try WebKeeper(path: configFile)
    } catch {
      throw log.failure("Error starting HTTP server", error.words)
    }
  }

  private func places(_ log: ExporterLog) throws -> [ListenPlace] {
    if systemdSocket {
      let descriptors = SystemdSockets.inherited(
        environment: ProcessInfo.processInfo.environment, process: ProcessInfo.processInfo.processIdentifier)
      guard !descriptors.isEmpty else {
        throw log.failure("Error starting HTTP server", "no socket activation file descriptors found")
      }
      return descriptors.map { .inherited(descriptor: $0) }
    }
    return try (listenAddress.isEmpty ? [":9115"] : listenAddress).map { text in
      guard let place = ListenPlace(text) else {
        throw log.failure(
          "Error starting HTTP server",
          "--web.listen-address '\(text)' is no address: write host:port, :port, or vsock://:port")
      }
      return place
    }
  }
}

/// Where and how the endpoints are served.
struct WebSettings {
  var places: [ListenPlace]
  var externalURL: String
  var routePrefix: String
  /// TLS, and who may ask.
  var keeper: WebKeeper?
}

/// Where the server is reached from outside.
struct ExternalURL: Hashable {
  /// As a link.
  let text: String
  /// Without slashes at its end; empty at the root.
  let path: String

  /// Why a URL is refused.
  struct Refusal: Error, Hashable {
    var words: String
  }

  /// - Parameter text: empty is the machine's own name, and the port that is listened on.
  init(_ text: String, host: String, port: UInt16) throws(Refusal) {
    guard !text.isEmpty else {
      self.text = "http://\(host):\(port)/"
      path = ""
      return
    }
    let quotes: [Character] = ["\"", "'"]
    if let first = text.first, let last = text.last, quotes.contains(first) || quotes.contains(last) {
      throw Refusal(words: "URL must not begin or end with quotes")
    }
    guard let components = URLComponents(string: text) else {
      throw Refusal(words: "'\(text)' is no URL")
    }
    self.text = text
    let bare = String(components.path.reversed().drop { $0 == "/" }.reversed())
    path = bare.isEmpty || bare.hasPrefix("/") ? bare : "/\(bare)"
  }
}

/// The listening sockets that systemd hands over (sd_listen_fds(3)).
enum SystemdSockets {
  /// The first descriptor that can be one of them.
  private static let firstDescriptor: CInt = 3

  /// All of them; none when they are meant for another process.
  static func inherited(environment: [String: String], process: Int32) -> [CInt] {
    guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == process,
      let count = environment["LISTEN_FDS"].flatMap({ CInt($0) }), (1...1024).contains(count)
    else { return [] }
    return (firstDescriptor..<firstDescriptor + count).map { $0 }
  }
}
