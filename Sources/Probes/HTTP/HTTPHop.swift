import Model
import Transport

/// What is sent next: the first request, then what each redirect makes of it (RFC 9110 section 15.4).
struct HTTPHop {
  private(set) var url: HTTPURL
  private(set) var method: String
  private(set) var headers: [HeaderField]
  private(set) var carriesBody = true
  /// How many redirects led here.
  private(set) var redirects = 0
  /// Whether another origin was ever gone to. What proves who we are stays behind then, for good: the first origin may
  /// be reached again by way of one that chose the URL.
  private(set) var hasLeftOrigin = false
  private let origin: HTTPURL
  private let rules: RedirectRules

  /// The first request.
  init(url: HTTPURL, method: String, headers: [HeaderField], rules: RedirectRules) {
    self.url = url
    self.method = method
    self.headers = headers
    self.rules = rules
    origin = url
  }

  /// Goes where an answer sends the client.
  ///
  /// - Parameter location: the answer's `Location` as it came, which led to `next`.
  mutating func follow(to next: HTTPURL, status: Int, location: String) {
    url = next
    redirects += 1
    let becomesGet: Bool
    switch rules {
    case .browser:
      if !next.isSameOrigin(as: origin), !hasLeftOrigin {
        hasLeftOrigin = true
        // Nobody but their author knows which of the others are credentials, `X-Api-Key` for one.
        headers.removeAll { !Self.isHarmless($0.name) }
      }
      becomesGet = Self.becomesGet(method, status: status)
    case .go(let privateHeaders):
      // The same site over TLS, which is where most redirects lead, is still who the credentials are for.
      let isSameHost = next.host == origin.host && (next.isSecure || !origin.isSecure)
      if !isSameHost, !hasLeftOrigin {
        hasLeftOrigin = true
        remove(["authorization", "www-authenticate", "cookie", "cookie2"] + privateHeaders)
      }
      if Self.namesHost(location) { remove(["host"]) }
      becomesGet = (301...303).contains(status) && method != "GET" && method != "HEAD"
    }
    if becomesGet {
      method = "GET"
      carriesBody = false
      remove(["content-type", "content-length", "content-encoding", "content-language", "content-location"])
    }
  }

  /// Adds a field, such as the authorization that had to be fetched first.
  mutating func add(_ field: HeaderField) {
    headers.append(field)
  }

  /// Whether the next request is a GET without a body: as browsers have it for POST, and for 303 by definition.
  static func becomesGet(_ method: String, status: Int) -> Bool {
    switch status {
    case 301, 302: method == "POST"
    case 303: method != "GET" && method != "HEAD"
    default: false
    }
  }

  /// Whether a Location is more than a path: then the field `Host` does not speak of where it leads.
  private static func namesHost(_ location: String) -> Bool {
    let start = location.prefix(8).lowercased()
    return ["//", "http:", "https:"].contains { start.hasPrefix($0) }
  }

  /// Whether a field says how an answer is wanted, and nothing about who asks for it.
  private static func isHarmless(_ name: String) -> Bool {
    let name = name.lowercased()
    return ["user-agent", "range", "cache-control", "pragma"].contains(name)
      || ["accept", "content-", "if-"].contains { name.hasPrefix($0) }
  }

  private mutating func remove(_ names: [String]) {
    headers.removeAll { field in names.contains { field.name.isSameField(as: $0) } }
  }
}
