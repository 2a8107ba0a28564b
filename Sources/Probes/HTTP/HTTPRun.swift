import Model
import Transport

/// One run of an HTTP probe: hop after hop until an answer stands.
struct HTTPRun {
  private let request: PreparedRequest
  private let folder: String
  private let policy: TargetPolicy?
  private let equipment: ProbeEquipment
  private let tokens: OAuth2Tokens
  private let session: HTTPSession
  private let deadline: Deadline

  private var hop: HTTPHop
  private var phases = Phases()
  private var ip = ""
  private var tls: TLSFacts?
  private var facts: HTTPFacts

  private var spec: HTTPSpec { request.spec }

  init(
    _ request: PreparedRequest, folder: String, policy: TargetPolicy?, equipment: ProbeEquipment, tokens: OAuth2Tokens,
    session: HTTPSession, deadline: Deadline
  ) {
    self.request = request
    self.folder = folder
    self.policy = policy
    self.equipment = equipment
    self.tokens = tokens
    self.session = session
    self.deadline = deadline
    hop = HTTPHop(
      url: request.url, method: request.spec.method, headers: request.headers, rules: request.spec.redirectRules)
    facts = HTTPFacts(url: request.url.text, method: request.spec.method)
  }

  /// Makes the exchange.
  mutating func observe() async -> Observation {
    do throws(HopFailure) {
      try await authorize()
      try await followHops()
      return observation(failure: nil)
    } catch {
      return observation(failure: error.failure)
    }
  }

  private func observation(failure: ProbeFailure?) -> Observation {
    Observation(facts: Facts(phases: phases, ip: ip, tls: tls, detail: .http(facts)), failure: failure)
  }

  private var timeout: Duration { .nanoseconds(deadline.end - deadline.start) }

  // MARK: Hops

  private mutating func followHops() async throws(HopFailure) {
    while true {
      let exchange = try await send(
        request(for: hop), over: session,
        by: Way(
          proxies: request.proxies, tls: spec.tls, policy: policy, isTarget: !hop.hasLeftOrigin,
          showsIdentity: !hop.hasLeftOrigin))
      take(exchange)
      if let failure = exchange.failure { throw HopFailure(failure) }
      guard spec.maxRedirects > 0, HTTPStatus.isRedirect(exchange.status),
        let location = exchange.values(of: "location").first
      else {
        // Another origin has not been shown the token.
        if exchange.status == 401, !hop.hasLeftOrigin, let key = tokenKey { tokens.forget(key) }
        return
      }
      guard hop.redirects < spec.maxRedirects else {
        throw HopFailure(
          ProbeFailure(
            .tooManyRedirects, during: .receive,
            "\(hop.url) redirects after \(hop.redirects) redirects; follow_redirects allows no more",
            quote: "; it leads to \(Words.quoted(location))"))
      }
      do throws(HTTPURLError) {
        hop.follow(to: try hop.url.resolving(location), status: exchange.status, location: location)
        facts.redirects = hop.redirects
      } catch {
        throw HopFailure(
          ProbeFailure(
            .protocolError, during: .receive, "\(hop.url) redirects to what cannot be followed", quote: ": \(error)"))
      }
    }
  }

  /// Takes over what one hop showed; the last one stands.
  private mutating func take(_ exchange: HTTPExchange) {
    if hop.redirects > 0 { noteFirstHop(last: exchange.phases) }
    phases = phases + exchange.phases
    ip = exchange.ip
    tls = exchange.tls
    facts.status = exchange.status
    facts.statusText = exchange.statusText
    facts.headers = exchange.headers
    facts.take(body: exchange.body, ofBytes: exchange.bodyBytes)
    facts.version = exchange.version
    facts.url = hop.url.text
    facts.method = hop.method
    facts.redirects = hop.redirects
    facts.requestHeaders = exchange.sentHeaders ?? expectedHeaders()
  }

  /// Writes down what the sum over all hops would hide, before the last one is added to it.
  private mutating func noteFirstHop(last: Phases) {
    facts.hops = HTTPFacts.Hops(
      firstIP: facts.hops?.firstIP ?? ip, firstResolve: facts.hops?.firstResolve ?? phases.resolve, last: last)
  }

  /// The fields that libcurl sends for a first hop, where it adds nothing that we cannot know.
  private func expectedHeaders() -> [HeaderField] {
    var headers = hop.headers
    if !headers.contains(where: { $0.name.isSameField(as: "host") }) {
      headers.insert(HeaderField("Host", hop.url.authority), at: 0)
    }
    if let cookies = request.cookies { headers.append(HeaderField("Cookie", cookies)) }
    if hop.carriesBody {
      switch request.body {
      case .bytes(let bytes): headers.append(HeaderField("Content-Length", "\(bytes.count)"))
      case .file(let file): headers.append(HeaderField("Content-Length", "\(file.size)"))
      case .none, .multipart: break
      }
    }
    return headers
  }

  private func request(for hop: HTTPHop) -> HTTPRequest {
    var digest: (username: String, password: String)?
    if case .digest(let username, let password) = spec.auth, !hop.hasLeftOrigin { digest = (username, password) }
    return HTTPRequest(
      url: hop.url, method: hop.method, headers: hop.headers, cookies: hop.hasLeftOrigin ? nil : request.cookies,
      body: hop.carriesBody ? request.body : .none, digest: digest, version: spec.version,
      route: .direct([], port: hop.url.port), decodesContent: spec.acceptsCompression, forcedCoding: spec.forcedCoding,
      maxBodyBytes: spec.maxBodyBytes, keptBodyBytes: spec.keptBodyBytes, dropsRedirectBody: spec.maxRedirects > 0,
      // libcurl adds cookies that earlier answers set, and the answer to a challenge.
      capturesHead: session.hasCookies || hop.redirects > 0 || digest != nil)
  }

  /// How one request goes.
  private struct Way {
    /// Which proxies there are.
    var proxies: ProxyChoice
    /// How TLS is spoken.
    var tls: TLSOptions
    /// What may be reached; nil for where the request's author sends it, such as a token endpoint.
    var policy: TargetPolicy?
    /// Whether it goes where `address` says.
    var isTarget: Bool
    /// Whether the client's certificate and the name to ask for go along.
    var showsIdentity: Bool
  }

  /// Finds the way for a request, then sends it.
  private mutating func send(
    _ request: HTTPRequest, over session: HTTPSession, by way: Way
  ) async throws(HopFailure) -> HTTPExchange {
    var request = request
    request.proxyHeaders = way.proxies.connectHeaders
    if request.url.isSecure || way.proxies.proxy(for: request.url)?.scheme == "https" {
      request.tls = try tlsOptions(way.tls, showsIdentity: way.showsIdentity)
      // What was read from disk for it is no time of the target's.
      session.restartClock()
    }
    do throws(ResolutionFailure) {
      request.route = try await route(to: request.url, by: way)
    } catch {
      if hop.redirects > 0 { noteFirstHop(last: session.phasesSoFar()) }
      phases = phases + session.phasesSoFar()
      throw HopFailure(error.probeFailure)
    }
    var exchange = await session.exchange(request)
    // Who gave the proxy an address speaks of that, and not of the proxy's.
    if way.proxies.sendsAddresses, case .proxy(_, _, let target) = request.route, let address = target.first {
      exchange.ip = address.description
    }
    return exchange
  }

  private func route(
    to url: HTTPURL, by way: Way
  ) async throws(ResolutionFailure) -> HTTPRoute {
    let (proxies, policy) = (way.proxies, way.policy)
    if let usual = proxies.proxy(for: url) {
      // Where the proxy is given an address, that one is held to the policy.
      if !proxies.sendsAddresses, !usual.needsTargetAddress,
        let words = policy?.refusal(ofHostBehindProxy: url.host, port: Int(url.port))
      {
        throw ResolutionFailure(.refused, words)
      }
      let found =
        proxies.sendsAddresses
        ? try await addresses(of: url.host, port: url.port, spec.family, under: policy) : []
      guard let proxy = proxies.proxy(for: url, at: found.first) else { return .direct(found, port: url.port) }
      let addresses = try await addresses(of: proxy.host, port: proxy.port, .any, under: nil)
      let needsAddress = proxy.needsTargetAddress && found.isEmpty
      let target =
        needsAddress ? try await self.addresses(of: url.host, port: url.port, spec.family, under: policy) : found
      return .proxy(proxy, addresses: addresses, target: target)
    }
    if let address = request.address, way.isTarget {
      let port = UInt16(clamping: address.port)
      return .direct(try await addresses(of: address.host, port: port, spec.family, under: policy), port: port)
    }
    return .direct(try await addresses(of: url.host, port: url.port, spec.family, under: policy), port: url.port)
  }

  private func addresses(
    of host: String, port: UInt16, _ family: AddressFamily, under policy: TargetPolicy?
  ) async throws(ResolutionFailure) -> [IPAddress] {
    // What a journey knows of a host was found for another port perhaps, and a policy speaks of ports.
    if policy == nil, let known = session.knownAddresses(of: host, family) { return known }
    let addresses = try await equipment.addresses(
      of: host, port: Int(port), family: family, under: policy, deadline: deadline)
    session.remember(addresses, of: host, family)
    return addresses
  }

  private func tlsOptions(_ written: TLSOptions, showsIdentity: Bool) throws(HopFailure) -> HTTPTLS {
    var options = written
    if !showsIdentity {
      // The client's certificate is for the origin that was written down, and so is the name to ask for.
      options.certificate = nil
      options.key = nil
      options.serverName = nil
    }
    do throws(TLSSettingsFailure) {
      return HTTPTLS(
        settings: try equipment.tls.settings(for: options, folder: folder), verify: options.verify,
        serverName: options.serverName)
    } catch {
      throw HopFailure(error.probeFailure)
    }
  }

  // MARK: OAuth2

  private var tokenKey: OAuth2Client? {
    if case .oauth2(let client) = spec.auth { client } else { nil }
  }

  /// Fetches a token where one is needed and none is at hand (RFC 6749 section 4.4).
  private mutating func authorize() async throws(HopFailure) {
    guard let key = tokenKey,
      !hop.headers.contains(where: { $0.name.isSameField(as: "authorization") })
    else { return }
    while true {
      switch tokens.claim(key, for: deadline) {
      case .token(let token): return use(token)
      case .wait:
        do throws(WaitFailure) {
          _ = try await deadline.wait()
        } catch {
          phases = Phases(wait: .nanoseconds(EventLoop.now - deadline.start))
          throw HopFailure(
            error == .cancelled
              ? ProbeFailure(.cancelled, during: .wait, "the run was cancelled while another check asked for its token")
              : ProbeFailure(
                .timeout, during: .wait,
                "no OAuth2 token from \(key.tokenURL) within \(Words.duration(timeout)); another check had asked for it"
              ))
        }
      case .fetch:
        do throws(HopFailure) {
          let token = try await fetchToken(key)
          tokens.fulfill(key, with: token)
          // However soon it expires, it is good for the run that asked for it.
          return use(token.value)
        } catch {
          tokens.fulfill(key, with: nil)
          throw error
        }
      }
    }
  }

  private mutating func use(_ token: String) {
    hop.add(HeaderField("Authorization", "Bearer \(token)"))
    session.restartClock()
  }

  /// Asks the token endpoint, first with the credentials in a header, which every server must support, then in the
  /// body, which some want instead (RFC 6749 section 2.3.1).
  private mutating func fetchToken(_ key: OAuth2Client) async throws(HopFailure) -> OAuth2Tokens.Token {
    let url: HTTPURL
    do throws(HTTPURLError) {
      url = try HTTPURL(key.tokenURL)
    } catch {
      throw HopFailure(ProbeFailure(.templateFailed, during: .resolve, "auth.oauth2.token_url: \(error)"))
    }
    let proxies: ProxyChoice
    do throws(PreparationFailure) {
      proxies = if let rules = key.proxyRules { try ProxyChoice(rules) } else { request.proxies }
    } catch {
      throw HopFailure(ProbeFailure(error.code, during: .resolve, "the token endpoint's \(error.message)"))
    }
    // A session of its own: the token endpoint's cookies are none of the target's.
    let session: HTTPSession
    do throws(TransportFault) {
      session = try equipment.http.session(deadline)
    } catch {
      throw HopFailure(ProbeFailure(.internal, during: .resolve, error.description))
    }
    defer { session.end() }
    let styles = key.styles
    for style in styles {
      let form: [UInt8]
      do throws(TLSSettingsFailure) {
        form = try key.form(style, now: SystemTime().now)
      } catch {
        throw HopFailure(ProbeFailure(.templateFailed, during: .resolve, error.message))
      }
      let request = HTTPRequest(
        url: url, method: "POST", headers: key.headers(style, userAgent: equipment.userAgent),
        body: .bytes(form), route: .direct([], port: url.port), maxBodyBytes: 1 << 20)
      // TLS options of the endpoint's own were written for it, and those of the target for that alone.
      let exchange = try await send(
        request, over: session,
        by: Way(
          proxies: proxies, tls: key.tls ?? spec.tls, policy: nil, isTarget: false,
          showsIdentity: key.tls != nil || url.isSameOrigin(as: hop.url)))
      if exchange.failure == nil, let token = OAuth2Tokens.Token(exchange) { return token }
      let isRefused = exchange.failure == nil && (exchange.status == 400 || exchange.status == 401)
      if isRefused, style != styles.last { continue }
      throw tokenFailure(exchange, at: url)
    }
    preconditionFailure("Every style of authentication either gives a token or throws.")
  }

  /// What the token endpoint showed stands for the run.
  private mutating func tokenFailure(_ exchange: HTTPExchange, at url: HTTPURL) -> HopFailure {
    take(exchange)
    // Expectations about certificates speak of the target's.
    tls = nil
    facts.url = url.text
    facts.method = "POST"
    facts.requestHeaders = []
    // An answer that gives no access token where we look for it may hold one all the same, which nobody would mask.
    if exchange.status == 200 { facts.body = [] }
    if var failure = exchange.failure {
      failure.message = "at the token endpoint: \(failure.message)"
      return HopFailure(failure)
    }
    let detail =
      exchange.status == 200
      ? "the answer holds no access_token" : "status is \(exchange.status), expected 200"
    return HopFailure(
      ProbeFailure(.expectationFailed, during: .receive, "the token endpoint \(url) gives no token: \(detail)"))
  }
}

/// What ends a run early.
private struct HopFailure: Error {
  let failure: ProbeFailure

  init(_ failure: ProbeFailure) {
    self.failure = failure
  }
}
