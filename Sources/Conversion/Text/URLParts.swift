/// A URL cut into its parts (RFC 3986 section 3), as far as a conversion needs them.
struct URLParts: Sendable {
  var scheme: String
  /// `user:password` without the `@`, as it is written.
  var userInfo: String?
  /// Host and port, as they are written.
  var authority: String
  /// From the first `/` on, without query; empty where there is none.
  var path: String
  /// After `?`, nil where there is none.
  var query: String?

  /// Nil for a text that is no absolute URL of HTTP.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      return nil
    }
    scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    var rest = bytes[(colon + 3)...]
    if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
    let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    var authorityBytes = rest[..<authorityEnd]
    if let at = authorityBytes.lastIndex(of: UInt8(ascii: "@")) {
      userInfo = String(decoding: authorityBytes[..<at], as: UTF8.self)
      authorityBytes = authorityBytes[(at + 1)...]
    }
    guard !authorityBytes.isEmpty else { return nil }
    authority = String(decoding: authorityBytes, as: UTF8.self)
    rest = rest[authorityEnd...]
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
      rest = rest[..<mark]
    }
    path = String(decoding: rest, as: UTF8.self)
  }

  /// `https://host:port`.
  var origin: String { "\(scheme)://\(authority)" }

  /// The host without its port.
  var host: String {
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
    return String(authority.prefix { $0 != ":" })
  }

  /// The URL without user and password.
  var text: String { origin + path + (query.map { "?\($0)" } ?? "") }
}
