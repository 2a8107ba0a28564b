import HTTPTypes
import Hummingbird
import Model
import NIOCore
import StatusPages

/// Answers everything below the paths of status pages.
struct PagesDesk: Sendable {
  private static let formType = "application/x-www-form-urlencoded"
  /// Feed readers ask every few minutes, whatever they are told.
  private static let feedFreshness = 60

  let composer: PageComposer
  let access: AccessBook
  let catalogue: CheckCatalogue
  let cache: RenderCache
  let hub: LiveHub
  let gate: PageGate
  /// Whether readers come over TLS.
  let isSecure: Bool

  /// A past that something has changed is read anew.
  func forgetDays() async { await composer.dayBook.forget() }

  /// A page as JSON, for the API.
  func json(_ page: PageDefinition) async throws -> Reply {
    try await cache.reply(key(page, "json")) {
      await Self.rendered(.json, composer.overview(page)) { PageJSON.overview($0) }
    }
  }

  /// The answer to a request below a page.
  func reply(to match: PageMatch, _ request: Request) async throws -> Reply {
    let page = match.page
    if let place = match.redirect { return .redirect(to: place, status: .found) }
    guard let route = match.route else { return missing(page) }
    let methods: [HTTPRequest.Method] = route == .signIn ? [.get, .head, .post] : [.get, .head]
    guard methods.contains(request.method) else {
      let allow = methods.map(\.rawValue).joined(separator: ", ")
      var reply = Problem(.wrongMethod, "\"\(request.method.rawValue)\" is not allowed here: use \(allow)")
        .reply(for: request.uri.path)
      reply.headers[.allow] = allow
      return reply
    }
    if route == .signIn { return try await signIn(page, request) }
    if !route.isOpenToAll, page.access != .everybody, let other = try door(page, route, request) { return other }
    var reply = try await content(of: page, route, request)
    if page.access == .everybody {
      reply.isForEverySite = [.json, .atom, .rss, .calendar].contains(route)
    } else if reply.freshness != .never {
      reply.headers[.cacheControl] = "private, no-cache"
      reply.headers[.vary] = "Cookie, Authorization"
    }
    return reply
  }

  // MARK: Private pages

  /// What is answered in place of a private page; nil for whoever may look.
  private func door(_ page: PageDefinition, _ route: PageRoute, _ request: Request) throws(Problem) -> Reply? {
    var query = try Query(request.uri.query)
    let token = query.take("token")
    switch gate.admits(request.headers, token: token, to: page) {
    case .admitted: break
    case .admittedBy(let cookie):
      // A feed reader keeps no cookies; its link stays as it is.
      guard route.isDocument else { return nil }
      var reply = Reply.redirect(to: request.uri.path)
      reply.headers[.setCookie] = cookie
      return reply
    case .refused: return refusal(page, route, token == nil ? .first : .refused, request.uri.path)
    case .limited: return refusal(page, route, .limited, request.uri.path)
    }
    // A link that is opened again has done its work.
    return token != nil && route.isDocument ? .redirect(to: request.uri.path) : nil
  }

  private func refusal(
    _ page: PageDefinition, _ route: PageRoute, _ occasion: SignInPage.Occasion, _ path: String
  ) -> Reply {
    guard route.isDocument else {
      var problem =
        occasion == .limited
        ? Problem(.tooMany, "too many wrong tokens were shown; wait a moment")
        : Problem(.unauthorized, "this page is private: sign in, or show a token with the scope \"pages\"")
      if occasion == .limited { problem.retryAfter = .seconds(3) }
      return problem.reply(for: path)
    }
    return signInPage(page, occasion)
  }

  private func signInPage(_ page: PageDefinition, _ occasion: SignInPage.Occasion) -> Reply {
    let nonce = Self.nonce()
    var reply = Reply(
      status: occasion == .limited ? .tooManyRequests : .unauthorized, type: .html,
      bytes: SignInPage(page, occasion: occasion, nonce: nonce).rendered(),
      headers: [.contentSecurityPolicy: SecurityHeaders.statusPagePolicy(nonce: nonce)])
    if occasion == .limited { reply.headers[.retryAfter] = "3" }
    return reply
  }

  private func signIn(_ page: PageDefinition, _ request: Request) async throws -> Reply {
    let overview = PageLinks(page).overview
    guard page.access != .everybody else { return .redirect(to: overview) }
    guard request.method == .post else {
      if case .admitted = gate.admits(request.headers, token: nil, to: page) { return .redirect(to: overview) }
      return signInPage(page, .first)
    }
    let type = (request.headers[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
    guard type == Self.formType else {
      throw Problem(.notJSON, "a sign-in is sent as \(Self.formType)")
    }
    let text = String(decoding: try await JSONBody.bytes(of: request), as: UTF8.self)
    var form = try Query(text)
    let (password, token) = (form.take("password"), form.take("token"))
    let admission: PageGate.Admission =
      if let token {
        gate.admits(token: token, to: page)
      } else if let password {
        await gate.admits(password: password, to: page)
      } else {
        .refused
      }
    switch admission {
    case .admitted: return .redirect(to: overview)
    case .admittedBy(let cookie):
      var reply = Reply.redirect(to: overview)
      reply.headers[.setCookie] = cookie
      return reply
    case .refused: return signInPage(page, .refused)
    case .limited: return signInPage(page, .limited)
    }
  }

  // MARK: Content

  private func content(of page: PageDefinition, _ route: PageRoute, _ request: Request) async throws -> Reply {
    switch route {
    case .overview:
      return try await cache.reply(key(page, "/")) {
        await Self.document(composer.overview(page)) { OverviewPage($0, nonce: $1).rendered() }
      }
    case .check(let id):
      return try await cache.reply(key(page, "checks/\(id)")) {
        guard let content = try await composer.check(id, page) else { return missing(page) }
        return await Self.document(content) { CheckPage($0, nonce: $1).rendered() }
      }
    case .month(let month):
      return try await cache.reply(key(page, "history/\(month)")) {
        guard let content = try await composer.month(month, page) else { return missing(page) }
        return await Self.document(content) { MonthPage($0, nonce: $1).rendered() }
      }
    case .json: return try await json(page)
    case .atom: return try await feed(page, .atom, request) { $0.atom() }
    case .rss: return try await feed(page, .rss, request) { $0.rss() }
    case .calendar: return try await feed(page, .calendar, request) { $0.calendar() }
    case .events: return try await events(page, request)
    case .script:
      let bytes = PageScript.text.withUTF8Buffer { Array($0) }
      return Reply(type: .other(PageScript.mediaType), content: .bytes(bytes), freshness: .revalidated)
    case .logo:
      guard let logo = page.logo else { return missing(page) }
      var reply = Reply(type: .other(logo.mediaType), content: .bytes(logo.bytes), freshness: .revalidated)
      // A picture that is opened for itself runs nothing and loads nothing.
      reply.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
      return reply
    case .signIn: return missing(page)
    }
  }

  private func feed(
    _ page: PageDefinition, _ type: Reply.MediaType, _ request: Request,
    _ render: @escaping @Sendable (Feeds) -> [UInt8]
  ) async throws -> Reply {
    let authority = request.head.authority.flatMap { PageHost.isPlain($0) ? $0 : nil } ?? page.host ?? "localhost"
    let origin = (isSecure ? "https://" : "http://") + authority
    var reply = try await cache.reply(key(page, "\(type.text) \(origin)")) {
      await Self.rendered(type, composer.overview(page)) { render(Feeds($0, origin: origin)) }
    }
    reply.freshness = .seconds(Self.feedFreshness)
    return reply
  }

  private func events(_ page: PageDefinition, _ request: Request) async throws -> Reply {
    let (none, end) = AsyncStream.makeStream(of: [UInt8].self)
    end.finish()
    guard request.method != .head else { return Reply(type: .events, content: .events(none)) }
    guard let stream = await hub.join(page.id, departure: Departure.current) else {
      var problem = Problem(.tooManyReaders, "no more readers can be told of changes now; the page itself is there")
      problem.retryAfter = .seconds(30)
      throw problem
    }
    return Reply(type: .events, content: .events(stream))
  }

  private func missing(_ page: PageDefinition) -> Reply {
    let nonce = Self.nonce()
    // Of a private page nothing is told.
    guard page.access == .everybody else { return signInPage(page, .first) }
    return Reply(
      status: .notFound, type: .html, bytes: MissingPage(page, nonce: nonce).rendered(),
      headers: [.contentSecurityPolicy: SecurityHeaders.statusPagePolicy(nonce: nonce)])
  }

  private func key(_ page: PageDefinition, _ document: String) -> RenderCache.Key {
    RenderCache.Key(
      page: page.id, edition: [access.edition.number, catalogue.edition.number], document: document)
  }

  // MARK: Rendering

  /// Away from the thread of the connection: pages can be large.
  @concurrent
  private static func rendered<Content: Sendable>(
    _ type: Reply.MediaType, _ content: Content, _ render: @Sendable (Content) -> [UInt8]
  ) async -> Reply {
    Reply(type: type, content: .rendered(RenderedBytes(render(content))), freshness: .revalidated)
  }

  @concurrent
  private static func document<Content: Sendable>(
    _ content: Content, _ render: @Sendable (Content, _ nonce: String) -> [UInt8]
  ) async -> Reply {
    let nonce = nonce()
    return Reply(
      type: .html, content: .rendered(RenderedBytes(render(content, nonce))),
      headers: [.contentSecurityPolicy: SecurityHeaders.statusPagePolicy(nonce: nonce)], freshness: .revalidated)
  }

  private static func nonce() -> String {
    var random = SystemRandomNumberGenerator()
    return String(random.next(), radix: 36) + String(random.next(), radix: 36)
  }
}
