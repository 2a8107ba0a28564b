import Model
import Transport

/// One question on its way: to whom, over what, and what came back. Lives on its deadline's loop.
struct DNSExchange: Sendable {
  private let spec: DNSSpec
  private let query: DNSQuery
  private let context: ProbeContext
  private let equipment: ProbeEquipment
  /// What bounds what is under way: the whole exchange, or one server's turn.
  private var deadline: Deadline
  private let wholeDeadline: Deadline
  /// The local address to ask from, and which servers can be asked from it.
  private let source: SourceAddress
  /// When the present server's turn began, in nanoseconds of `EventLoop.now`.
  private var turnStart: Int64

  private var clock: PhaseClock
  /// The phases of an https exchange, which libcurl measures from the start of the deadline.
  private var transferPhases: Phases?
  private var facts: DNSFacts
  private var ip = ""
  private var tls: TLSFacts?
  /// Whom messages speak of: `127.0.0.1:53` or a URL.
  private var peer = ""
  private var strayCount = 0

  /// A server to ask.
  private struct Server: Sendable {
    var addresses: [IPAddress]
    var port: Int
    /// The name that its certificate is for.
    var host: String
    /// How long it has before the next one is asked; nil for the whole time.
    var patience: Duration?
  }

  init(
    _ spec: DNSSpec, _ query: DNSQuery, from source: SourceAddress, context: ProbeContext, equipment: ProbeEquipment,
    deadline: Deadline
  ) {
    self.source = source
    self.spec = spec
    self.query = query
    self.context = context
    self.equipment = equipment
    self.deadline = deadline
    wholeDeadline = deadline
    turnStart = deadline.start
    clock = PhaseClock(start: deadline.start)
    facts = DNSFacts(transport: spec.transport)
  }

  mutating func run() async -> Observation {
    var failure: ProbeFailure?
    do throws(DNSEnding) {
      let answer = try await answer()
      clock.enter(.receive)
      try take(answer)
    } catch {
      failure = error.failure
    }
    let phases = transferPhases ?? clock.phases()
    return Observation(facts: Facts(phases: phases, ip: ip, tls: tls, detail: .dns(facts)), failure: failure)
  }

  private mutating func take(_ answer: DNSMessage) throws(DNSEnding) {
    facts.rcode = answer.code.mnemonic
    facts.flags = answer.header.flagNames
    facts.hasOptions = answer.hasOptions
    facts.isSecure = spec.dnssec && answer.header.isAuthentic
    var presenter = DNSPresenter(answer)
    do throws(DNSMalformation) {
      facts.answers = try presenter.records(answer.answers)
      facts.authority = try presenter.records(answer.authority)
      facts.additional = try presenter.records(answer.additional)
    } catch {
      throw ending(.malformed(error))
    }
  }

  // MARK: Whom to ask

  private mutating func answer() async throws(DNSEnding) -> DNSMessage {
    if spec.transport == .https { return try await answerByHTTPS() }
    var last: DNSEnding?
    for server in try await servers() {
      if last != nil { turnStart = EventLoop.now }
      do throws(DNSEnding) {
        return try await answer(of: server)
      } catch {
        guard error.isWorthAnother else { throw error }
        last = error
      }
    }
    throw last ?? nobodyToAsk
  }

  /// What the system's configuration leaves to ask, under what the user wrote: neither says anything about a target.
  private var nobodyToAsk: DNSEnding {
    let known = equipment.resolverConfiguration.servers.map(\.ip.description).joined(separator: ", ")
    guard !known.isEmpty else {
      return DNSEnding(.internal, during: .resolve, "the system knows no name server; name one by 'server'")
    }
    return DNSEnding(
      .templateFailed, during: .resolve,
      "ip: \(spec.family.rawValue) leaves none of the system's name servers (\(known)); name one by 'server'")
  }

  private func servers() async throws(DNSEnding) -> [Server] {
    let defaultPort = spec.transport == .tls ? 853 : 53
    guard let text = spec.server else {
      let configuration = equipment.resolverConfiguration
      let servers = configuration.servers.filter { source.canReach($0.ip) }
      return servers.map { server in
        Server(
          addresses: [server.ip], port: spec.transport == .tls ? defaultPort : Int(server.port),
          host: server.ip.description, patience: servers.count > 1 ? configuration.timeout : nil)
      }
    }
    guard let endpoint = Endpoint(text, defaultPort: defaultPort) else {
      throw DNSEnding(
        .templateFailed, during: .resolve, "\(Words.quoted(text)) is no name server; host or host:port is wanted")
    }
    let addresses = try await addresses(of: endpoint.host, port: endpoint.port)
    return [Server(addresses: addresses, port: endpoint.port, host: endpoint.host)]
  }

  private func addresses(of host: String, port: Int) async throws(DNSEnding) -> [IPAddress] {
    do throws(ResolutionFailure) {
      return try await equipment.addresses(
        of: host, port: port, family: source.family, under: context.policy, deadline: deadline)
    } catch {
      throw DNSEnding(error.probeFailure)
    }
  }

  private mutating func answer(of server: Server) async throws(DNSEnding) -> DNSMessage {
    guard spec.transport == .udp else { return try await answerByStream(server) }
    var last: DNSEnding?
    for address in server.addresses {
      do throws(DNSEnding) {
        let answer = try await answerByUDP(SocketAddress(address, port: UInt16(server.port)), server.patience)
        guard answer.header.isTruncated, spec.repeatsCutAnswers else { return answer }
        facts.transport = .tcp
        return try await answerByStream(
          Server(addresses: [address], port: server.port, host: server.host, patience: server.patience))
      } catch {
        // An address whose machine says that nobody listens there is followed by the next, as a connection would be.
        guard error.failure.code != .timeout, error.isWorthAnother else { throw error }
        last = error
      }
    }
    throw last ?? DNSEnding(.internal, during: .resolve, "a name server without an address was to be asked")
  }

  // MARK: Transports

  private mutating func answerByUDP(
    _ address: SocketAddress, _ patience: Duration?
  ) async throws(DNSEnding) -> DNSMessage {
    ip = address.ip.description
    peer = address.description
    clock.enter(.wait)
    let end = patience.map { EventLoop.now + $0.nanoseconds }
    var exchange = DNSDatagramExchange()
    defer { strayCount += exchange.strayCount }
    do throws(DNSExchangeFailure) {
      return try await exchange.answer(
        to: query, from: address, by: source.address, deadline: deadline, until: end)
    } catch {
      throw ending(error, strayCount: exchange.strayCount)
    }
  }

  private mutating func answerByStream(_ server: Server) async throws(DNSEnding) -> DNSMessage {
    guard let patience = server.patience, patience < wholeDeadline.remaining else {
      return try await converse(with: server)
    }
    // A deadline of its own, so that a server which does not answer leaves time for the next one.
    let asking = self
    let outcome = await wholeDeadline.loop.actor.perform(within: patience) { _, deadline in
      var exchange = asking
      exchange.deadline = deadline
      let answer: Result<DNSMessage, DNSEnding>
      do throws(DNSEnding) {
        answer = .success(try await exchange.converse(with: server))
      } catch {
        answer = .failure(error)
      }
      exchange.deadline = exchange.wholeDeadline
      return (exchange, answer)
    }
    self = outcome.0
    return try outcome.1.get()
  }

  private mutating func converse(with server: Server) async throws(DNSEnding) -> DNSMessage {
    let settings = spec.transport == .tls ? try tlsSettings() : nil
    clock.enter(.connect)
    peer = Endpoint(host: server.host, port: server.port).description
    if server.addresses.count == 1, let address = server.addresses.first { ip = address.description }
    let socket: StreamSocket
    do throws(StreamFailure) {
      socket = try await Connector(deadline: deadline, source: source.address).connect(
        to: server.addresses, port: server.port)
    } catch {
      throw ending(.stream(error))
    }
    defer { socket.close() }
    ip = socket.address?.description ?? ""
    peer = socket.peer
    let stream: any ByteStream =
      if let settings {
        try await secured(socket, settings, host: server.host)
      } else {
        socket
      }
    var exchange = DNSStreamExchange()
    do throws(DNSExchangeFailure) {
      clock.enter(.wait)
      try await exchange.send(query, over: stream)
      try await exchange.untilFirstByte(from: stream)
      clock.enter(.receive)
      return try await exchange.answer(to: query, from: stream)
    } catch {
      throw ending(error, strayCount: exchange.strayCount)
    }
  }

  private func tlsSettings() throws(DNSEnding) -> TLSSettings {
    do throws(TLSSettingsFailure) {
      return try equipment.tls.settings(for: spec.tls, folder: context.folder)
    } catch {
      throw DNSEnding(error.probeFailure)
    }
  }

  private mutating func secured(
    _ socket: StreamSocket, _ settings: TLSSettings, host: String
  ) async throws(DNSEnding) -> TLSStream {
    clock.enter(.tls)
    do throws(StreamFailure) {
      // RFC 7858 section 3.2 knows no ALPN, but "dot" is registered and some servers on port 443 want it.
      let stream = try TLSStream(
        over: socket, settings: settings, host: spec.tls.serverName ?? host, verify: spec.tls.verify,
        protocols: ["dot"])
      defer { tls = stream.facts }
      try await stream.handshake()
      return stream
    } catch {
      throw ending(.stream(error))
    }
  }

  /// POST, which needs no encoding of the question and is answered without caches (RFC 8484 section 4.1).
  private mutating func answerByHTTPS() async throws(DNSEnding) -> DNSMessage {
    guard let text = spec.server else {
      throw DNSEnding(
        .templateFailed, during: .resolve, "dns over https needs a server such as https://dns.example/dns-query")
    }
    peer = text
    let url: HTTPURL
    do throws(HTTPURLError) {
      url = try HTTPURL(text.contains("://") ? text : "https://\(text)/dns-query")
    } catch {
      throw DNSEnding(.templateFailed, during: .resolve, error.description)
    }
    guard url.isSecure else {
      throw DNSEnding(.templateFailed, during: .resolve, "\(Words.quoted(text)) is no https URL")
    }
    let tls = HTTPTLS(settings: try tlsSettings(), verify: spec.tls.verify, serverName: spec.tls.serverName)
    let route = HTTPRoute.direct(try await addresses(of: url.host, port: Int(url.port)), port: url.port)
    let exchange = try await post(
      HTTPRequest(
        url: url, method: "POST",
        headers: [
          HeaderField("Content-Type", Self.mediaType), HeaderField("Accept", Self.mediaType),
          HeaderField("User-Agent", equipment.userAgent),
        ], body: .bytes(query.message()), route: route, tls: tls, maxBodyBytes: 65_535))
    return try message(in: exchange)
  }

  private static let mediaType = "application/dns-message"

  private mutating func post(_ request: HTTPRequest) async throws(DNSEnding) -> HTTPExchange {
    let session: HTTPSession
    do throws(TransportFault) {
      session = try equipment.http.session(deadline)
    } catch {
      throw DNSEnding(.internal, during: .connect, "\(peer): \(error)")
    }
    defer { session.end() }
    let exchange = await session.exchange(request)
    transferPhases = exchange.phases
    ip = exchange.ip
    tls = exchange.tls
    if let failure = exchange.failure { throw DNSEnding(failure) }
    return exchange
  }

  private func message(in exchange: HTTPExchange) throws(DNSEnding) -> DNSMessage {
    guard exchange.status == 200 else {
      throw DNSEnding(
        .protocolError, during: .receive, "\(peer) answered with status \(exchange.status), a DNS answer has 200")
    }
    let type = exchange.values(of: "content-type").first ?? ""
    guard type.split(separator: ";").first?.lowercased() == Self.mediaType else {
      throw DNSEnding(
        .protocolError, during: .receive,
        "\(peer) answered with content type \(Words.quoted(type)), a DNS answer has \"\(Self.mediaType)\"")
    }
    do throws(DNSMalformation) {
      if let answer = try query.answer(in: exchange.body) { return answer }
    } catch {
      throw ending(.malformed(error))
    }
    throw DNSEnding(.protocolError, during: .receive, "\(peer) answered another question than the one that was asked")
  }

  // MARK: Failing

  private func ending(_ failure: DNSExchangeFailure, strayCount: Int = 0) -> DNSEnding {
    if let ip = spec.sourceIP, case .datagram(.socket(let fault)) = failure, fault.call == "bind" {
      return DNSEnding(
        .internal, during: clock.phase,
        "source_ip \(Words.quoted(ip)) cannot be used to reach \(peer): \(SystemError.words(fault.errno))")
    }
    return DNSEnding(
      failure, during: clock.phase, peer: peer, strayCount: self.strayCount + strayCount, since: turnStart,
      deadline: wholeDeadline)
  }
}
