import Expressions
import HTTPTypes
import Model

/// Lets readers of private pages in: by a password that becomes a cookie, or by a token.
struct PageGate: Sendable {
  /// How long a cookie opens a page.
  static let lifetime = Duration.seconds(7 * 86_400)

  /// What a reader is told.
  enum Admission: Sendable {
    case admitted
    /// With the cookie that opens the page from now on.
    case admittedBy(cookie: String)
    case refused
    /// Too many were refused.
    case limited
  }

  private let gate: TokenGate
  private let authentication = BasicAuthentication()
  private let failures: RateLimiter
  /// Made at the start: cookies end with the process.
  private let key: [UInt8]
  private let isSecure: Bool
  private let time: any TimeSource

  /// - Parameter isSecure: whether readers come over TLS alone.
  init(gate: TokenGate, isSecure: Bool, time: any TimeSource) {
    self.gate = gate
    self.isSecure = isSecure
    self.time = time
    failures = RateLimiter(.init(interval: .seconds(3), burst: 10), time: time)
    var random = SystemRandomNumberGenerator()
    key = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next() as UInt64) { Array($0) } }
  }

  /// Whether a request that carries a cookie, a bearer token or `?token=` may look.
  func admits(_ headers: HTTPFields, token: String?, to page: PageDefinition) -> Admission {
    if page.access == .everybody || isSigned(headers, for: page) { return .admitted }
    if let token { return admits(token: token, to: page) }
    guard let shown = TokenGate.shown(by: headers) else { return .refused }
    if case .limited = admits(token: shown, to: page) { return .limited }
    return gate.entry(of: shown)?.scopes.contains(.pages) == true ? .admitted : .refused
  }

  /// Whether a token opens a page.
  func admits(token: String, to page: PageDefinition) -> Admission {
    if let entry = gate.entry(of: token), entry.scopes.contains(.pages) {
      return .admittedBy(cookie: cookie(for: page, stamp: TokenText.hex(Array(entry.digest.prefix(8)))))
    }
    return gate.mayFail() ? .refused : .limited
  }

  /// Whether a password opens a page. One that does is never held up by those that did not.
  func admits(password: String, to page: PageDefinition) async -> Admission {
    guard case .password(let text) = page.access, let hash = PasswordHash(text) else { return .refused }
    guard !password.utf8.contains(0), password.utf8.count <= 1024 else { return .refused }
    // Before the hash is made, which is what costs.
    guard failures.hasRoom else { return .limited }
    if await authentication.accepts(Secret(password), hash: hash) {
      return .admittedBy(cookie: cookie(for: page, stamp: Self.passwordStamp))
    }
    return failures.passes() ? .refused : .limited
  }

  // MARK: Cookies

  private static let passwordStamp = "password"

  private func cookie(for page: PageDefinition, stamp: String) -> String {
    let until = (time.now + Self.lifetime).millisecondsSinceEpoch / 1000
    let value = "\(until).\(stamp).\(seal(page, until: until, stamp: stamp))"
    return
      "\(Self.name(page))=\(value); Path=\(page.path); Max-Age=\(Int(Self.lifetime.seconds)); HttpOnly; SameSite=Lax"
      + (isSecure ? "; Secure" : "")
  }

  private func isSigned(_ headers: HTTPFields, for page: PageDefinition) -> Bool {
    let begin = Self.name(page) + "="
    for field in headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let text = pair.drop { $0 == " " }
        guard text.hasPrefix(begin) else { continue }
        let parts = text.dropFirst(begin.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let until = Int64(parts[0]) else { continue }
        let stamp = String(parts[1])
        let seal = seal(page, until: until, stamp: stamp)
        if TokenText.areSame(Array(seal.utf8), Array(parts[2].utf8)),
          until > time.now.millisecondsSinceEpoch / 1000, isInForce(stamp)
        {
          return true
        }
      }
    }
    return false
  }

  /// A token that has left the service file opens nothing any more; a changed password changes the seal.
  private func isInForce(_ stamp: String) -> Bool {
    stamp == Self.passwordStamp
      || gate.holds { $0.scopes.contains(.pages) && TokenText.hex(Array($0.digest.prefix(8))) == stamp }
  }

  private func seal(_ page: PageDefinition, until: Int64, stamp: String) -> String {
    let secret = if case .password(let hash) = page.access { hash } else { "" }
    let text = [page.id, String(until), stamp, secret].joined(separator: "\n")
    return TokenText.hex(Digest.hmacSHA256(Array(text.utf8), key: key))
  }

  private static func name(_ page: PageDefinition) -> String { "curlew_page_\(page.id)" }
}
