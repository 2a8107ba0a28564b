import Model
import Transport

/// One exchange over a stream from the connection to the last byte: what tcp, tls and unix probes have in common.
///
/// Made and used on the deadline's loop. Its steps throw what ended the exchange; what was seen until then stays in it.
final class StreamSession {
  let deadline: Deadline
  let equipment: ProbeEquipment
  /// What is being talked to, as the user wrote it.
  let target: String
  private let timeout: Duration
  private let policy: TargetPolicy?

  var clock: PhaseClock
  var socketFacts = SocketFacts()
  private(set) var ip = ""
  private(set) var tls: TLSFacts?

  private var socket: StreamSocket?
  private var secured: TLSStream?
  private var turnStart: Int64

  init(to target: String, equipment: ProbeEquipment, context: ProbeContext, deadline: Deadline) {
    self.target = target
    self.equipment = equipment
    self.deadline = deadline
    timeout = context.timeout
    policy = context.policy
    clock = PhaseClock(start: deadline.start)
    turnStart = deadline.start
  }

  /// What ends an exchange early.
  struct Stop: Error {
    var failure: ProbeFailure
  }

  /// Runs the steps of an exchange and tells what came of it, closing the connection in the end.
  static func observe(
    _ session: StreamSession, detail: (SocketFacts) -> Facts.Detail,
    _ steps: (StreamSession) async throws(Stop) -> Void
  ) async -> Observation {
    var failure: ProbeFailure?
    do {
      try await steps(session)
    } catch {
      failure = error.failure
    }
    let phases = session.clock.phases()
    session.socket?.close()
    let facts = Facts(phases: phases, ip: session.ip, tls: session.tls, detail: detail(session.socketFacts))
    return Observation(facts: facts, failure: failure)
  }

  /// The stream that words go over now.
  ///
  /// - Precondition: the connection stands.
  var stream: any ByteStream {
    if let secured { return secured }
    guard let socket else { preconditionFailure("A stream was asked for before the connection stood.") }
    return socket
  }

  /// What a failed step of the stream becomes.
  ///
  /// - Parameters:
  ///   - late: what had not happened when the time was over: "no connection".
  ///   - quote: what the peer had said instead.
  func stop(_ failure: StreamFailure, late: String, quote: String = "") -> Stop {
    var ended = failure.probeFailure(
      during: clock.phase, late: "\(late) within \(Words.duration(timeout)) (\(target))")
    if ended.code == .timeout { ended.quote = quote }
    return Stop(failure: ended)
  }

  /// Ends the exchange with a reason.
  func stop(_ code: ReasonCode, _ message: String, quote: String = "") -> Stop {
    Stop(failure: ProbeFailure(code, during: clock.phase, message, quote: quote))
  }

  /// How long an exchange may work without a wait while others of the loop want to go on.
  private static let turn = Duration.milliseconds(1)

  /// Lets the others go on when this exchange has worked for a turn; to be called now and then where there is much to do.
  func breathe() async throws(StreamFailure) {
    let now = EventLoop.now
    guard now - turnStart > Self.turn.nanoseconds else { return }
    do {
      _ = try await deadline.wait(until: now)
    } catch {
      throw .wait(error)
    }
    turnStart = EventLoop.now
  }

  /// Waits until a time, whatever comes meanwhile.
  func rest(until time: Int64) async throws(StreamFailure) {
    do {
      try await deadline.sleep(until: time)
    } catch {
      throw .wait(error)
    }
    turnStart = EventLoop.now
  }

  // MARK: Connecting

  /// Resolves and connects.
  ///
  /// - Parameter proxy: the URL of a SOCKS proxy to connect through.
  func connect(
    to endpoint: Endpoint, family: AddressFamily, from sourceIP: String?, through proxy: String? = nil
  ) async throws(Stop) {
    let source: SourceAddress
    do {
      source = try SourceAddress(sourceIP, for: family)
    } catch {
      throw Stop(failure: error)
    }
    if let proxy { return try await connect(to: endpoint, source, through: proxy) }
    let addresses = try await addresses(of: endpoint.host, port: endpoint.port, source.family, under: policy)
    clock.enter(.connect)
    if addresses.count == 1 { ip = addresses[0].description }
    do {
      let socket = try await Connector(deadline: deadline, source: source.address).connect(
        to: addresses, port: endpoint.port)
      self.socket = socket
      ip = socket.address?.description ?? ""
    } catch {
      throw stop(error, late: "no connection")
    }
  }

  /// Connects through a proxy. The address that is told is the target's, as far as it is known here.
  private func connect(to endpoint: Endpoint, _ source: SourceAddress, through url: String) async throws(Stop) {
    // Without the text: a password may stand in it.
    guard let proxy = SOCKSProxy(url) else {
      throw stop(.templateFailed, "the proxy's URL is none; socks5://host:port or socks5h://host:port is wanted")
    }
    // Where the proxy is given an address, that one is held to the policy.
    if proxy.resolvesNames || IPAddress(endpoint.host) != nil,
      let words = policy?.refusal(ofHostBehindProxy: endpoint.host, port: endpoint.port)
    {
      throw stop(.notPermitted, words)
    }
    var target = SOCKSProxy.Target.name(endpoint.host)
    if let address = IPAddress(endpoint.host) {
      target = .address(address)
    } else if !proxy.resolvesNames {
      target = .address(
        try await addresses(of: endpoint.host, port: endpoint.port, source.family, under: policy)[0])
    }
    if case .address(let address) = target { ip = address.description }
    // Whoever wrote the module decided about its proxy.
    let addresses = try await addresses(
      of: proxy.host, port: Int(proxy.port), source.address?.family ?? .any, under: nil)
    clock.enter(.connect)
    do {
      let socket = try await Connector(deadline: deadline, source: source.address).connect(
        to: addresses, port: Int(proxy.port))
      self.socket = socket
      try await proxy.open(target, port: endpoint.port, over: socket)
    } catch {
      throw stop(error, late: "no connection")
    }
  }

  private func addresses(
    of host: String, port: Int, _ family: AddressFamily, under policy: TargetPolicy?
  ) async throws(Stop) -> [IPAddress] {
    do {
      return try await equipment.addresses(of: host, port: port, family: family, under: policy, deadline: deadline)
    } catch {
      throw Stop(failure: error.probeFailure)
    }
  }

  /// Connects to a path.
  func connect(toPath path: String) async throws(Stop) {
    if let words = policy?.refusal(ofPath: path) { throw stop(.notPermitted, words) }
    clock.enter(.connect)
    do {
      socket = try await Connector(deadline: deadline).connect(toPath: path)
    } catch {
      throw stop(error, late: "no connection")
    }
  }

  // MARK: Securing

  /// Reads what the options name. Done before the connection, so that a fault of ours bothers nobody.
  func settings(for options: TLSOptions, in context: ProbeContext) throws(Stop) -> TLSSettings {
    do {
      return try equipment.tls.settings(for: options, folder: context.folder)
    } catch {
      throw Stop(failure: error.probeFailure)
    }
  }

  /// Speaks the plain words that come before TLS, within the phase `tls`.
  func startTLS(_ protocolName: StartTLS, host: String) async throws(Stop) {
    clock.enter(.tls)
    let talk = PlainTalk(over: stream, host: host)
    do {
      try await protocolName.negotiate(talk)
      try talk.finish()
    } catch {
      throw stop(error, late: "no leave to begin TLS by \(protocolName.rawValue) STARTTLS")
    }
  }

  /// Waits for the server's verdict about our client certificate, where nothing is read that would show it.
  func awaitVerdict() async throws(Stop) {
    do {
      try await secured?.awaitVerdict()
    } catch {
      throw stop(error, late: "no TLS handshake")
    }
  }

  /// Shakes hands over the connection as it is; its words go over TLS from then on.
  func secure(_ settings: TLSSettings, options: TLSOptions, host: String) async throws(Stop) {
    guard let socket, secured == nil else { throw stop(.templateFailed, "TLS is begun twice on one connection") }
    clock.enter(.tls)
    do {
      let secured = try TLSStream(
        over: socket, settings: settings, host: options.serverName ?? host, verify: options.verify)
      defer { tls = secured.facts }
      try await secured.handshake()
      self.secured = secured
    } catch {
      throw stop(error, late: "no TLS handshake")
    }
  }
}
