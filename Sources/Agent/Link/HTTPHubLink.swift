package import Fleet
import FoundationEssentials
package import Model
import Synchronization
package import Transport

/// The way to a hub over HTTP, or to several of its replicas: one of them is spoken to as long as it answers and takes the
/// token, then the next.
///
/// Connections are kept and used one exchange at a time, so a question that waits at the hub holds up no beat and no runs.
package final class HTTPHubLink: HubLink {
  /// What a link needs to know.
  package struct Settings: Sendable {
    /// Where the replicas are, at least one.
    package var urls: [HTTPURL]
    /// Trusted authorities, and the certificate of the node where it has one.
    package var tls: TLSOptions
    /// Read anew for each request, so that it is rotated without a restart; nil where the certificate says who we are.
    package var token: @Sendable () -> Secret?
    package var userAgent: String

    /// Settings with everything said.
    package init(
      urls: [HTTPURL], tls: TLSOptions = TLSOptions(), token: @escaping @Sendable () -> Secret?, userAgent: String
    ) {
      self.urls = urls
      self.tls = tls
      self.token = token
      self.userAgent = userAgent
    }
  }

  private static let registerTimeout = Duration.seconds(10)
  private static let beatTimeout = Duration.seconds(5)
  private static let pushTimeout = Duration.seconds(20)
  /// The longest answer to a question for work: a bundle, in base64.
  private static let workBytes = 64 << 20
  private static let answerBytes = 1 << 20

  private let settings: Settings
  private let loops: EventLoops
  private let engine: HTTPEngine
  private let resolver: any AddressResolver
  private let tls = TLSLibrary()
  private let state = Mutex<(current: Int, idle: [JourneySession])>((0, []))

  /// - Parameters:
  ///   - loops: where exchanges are made; not those that probe, which have other things to do than to read a bundle.
  ///   - resolver: who turns the hub's name into addresses.
  /// - Precondition: there is a URL.
  package init(_ settings: Settings, loops: EventLoops, resolver: any AddressResolver) {
    precondition(!settings.urls.isEmpty, "A link needs the URL of a hub.")
    self.settings = settings
    self.loops = loops
    self.resolver = resolver
    engine = HTTPEngine(loops: loops)
  }

  /// Closes the connections; to be called when no request is under way any more.
  package func close() async {
    let idle = state.withLock { state in
      defer { state.idle = [] }
      return state.idle
    }
    for session in idle { await session.end() }
  }

  // MARK: Requests

  package func register(_ registration: Registration) async throws(LinkFault) -> Admission {
    try await ask("register", registration, within: Self.registerTimeout, limit: Self.answerBytes)
  }

  package func beat(_ beat: Beat) async throws(LinkFault) -> BeatReply {
    try await ask("beats", beat, within: Self.beatTimeout, limit: Self.answerBytes)
  }

  package func work(_ question: WorkQuestion) async throws(LinkFault) -> WorkReply {
    let wait = Duration.milliseconds(max(0, question.wait))
    return try await ask("work", question, within: wait + .seconds(15), limit: Self.workBytes)
  }

  package func push(_ batch: SpoolBatch) async throws(LinkFault) -> BatchReply {
    let body = RunCoding.encode(batch)
    guard body.count <= FleetProtocol.batchBytes else {
      throw .refused(.tooLarge, "the batch has \(body.count) bytes", acknowledged: nil)
    }
    return try await send("runs", body, type: FleetProtocol.runsType, within: Self.pushTimeout, limit: Self.answerBytes)
  }

  private func ask<Reply: Decodable>(
    _ path: String, _ message: some Encodable, within bound: Duration, limit: Int
  ) async throws(LinkFault) -> Reply {
    guard let body = try? JSONEncoder().encode(message) else {
      throw .unreachable("the question cannot be written as JSON")
    }
    return try await send(path, Array(body), type: "application/json", within: bound, limit: limit)
  }

  // MARK: Exchanges

  private func send<Reply: Decodable>(
    _ path: String, _ body: [UInt8], type: String, within bound: Duration, limit: Int
  ) async throws(LinkFault) -> Reply {
    let index = state.withLock { $0.current }
    let base = settings.urls[index]
    do throws(LinkFault) {
      let exchange = try await exchange(path, at: base, body, type: type, within: bound, limit: limit)
      return try Self.reply(exchange, to: body.count, from: base)
    } catch {
      switch error {
      case .unreachable, .refused(.unavailable, _, _), .refused(.wrongToken, _, _), .refused(.expiredToken, _, _):
        // A replica may have lost the store, or have the tokens of yesterday. Whoever failed beside us has moved on already.
        state.withLock { if $0.current == index { $0.current = (index + 1) % settings.urls.count } }
      case .refused: break
      }
      throw error
    }
  }

  private func exchange(
    _ path: String, at base: HTTPURL, _ body: [UInt8], type: String, within bound: Duration, limit: Int
  ) async throws(LinkFault) -> HTTPExchange {
    let request = try request(path, at: base, body, type: type, limit: limit)
    let session = state.withLock { $0.idle.popLast() } ?? newSession()
    let resolver = resolver
    let result = await session.loop.actor.perform(within: bound) { _, deadline -> Result<HTTPExchange, LinkFault> in
      do throws(TransportFault) {
        let lane = try session.session(deadline)
        var request = request
        var addresses = lane.knownAddresses(of: base.host, .any)
        if addresses == nil {
          do throws(ResolutionFailure) {
            addresses = try await resolver.addresses(of: base.host, family: .any, deadline: deadline)
          } catch {
            return .failure(.unreachable("\(error.probeFailure.message)"))
          }
        }
        if let addresses {
          lane.remember(addresses, of: base.host, .any)
          request.route = .direct(addresses, port: base.port)
        }
        return .success(await lane.exchange(request))
      } catch {
        return .failure(.unreachable(error.description))
      }
    }
    if case .success(let exchange) = result, exchange.failure == nil {
      state.withLock { $0.idle.append(session) }
      return exchange
    }
    await session.end()
    switch result {
    case .success(let exchange): throw .unreachable(exchange.failure?.message ?? "no answer")
    case .failure(let fault): throw fault
    }
  }

  private func newSession() -> JourneySession {
    JourneySession(loop: loops.next, engine: engine, keepsConnections: true)
  }

  private func request(
    _ path: String, at base: HTTPURL, _ body: [UInt8], type: String, limit: Int
  ) throws(LinkFault) -> HTTPRequest {
    let url: HTTPURL
    do throws(HTTPURLError) {
      // The URL may lead to a path of its own, behind a balancer say.
      let root = base.text.hasSuffix("/") ? String(base.text.dropLast()) : base.text
      url = try HTTPURL(root + FleetProtocol.root + "/" + path)
    } catch {
      throw .unreachable(error.description)
    }
    var headers = [
      HeaderField("User-Agent", settings.userAgent), HeaderField("Content-Type", type),
      HeaderField("Accept", "application/json"),
    ]
    if let token = settings.token() {
      headers.append(HeaderField("Authorization", "Bearer \(token.exposedValue)"))
    }
    var tls: HTTPTLS?
    if url.isSecure {
      do throws(TLSSettingsFailure) {
        tls = HTTPTLS(
          settings: try self.tls.settings(for: settings.tls, folder: "."), verify: settings.tls.verify,
          serverName: settings.tls.serverName)
      } catch {
        throw .unreachable(error.message)
      }
    }
    return HTTPRequest(
      url: url, method: "POST", headers: headers, body: .bytes(body), route: .direct([], port: url.port), tls: tls,
      maxBodyBytes: limit)
  }

  // MARK: Answers

  private static func reply<Reply: Decodable>(
    _ exchange: HTTPExchange, to bytes: Int, from base: HTTPURL
  ) throws(LinkFault) -> Reply {
    let data = Data(exchange.body)
    if (200...299).contains(exchange.status) {
      guard let reply = try? JSONDecoder().decode(Reply.self, from: data) else {
        throw .unreachable("\(base) answers what no hub answers")
      }
      return reply
    }
    if let message = try? JSONDecoder().decode(RefusalMessage.self, from: data), let refusal = message.refusal {
      throw .refused(refusal, String(message.detail.prefix(500)), acknowledged: message.acknowledged)
    }
    if exchange.status == 413 {
      // Of a balancer, whose bound is lower than the hub's.
      throw .refused(.tooLarge, "\(base) takes no body of \(bytes) bytes", acknowledged: nil)
    }
    throw .unreachable("\(base) answers status \(exchange.status), and not as a hub does")
  }
}
