import CCurl
package import Model

/// Exchanges one after another. Cookies that an answer sets go with the next request where they belong (RFC 6265);
/// credentials and TLS sessions do not outlive their exchange, and connections only in the session of a journey. Belongs to one
/// loop.
package final class HTTPSession {
  /// Whose handle it has borrowed.
  private let home: CurlMulti
  /// Who makes the exchanges and holds the connections.
  private let multi: CurlMulti
  private let easy: CurlEasy
  private var deadline: Deadline
  private var kept: KeptConnections?
  /// Whether an answer has set a cookie, so that libcurl may add some to a request.
  package private(set) var hasCookies = false
  /// Where the phases of the next exchange begin, in nanoseconds of `EventLoop.now`.
  private var lastStamp: Int64

  init(home: CurlMulti, multi: CurlMulti, deadline: Deadline) throws(TransportFault) {
    self.home = home
    self.multi = multi
    self.deadline = deadline
    easy = try home.borrow()
    lastStamp = deadline.start
    if multi.keepsConnections { kept = KeptConnections() }
  }

  /// Puts the exchanges that follow under another deadline of the same loop.
  func resume(_ deadline: Deadline) {
    self.deadline = deadline
    lastStamp = deadline.start
  }

  /// Lets phases begin now: what was done since the last exchange belongs to none.
  package func restartClock() {
    lastStamp = EventLoop.now
  }

  /// What has passed since the last exchange ended, or since the deadline began: the phase that is under way when an
  /// exchange fails before it begins.
  package func phasesSoFar() -> Phases {
    Phases(resolve: .nanoseconds(EventLoop.now - lastStamp))
  }

  /// Ends the session; the handle goes to the next one, and connections that were kept are closed.
  package func end() {
    home.giveBack(easy, hadCookies: hasCookies)
  }

  // MARK: Addresses

  /// The addresses that the session has found for a host; nil when it has to ask.
  package func knownAddresses(of host: String, _ family: AddressFamily) -> [IPAddress]? {
    kept?.addresses(of: host, family)
  }

  /// Remembers addresses as long as the session lasts and they can be connected to, as a browser does. A session without
  /// connections of its own asks anew each time.
  package func remember(_ addresses: [IPAddress], of host: String, _ family: AddressFamily) {
    kept?.remember(addresses, of: host, family)
  }

  // MARK: Exchanges

  /// Sends one request and takes its answer.
  ///
  /// Returns by the deadline, and at once when the task is cancelled; what failed is in the exchange.
  package func exchange(_ request: HTTPRequest) async -> HTTPExchange {
    let name = kept?.name(for: request, or: multi.nextName)
    easy.prepare(request, deadline: deadline, mayReuse: name != nil)
    let start = EventLoop.now
    var interruption = deadline.isOver
    if interruption == nil, easy.result == nil { multi.start(easy, request, over: name) }
    while easy.result == nil, interruption == nil {
      do throws(WaitFailure) {
        _ = try await deadline.wait()
      } catch {
        interruption = error
      }
    }
    let end = EventLoop.now
    let isReused = name.map { easy.wentOverOpenConnection && kept?.isOpen($0) == true } ?? false
    var exchange = HTTPExchange()
    exchange.end = end
    var stamps = easy.stamps(
      start: start, isSecure: request.url.isSecure, isReused: isReused, route: request.route)
    // Over HTTP/2 libcurl takes the end of a request's body for the first byte of the answer.
    if easy.speaksHTTP2(for: request) { stamps.firstByte = easy.headTime }
    exchange.phases = stamps.phases(from: lastStamp, to: end)
    exchange.ip = easy.peerAddress(of: request)
    if isReused, let name {
      exchange.tls = kept?.tls(of: name)
    } else {
      exchange.tls = request.url.isSecure && easy.tlsStart > 0 ? easy.recorder?.facts : nil
    }
    exchange.failure = easy.failure(of: request, interruption: interruption, during: stamps.phase, deadline)
    if easy.head.status > 0 {
      exchange.status = easy.head.status
      exchange.statusText = easy.head.statusText
      exchange.headers = easy.head.fields()
      exchange.version = easy.httpVersion
      exchange.bodyBytes = easy.body.count
      exchange.body = easy.takeBody()
    }
    if request.capturesHead, !easy.sentHead.isEmpty { exchange.sentHeaders = easy.sentFields() }
    hasCookies = hasCookies || easy.head.hasSetCookie
    if let name { kept?.note(exchange, over: name) }
    multi.remove(easy)
    easy.forget()
    lastStamp = end
    return exchange
  }
}
