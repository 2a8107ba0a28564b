import Model

/// A proxy as its URL names it: `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`, with user and password
/// perhaps (CURLOPT_PROXY(3)).
package struct HTTPProxy: Hashable, Sendable {
  /// The URL as it was written.
  package let text: String
  /// One of `schemes`, in lower case.
  package let scheme: String
  /// A name, or an address without brackets.
  package let host: String
  /// The port, libcurl's usual one when the URL names none.
  package let port: UInt16

  /// The schemes that can be named.
  package static let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"]

  /// Reads `scheme://[user:password@]host[:port]`; nil when it is none.
  package init?(_ text: String) {
    guard let mark = text.firstRange(of: "://") else { return nil }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard Self.schemes.contains(scheme) else { return nil }
    var authority = text[mark.upperBound...].prefix { $0 != "/" }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    // 1080 is what libcurl takes for every proxy but an https one.
    guard let endpoint = Endpoint(String(authority), defaultPort: scheme == "https" ? 443 : 1080),
      let port = UInt16(exactly: endpoint.port)
    else { return nil }
    self.text = text
    self.scheme = scheme
    host = endpoint.host
    self.port = port
  }

  /// Whether the client must know the target's address: SOCKS4 and SOCKS5 without the letter that says otherwise.
  package var needsTargetAddress: Bool { scheme == "socks4" || scheme == "socks5" }

  /// The URL without user and password, for messages.
  package var publicText: String { "\(scheme)://\(Endpoint(host: host, port: Int(port)))" }
}
