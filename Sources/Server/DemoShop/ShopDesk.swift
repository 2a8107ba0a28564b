import Expressions
import HTTPTypes
import Model
import Synchronization

/// Answers for the demonstration's shop, from memory alone.
final class ShopDesk: Sendable {
  /// Longest body of a request in bytes.
  static let longestBody = 16 << 20
  /// The one customer, and the one program that may have tokens.
  static let user = (name: "probe", password: "curlew")
  static let client = (id: "curlew", secret: "long-bill")

  let time: any TimeSource
  let state = Mutex(ShopState())

  init(time: any TimeSource) { self.time = time }

  /// The answer to any request.
  func answer(_ request: ShopRequest) -> ShopReply {
    guard let segments = request.segments else { return .problem(.badRequest, "the path is not percent-encoded UTF-8") }
    guard let place = Place(segments) else { return .problem(.notFound, "there is nothing at \"\(request.path)\"") }
    guard place.methods.contains(request.method) || request.method == .head && place.methods.contains(.get) else {
      let methods = place.methods + (place.methods.contains(.get) ? [.head] : [])
      let allow = methods.map(\.rawValue).joined(separator: ", ")
      return .problem(
        .methodNotAllowed, "\(request.method.rawValue) is not allowed here: use \(allow)", headers: [.allow: allow])
    }
    do throws(ShopReply.Problem) {
      return try answer(request, at: place)
    } catch {
      return error.reply
    }
  }

  private func answer(_ request: ShopRequest, at place: Place) throws(ShopReply.Problem) -> ShopReply {
    switch place {
    case .front:
      return .page("Welcome to the curlew shop") {
        $0.markup("<h1>Welcome to the curlew shop</h1><p>Binoculars, field guides and sturdy boots.</p>")
      }
    case .items: return ShopGoods.json()
    case .catalogue: return ShopGoods.xml()
    case .chinese: return ShopGoods.chinese()
    case .slow:
      var reply = ShopReply.page("Search") { $0.markup("<h1>Search</h1><p>It took a while.</p>") }
      reply.delay = .milliseconds(350)
      return reply
    case .flaky: return recommendations()
    case .checkout: return Self.overloaded("The till is closed.")
    case .login: return request.method == .post ? try logIn(request) : loginForm()
    case .account: return account(request)
    case .token: return try token(request)
    case .orders: return try placeOrder(request)
    case .order(let id): return request.method == .delete ? try cancel(id, request) : try order(id, request)
    case .stock(let sku): return try stock(sku)
    case .graphQL: return try ShopGraphQL.answer(request)
    case .upload: return try ShopUpload.answer(request)
    }
  }

  private func recommendations() -> ShopReply {
    // Every third answer fails, so that the retry of the check has something to confirm.
    let visit = state.withLock { state in
      state.recommendations += 1
      return state.recommendations
    }
    return visit % 3 == 0
      ? .page("Recommendations", status: .serviceUnavailable) {
        $0.markup("<h1>Recommendations</h1><p>Out of ideas.</p>")
      }
      : .page("Recommendations") { $0.markup("<h1>Recommendations</h1><p>A raincoat.</p>") }
  }

  static func overloaded(_ words: StaticString) -> ShopReply {
    .page("Overloaded", status: .serviceUnavailable) { html in
      html.markup("<h1>Overloaded</h1><p>")
      html.markup(words)
      html.markup("</p>")
    }
  }

  // MARK: Orders

  /// The user of the bearer token.
  private func customer(_ request: ShopRequest) throws(ShopReply.Problem) -> String {
    let token = request.credentials("Bearer")
    let uptime = time.uptime
    let user = token.flatMap { token in state.withLock { $0.tokens.value(at: token, uptime) } }
    guard let user else {
      let words = token == nil ? "log in first, and send the token as Bearer" : "the token is not known, or has expired"
      throw ShopReply.Problem(.unauthorized, words, headers: [.wwwAuthenticate: "Bearer realm=\"shop\""])
    }
    return user
  }

  private func placeOrder(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    _ = try customer(request)
    let object = try request.object()
    guard let sku = object["sku"]?.asString else {
      throw ShopReply.Problem(.unprocessableContent, "\"sku\" is missing")
    }
    guard let item = ShopGoods.item(sku) else {
      throw ShopReply.Problem(.unprocessableContent, "\"\(sku)\" is not sold here")
    }
    let order = ShopState.Order(id: String(ShopState.randomKey().prefix(12)), sku: sku, placed: time.uptime)
    let isTurnedAway = state.withLock { state in
      if item.stock == 0 {
        state.busyOrders += 1
        if state.busyOrders % 2 == 1 { return true }
      }
      state.orders.put(order, at: order.id, order.placed)
      return false
    }
    if isTurnedAway { return Self.overloaded("Too many people want this one.") }
    return Self.json(order, .created, at: order.placed, headers: [.location: "/orders/\(order.id)"])
  }

  private func order(_ id: String, _ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    _ = try customer(request)
    let uptime = time.uptime
    guard let order = state.withLock({ $0.orders.value(at: id, uptime) }) else {
      throw ShopReply.Problem(.notFound, "there is no order \"\(id)\"")
    }
    return Self.json(order, .ok, at: uptime)
  }

  private func cancel(_ id: String, _ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    _ = try customer(request)
    guard state.withLock({ $0.orders.remove(id) }) != nil else {
      throw ShopReply.Problem(.notFound, "there is no order \"\(id)\"")
    }
    return .empty(.noContent)
  }

  private static func json(
    _ order: ShopState.Order, _ status: HTTPResponse.Status, at uptime: Duration, headers: HTTPFields = [:]
  ) -> ShopReply {
    .json(status, headers: headers) { json in
      json.member("id", order.id)
      json.member("sku", order.sku)
      json.member("state", order.state(at: uptime))
    }
  }

  private func stock(_ sku: String) throws(ShopReply.Problem) -> ShopReply {
    guard let item = ShopGoods.item(sku) else { throw ShopReply.Problem(.notFound, "\"\(sku)\" is not sold here") }
    return .json { json in
      json.member("sku", item.sku)
      json.member("count", item.stock)
    }
  }
}

extension ShopDesk {
  /// What stands at a path.
  enum Place: Equatable {
    case front, items, catalogue, chinese, slow, flaky, checkout, login, account, token, orders, graphQL, upload
    case order(String)
    case stock(String)

    init?(_ segments: [String]) {
      switch (segments.count, segments[0], segments.last ?? "") {
      case (1, "", _): self = .front
      case (1, "items", _), (2, "api", "items"): self = .items
      case (1, "catalogue.xml", _): self = .catalogue
      case (1, "gb18030.html", _): self = .chinese
      case (1, "slow", _): self = .slow
      case (1, "flaky", _): self = .flaky
      case (1, "checkout", _): self = .checkout
      case (1, "login", _): self = .login
      case (1, "account", _): self = .account
      case (2, "oauth", "token"): self = .token
      case (1, "orders", _): self = .orders
      case (2, "orders", let id): self = .order(id)
      case (2, "stock", let sku): self = .stock(sku)
      case (1, "graphql", _): self = .graphQL
      case (1, "upload", _): self = .upload
      default: return nil
      }
    }

    var methods: [HTTPRequest.Method] {
      switch self {
      case .login: [.get, .post]
      case .order: [.get, .delete]
      case .orders, .token, .graphQL, .upload: [.post]
      default: [.get]
      }
    }
  }
}
