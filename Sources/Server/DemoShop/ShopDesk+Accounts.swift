import Expressions
import HTTPTypes
import Model
import Synchronization

/// Who may do what: the login form, the login of the API, and tokens for programs.
extension ShopDesk {
  /// A form whose token has to come back.
  func loginForm() -> ShopReply {
    let key = ShopState.randomKey()
    let uptime = time.uptime
    state.withLock { $0.forms.put((), at: key, uptime) }
    return .page("Log in") { html in
      html.markup("<meta name=\"csrf\"")
      html.attribute("content", key)
      html.markup("><h1>Log in</h1><form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"csrf\"")
      html.attribute("value", key)
      html.markup("><input name=\"user\"><input name=\"password\" type=\"password\"><button>Log in</button></form>")
    }
  }

  /// A form gives a session in a cookie, JSON gives a token.
  func logIn(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    switch request.mediaType {
    case "application/x-www-form-urlencoded": return try logInByForm(request)
    case "application/json":
      let object = try request.object()
      guard object["user"]?.asString == Self.user.name, object["password"]?.asString == Self.user.password else {
        throw ShopReply.Problem(.unauthorized, "user or password is wrong")
      }
      let key = newToken(for: Self.user.name)
      return .json { json in
        json.member("token", key)
        json.member("expires_in", Int(ShopState.lifetime.components.seconds))
      }
    case let other:
      throw ShopReply.Problem(.unsupportedMediaType, "send a form or application/json, not \"\(other)\"")
    }
  }

  private func logInByForm(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    let form = try request.form()
    // A token is good for one attempt.
    let uptime = time.uptime
    let isKnown = state.withLock { state in
      guard let key = form["csrf"], state.forms.value(at: key, uptime) != nil else { return false }
      return state.forms.remove(key) != nil
    }
    guard isKnown else {
      return .page("Forbidden", status: .forbidden) { $0.markup("<h1>Forbidden</h1><p>The form has expired.</p>") }
    }
    guard form["user"] == Self.user.name, form["password"] == Self.user.password else {
      return .page("Log in", status: .unauthorized) { $0.markup("<h1>Log in</h1><p>User or password is wrong.</p>") }
    }
    let key = ShopState.randomKey()
    state.withLock { $0.sessions.put(Self.user.name, at: key, uptime) }
    let cookie = "sid=\(key); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(ShopState.lifetime.components.seconds)"
    return .empty(.seeOther, headers: [.location: "/account", .setCookie: cookie])
  }

  /// The page behind the login form.
  func account(_ request: ShopRequest) -> ShopReply {
    let uptime = time.uptime
    let user = request.cookie("sid").flatMap { key in state.withLock { $0.sessions.value(at: key, uptime) } }
    guard let user else { return .empty(.seeOther, headers: [.location: "/login"]) }
    return .page("Your account") { html in
      html.markup("<h1>Your account</h1><p>Hello, <b id=\"user\">")
      html.text(user)
      html.markup("</b>.</p>")
    }
  }

  private func newToken(for user: String) -> String {
    let key = ShopState.randomKey()
    let uptime = time.uptime
    state.withLock { $0.tokens.put(user, at: key, uptime) }
    return key
  }

  /// Client credentials (RFC 6749 section 4.4), in the header or in the form.
  func token(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    let form = try request.form()
    guard form["grant_type"] == "client_credentials" else { return Self.refusal(.badRequest, "unsupported_grant_type") }
    var (id, secret) = (form["client_id"], form["client_secret"])
    if let basic = request.credentials("Basic") {
      let pair = Base64.decode(basic).flatMap { String(validating: $0, as: UTF8.self) } ?? ""
      let halves = pair.split(separator: ":", maxSplits: 1).map { PercentCoding.decoded($0, plusIsSpace: true) }
      (id, secret) = halves.count == 2 ? (halves[0], halves[1]) : (nil, nil)
    }
    guard id == Self.client.id, secret == Self.client.secret else {
      var reply = Self.refusal(.unauthorized, "invalid_client")
      reply.headers[.wwwAuthenticate] = "Basic realm=\"shop\""
      return reply
    }
    let key = newToken(for: Self.client.id)
    return .json(headers: [.cacheControl: "no-store"]) { json in
      json.member("access_token", key)
      json.member("token_type", "Bearer")
      json.member("expires_in", Int(ShopState.lifetime.components.seconds))
    }
  }

  /// RFC 6749 section 5.2.
  private static func refusal(_ status: HTTPResponse.Status, _ code: String) -> ShopReply {
    .json(status, headers: [.cacheControl: "no-store"]) { $0.member("error", code) }
  }
}
