import Model

/// What the session of a journey knows of its connections: which exchange may go over which, and what their handshakes
/// showed.
///
/// libcurl compares less than is needed, since it is told nothing of certificates and trust: those are put in by a callback. So
/// each kind of connection has a name here, and libcurl, which keeps one name's connections from another's, never mixes them.
/// Bounded, because a step that polls may go to another host each time.
struct KeptConnections {
  private struct Key: Hashable {
    var scheme: String
    var host: String
    var port: UInt16
    var addresses: [IPAddress]
    var proxy: String?
    var version: HTTPVersion
    var tls: Handshake?
  }

  /// How a handshake was to be made. It holds the settings, so that no others get their identity.
  private struct Handshake: Hashable {
    let settings: TLSSettings
    let verify: Bool
    let serverName: String?

    init(_ tls: HTTPTLS) {
      settings = tls.settings
      verify = tls.verify
      serverName = tls.serverName
    }

    static func == (left: Handshake, right: Handshake) -> Bool {
      left.settings === right.settings && left.verify == right.verify && left.serverName == right.serverName
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(ObjectIdentifier(settings))
      hasher.combine(verify)
      hasher.combine(serverName)
    }
  }

  private struct Origin: Hashable {
    var host: String
    var family: AddressFamily
  }

  /// What the newest connection of one name showed.
  private struct Shown {
    var tls: TLSFacts?
  }

  /// More than twice as many as libcurl keeps open, so that what is forgotten here is closed there.
  private static let capacity = 128

  private var names = BoundedCache<Key, String>(capacity: capacity)
  private var shown = BoundedCache<String, Shown>(capacity: capacity)
  private var handshakes = BoundedCache<String, Handshake>(capacity: capacity)
  private var hosts = BoundedCache<Origin, [IPAddress]>(capacity: capacity)

  /// What the connection for a request is known by; nil when it must have a new one.
  mutating func name(for request: HTTPRequest, or next: () -> String) -> String? {
    let tls = request.tls.map(Handshake.init)
    var key = Key(
      scheme: request.url.scheme, host: request.url.host, port: request.url.port, addresses: [], proxy: nil,
      version: request.version, tls: tls)
    switch request.route {
    case .direct(let addresses, let port):
      key.addresses = addresses
      key.port = port
    case .proxy(let proxy, _, let target):
      key.addresses = target
      key.proxy = proxy.text
      // By way of a proxy libcurl is given the URL's own name, so what is behind a name must always be the same.
      if let tls {
        let place = "\(proxy.text) \(request.url.authority)"
        guard handshakes.value(for: place) ?? tls == tls else { return nil }
        handshakes.insert(tls, for: place)
      }
    }
    if let name = names.value(for: key) { return name }
    let name = next()
    names.insert(name, for: key)
    return name
  }

  /// Whether a connection of this name was open once.
  mutating func isOpen(_ name: String) -> Bool { shown.value(for: name) != nil }

  /// What the handshake of the connection showed.
  mutating func tls(of name: String) -> TLSFacts? { shown.value(for: name)?.tls }

  /// Takes note of how an exchange went.
  mutating func note(_ exchange: HTTPExchange, over name: String) {
    if exchange.status > 0 { shown.insert(Shown(tls: exchange.tls), for: name) }
    switch exchange.failure?.code {
    // Perhaps they have moved.
    case .connectFailed, .connectRefused, .timeout, .tlsFailed, .certificateInvalid:
      hosts = BoundedCache(capacity: Self.capacity)
    default: break
    }
  }

  /// The addresses of a host that were found before.
  mutating func addresses(of host: String, _ family: AddressFamily) -> [IPAddress]? {
    hosts.value(for: Origin(host: host, family: family))
  }

  /// Remembers the addresses of a host.
  mutating func remember(_ addresses: [IPAddress], of host: String, _ family: AddressFamily) {
    hosts.insert(addresses, for: Origin(host: host, family: family))
  }
}
