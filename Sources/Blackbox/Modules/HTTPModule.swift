package import Expressions

/// The `http` section of a module; its client's options stand directly in it.
package struct HTTPModule: Sendable {
  /// Empty means 200 to 299.
  package var validStatusCodes: [Int] = []
  /// As written: `HTTP/1.1`, `HTTP/2.0`. Empty means any.
  package var validHTTPVersions: [String] = []
  package var address = AddressChoice()
  package var skipsResolveWithProxy = false
  package var failsIfSSL = false
  package var failsIfNotSSL = false
  package var method = "GET"
  /// In written order; names in their own case.
  package var headers: [(name: String, value: String)] = []
  package var failIfBodyMatches: [RegularExpression] = []
  package var failIfBodyNotMatches: [RegularExpression] = []
  /// Sees the one variable `body`, the parsed JSON.
  package var failIfBodyJSONMatchesCEL: Expression?
  package var failIfBodyJSONNotMatchesCEL: Expression?
  package var failIfHeaderMatches: [HeaderMatch] = []
  package var failIfHeaderNotMatches: [HeaderMatch] = []
  package var body: String?
  package var bodyFile: String?
  package var compression: Compression?
  /// The most bytes of the decoded body; nil means no limit.
  package var bodySizeLimitBytes: Int?
  package var usesHTTP3 = false
  /// As written, which wins over `client.followsRedirects`; deprecated and not shown on `/config`.
  package var noFollowRedirects: Bool?
  package var client = HTTPClientOptions()

  /// The defaults.
  package init() {}

  /// A coding that is taken off the body, whatever `Content-Encoding` says. Any letter case.
  package enum Compression: Hashable, Sendable {
    case gzip, br
    /// Raw deflate (RFC 1951), not zlib.
    case deflate
    case identity
    /// Accepted at load, and fails every probe.
    case unknown(String)
  }

  /// One header whose values are looked at.
  package struct HeaderMatch: Sendable {
    package var header: String
    package var pattern: RegularExpression
    package var allowsMissing: Bool

    /// A match with everything said.
    package init(header: String, pattern: RegularExpression, allowsMissing: Bool) {
      self.header = header
      self.pattern = pattern
      self.allowsMissing = allowsMissing
    }
  }
}
