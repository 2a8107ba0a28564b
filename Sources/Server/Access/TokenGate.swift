import HTTPTypes
import Hummingbird
import Model

/// Tells who asks by the token of a request (RFC 6750), and whether that is allowed.
struct TokenGate: Sendable {
  /// Besides `Authorization: Bearer`: for servers whose web configuration needs that field for itself.
  private static let ownHeader = HTTPField.Name("X-Curlew-Token")

  private let access: AccessBook
  private let failures: RateLimiter

  /// - Parameter time: what failed attempts are counted by.
  init(_ access: AccessBook, time: any TimeSource) {
    self.access = access
    // A person who mistypes has some attempts; who guesses has one a second, of 2^256.
    failures = RateLimiter(.init(interval: .seconds(1), burst: 20), time: time)
  }

  /// The token that a request shows.
  static func shown(by headers: HTTPFields) -> String? {
    if let text = ownHeader.flatMap({ headers[$0] }), !text.isEmpty { return text }
    guard let field = headers[.authorization], field.lowercased().hasPrefix("bearer ") else { return nil }
    let token = field.dropFirst("bearer ".count).drop { $0 == " " }
    return token.isEmpty ? nil : String(token)
  }

  /// The entry of a token; nil for one that is not in force.
  func entry(of token: String) -> APIToken? {
    let digest = TokenText.digest(token)
    // All of them, whichever fits, so that the time says nothing of where one stands.
    return access.edition.tokens.reduce(nil) { found, entry in
      TokenText.areSame(entry.digest, digest) ? entry : found
    }
  }

  /// Whether there is an entry in force of which something holds.
  func holds(_ condition: (APIToken) -> Bool) -> Bool { access.edition.tokens.contains(where: condition) }

  /// Whether one more wrong token may be answered; it counts if it may.
  func mayFail() -> Bool { failures.passes() }

  /// Lets a request pass that may do something.
  ///
  /// - Returns: whose token it is.
  /// - Throws: `Problem` for everybody else.
  func admit(_ headers: HTTPFields, to scope: APIToken.Scope) throws(Problem) -> APIToken {
    let shown = Self.shown(by: headers)
    if let entry = shown.flatMap({ entry(of: $0) }) {
      guard entry.scopes.contains(scope) else {
        throw Problem(
          .forbidden,
          "the token \"\(entry.name)\" has not the scope \"\(scope.rawValue)\", which the service file gives")
      }
      return entry
    }
    throw refusal(isShown: shown != nil, scope: scope)
  }

  /// What is said to somebody without a token that is in force.
  func refusal(isShown: Bool, scope: APIToken.Scope) -> Problem {
    guard !isShown || mayFail() else {
      var problem = Problem(.tooMany, "too many wrong tokens were shown; wait a second")
      problem.retryAfter = .seconds(1)
      return problem
    }
    guard !access.edition.tokens.isEmpty else {
      return Problem(
        .noTokens,
        "no token is in force: make one with `curlew token --name NAME --scope \(scope.rawValue)`, and put the entry that it prints under `tokens:` in the service file"
      )
    }
    return Problem(
      .unauthorized,
      isShown
        ? "the token is not in force"
        : "send a token with the scope \"\(scope.rawValue)\" as `Authorization: Bearer TOKEN`")
  }
}
