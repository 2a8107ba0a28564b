import CCurl
package import Model

/// Exchanges one after another under one deadline. Cookies that an answer sets go with the next request where they
/// belong (RFC 6265); connections, credentials and TLS sessions do not outlive their exchange. Belongs to the
/// deadline's loop.
package final class HTTPSession {
  private let multi: CurlMulti
  private let easy: CurlEasy
  private let deadline: Deadline
  private var hadCookies = false
  /// Where the phases of the next exchange begin, in nanoseconds of `EventLoop.now`.
  private var lastStamp: Int64

  init(multi: CurlMulti, deadline: Deadline) throws(TransportFault) {
    self.multi = multi
    self.deadline = deadline
    easy = try multi.borrow()
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

  /// Ends the session; the handle goes to the next one.
  package func end() {
    multi.giveBack(easy, hadCookies: hadCookies)
  }

  /// Sends one request and takes its answer.
  ///
  /// Returns by the deadline, and at once when the task is cancelled; what failed is in the exchange.
  package func exchange(_ request: HTTPRequest) async -> HTTPExchange {
    easy.prepare(request, deadline: deadline)
    let start = EventLoop.now
    var interruption = deadline.isOver
    if interruption == nil, easy.result == nil { multi.start(easy, request) }
    while easy.result == nil, interruption == nil {
      do throws(WaitFailure) {
        _ = try await deadline.wait()
      } catch {
        interruption = error
      }
    }
    let end = EventLoop.now
    var exchange = HTTPExchange()
    exchange.end = end
    let stamps = easy.stamps(start: start, isSecure: request.url.isSecure, route: request.route)
    exchange.phases = stamps.phases(from: lastStamp, to: end)
    exchange.ip = easy.peerAddress(of: request)
    exchange.tls = request.url.isSecure && easy.tlsStart > 0 ? easy.recorder?.facts : nil
    exchange.failure = easy.failure(of: request, interruption: interruption, during: stamps.phase, deadline)
    if easy.head.status > 0 {
      exchange.status = easy.head.status
      exchange.statusText = easy.head.statusText
      exchange.headers = easy.head.fields()
      exchange.version = easy.httpVersion
      exchange.body = easy.takeBody()
    }
    if request.capturesHead, !easy.sentHead.isEmpty { exchange.sentHeaders = easy.sentFields() }
    hadCookies = hadCookies || easy.head.hasSetCookie
    multi.remove(easy)
    easy.forget()
    lastStamp = end
    return exchange
  }
}
