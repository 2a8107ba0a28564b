import Expressions
import Fleet
import HTTPTypes
import Hub
import Hummingbird
import Logging
import Model
import NIOCore
import NIOSSL

/// The door of nodes: who may come in, and how much they may bring. What they say is the desk's to judge.
struct FleetDoor: Sendable {
  /// The most bytes of a question; a batch of runs has its own bound.
  private static let questionBytes = 64 * 1024
  /// A body that is not there by then is waited for no longer: who sends a byte now and then keeps nobody busy.
  static let longestBody = Duration.seconds(30)

  private let desk: HubDesk
  private let access: AccessBook
  private let web: WebKeeper?
  private let time: any TimeSource
  private let logger: Logger
  private let failures: RateLimiter

  init(sources: FleetSources, access: AccessBook, web: WebKeeper?, time: any TimeSource, logger: Logger) {
    desk = sources.desk
    self.access = access
    self.web = web
    self.time = time
    self.logger = logger
    // A fleet whose tokens were changed too early shows them all at once; who guesses has ten a second, of 2^256.
    failures = RateLimiter(.init(interval: .milliseconds(100), burst: 200), time: time)
  }

  /// The answer to a node. Work that nobody waits for any more is ended.
  func reply(to route: FleetRoute, _ request: Request, over channel: any Channel) async -> Reply {
    do throws(Refused) {
      let pass = try await pass(of: request, over: channel)
      let isLong = route == .runs || route == .other
      let body = try await body(of: request, limit: isLong ? FleetProtocol.batchBytes : Self.questionBytes)
      let answer = await answer(to: route, body, by: pass)
      return Reply(type: .json, bytes: try answer.get())
    } catch {
      logger.debug(
        "a node was refused",
        metadata: [
          "reason": "\(error.refusal.rawValue)", "detail": "\(error.detail)",
          "peer": "\(channel.remoteAddress?.description ?? "unknown")",
        ])
      return Self.refusal(error)
    }
  }

  private func answer(
    to route: FleetRoute, _ body: [UInt8], by pass: NodePass
  ) async -> Result<[UInt8], Refused> {
    let work: @Sendable () async -> Result<[UInt8], Refused> = { [desk] in
      do throws(Refused) {
        switch route {
        case .register: return .success(try await desk.register(body, by: pass))
        case .beats: return .success(try await desk.beat(body, by: pass))
        case .work: return .success(try await desk.work(body, by: pass))
        case .runs: return .success(try await desk.ingest(body, by: pass))
        case .other: throw desk.otherVersion()
        }
      } catch {
        return .failure(error)
      }
    }
    // Only a question for work waits. What a node has sent is stored, whether or not it hears of it.
    guard route == .work, let departure = Departure.current else { return await work() }
    return await departure.cancelling(on: nil, work)
  }

  // MARK: Who asks

  private func pass(of request: Request, over channel: any Channel) async throws(Refused) -> NodePass {
    let admission: NodeAdmission
    let shown: String
    if let token = TokenGate.shown(by: request.headers) {
      admission = access.admission(nodeToken: token, at: time.now)
      shown = "token"
    } else if let certificate = await certificate(of: channel) {
      admission = access.edition.nodes.admission(
        commonName: certificate.commonName, fingerprint: certificate.fingerprint, at: time.now)
      shown = "certificate"
    } else {
      throw counted(
        Refused(.wrongToken, "send the node's token as `Authorization: Bearer TOKEN`, or come with its certificate"))
    }
    switch admission {
    case .granted(let pass): return pass
    case .expired(let pass):
      throw counted(
        Refused(
          .expiredToken,
          "the \(shown) \"\(pass.name)\" was good until \(pass.expires.map { "\($0)" } ?? ""); `curlew token --node-region \(pass.region)` makes another one"
        ))
    case .unknown:
      throw counted(
        Refused(
          .wrongToken, "the \(shown) is not in force: the service file of the hub names those that are under `nodes:`"))
    }
  }

  /// Counts a refusal at the door. Who is refused too often is answered with less and less.
  private func counted(_ refused: Refused) -> Refused {
    let refused =
      failures.passes()
      ? refused : Refused(.tooOften, "too many wrong tokens were shown; wait a second", retryAfter: .seconds(1))
    desk.tallies.count(refused.refusal)
    return refused
  }

  private struct Certificate {
    var commonName: String?
    var fingerprint: [UInt8]
  }

  /// The certificate that TLS has verified; nil where it asks for none, or verifies none.
  private func certificate(of channel: any Channel) async -> Certificate? {
    guard let web, web.verifiesClients else { return nil }
    // Over HTTP/2 the handshake was made on the connection that the stream belongs to.
    for candidate in [channel, channel.parent].compactMap(\.self) {
      guard let certificate = try? await candidate.nioSSL_peerCertificate().get(),
        let bytes = try? certificate.toDERBytes()
      else { continue }
      return Certificate(commonName: CertificateSubject.commonName(der: bytes), fingerprint: Digest.sha256(bytes))
    }
    return nil
  }

  // MARK: What is sent

  private func body(of request: Request, limit: Int) async throws(Refused) -> [UInt8] {
    if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
      throw counted(tooLarge: "\(length) bytes", limit)
    }
    let end = time.uptime + Self.longestBody
    let outcome = await withTaskGroup(of: Result<[UInt8], Refused>?.self) { group in
      group.addTask { await Self.bytes(of: request, limit: limit) }
      group.addTask { [time] in
        try? await time.sleep(untilUptime: end)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    guard let outcome else {
      desk.tallies.count(.malformed)
      throw Refused(.malformed, "the body did not come within \(Int(Self.longestBody.seconds)) seconds")
    }
    do throws(Refused) {
      return try outcome.get()
    } catch {
      desk.tallies.count(error.refusal)
      throw error
    }
  }

  private static func bytes(of request: Request, limit: Int) async -> Result<[UInt8], Refused> {
    var bytes: [UInt8] = []
    do {
      for try await piece in request.body {
        bytes += piece.readableBytesView
        guard bytes.count <= limit else {
          return .failure(Refused(.tooLarge, "more than \(limit) bytes are sent, \(limit) are allowed"))
        }
      }
    } catch {
      return .failure(Refused(.malformed, "the body ended before it was whole"))
    }
    return .success(bytes)
  }

  private func counted(tooLarge sent: String, _ limit: Int) -> Refused {
    desk.tallies.count(.tooLarge)
    return Refused(.tooLarge, "\(sent) are sent, \(limit) are allowed")
  }

  // MARK: Refusing

  private static func refusal(_ refused: Refused) -> Reply {
    let kind = refused.refusal
    var reply = Reply.json(status: kind.status) { json in
      json.member("type", "urn:curlew:fleet:" + kind.rawValue)
      json.member("title", kind.title)
      json.member("status", kind.status.code)
      json.member("detail", refused.detail)
      if let acknowledged = refused.acknowledged { json.member("acknowledged", Int(acknowledged)) }
    }
    reply.type = .problem
    if kind.status == .unauthorized { reply.headers[.wwwAuthenticate] = "Bearer realm=\"curlew nodes\"" }
    if let retryAfter = refused.retryAfter {
      reply.headers[.retryAfter] = String(max(1, Int(retryAfter.seconds.rounded(.up))))
    }
    return reply
  }
}

extension FleetProtocol.Refusal {
  /// The kind in words; the same for every occurrence (RFC 9457 section 3.1.3).
  fileprivate var title: String {
    switch self {
    case .wrongToken: "The token is not known"
    case .expiredToken: "The token is good no more"
    case .foreignRegion: "The token is for another region or node"
    case .protocolVersion: "The hub does not speak this version"
    case .tooLarge: "Too much is sent at once"
    case .malformed: "The request is not what it should be"
    case .gap: "Runs are missing before the batch"
    case .future: "Runs are of slots that have not begun"
    case .unknownNode: "The node is not registered"
    case .nameTaken: "Another node of that name is alive"
    case .clock: "The clock of the node is too wrong"
    case .tooOften: "The node asks too often"
    case .unavailable: "The hub cannot reach its store"
    }
  }

  fileprivate var status: HTTPResponse.Status {
    switch self {
    case .wrongToken, .expiredToken: .unauthorized
    case .foreignRegion: .forbidden
    case .protocolVersion, .malformed: .badRequest
    case .tooLarge: .contentTooLarge
    case .gap, .nameTaken: .conflict
    case .future, .clock: .unprocessableContent
    case .unknownNode: .notFound
    case .tooOften: .tooManyRequests
    case .unavailable: .serviceUnavailable
    }
  }
}
