import HTTPTypes

/// What every answer tells a browser to leave alone.
enum SecurityHeaders {
  /// Sets them; what the handler has set already stays.
  static func add(to headers: inout HTTPFields) {
    for (name, value) in all where headers[name] == nil {
      headers[name] = value
    }
  }

  /// The policy of a page whose only resource is one style element and an icon in its own text.
  static func pagePolicy(nonce: String) -> String {
    "default-src 'none'; style-src 'nonce-\(nonce)'; img-src data:; form-action 'self'; base-uri 'none'; "
      + "frame-ancestors 'self'"
  }

  /// The policy of a status page: one style element, one script and pictures of its own host.
  static func statusPagePolicy(nonce: String) -> String {
    "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
      + "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
  }

  private static let all: [(HTTPField.Name, String)] = {
    var all: [(HTTPField.Name, String)] = [
      (.contentSecurityPolicy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
      (.xContentTypeOptions, "nosniff"),
    ]
    for (name, value) in [("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")] {
      if let name = HTTPField.Name(name) { all.append((name, value)) }
    }
    return all
  }()
}
