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

  private static let all: [(HTTPField.Name, String)] = {
    var all: [(HTTPField.Name, String)] = [
      (.contentSecurityPolicy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
      (.xContentTypeOptions, "nosniff"),
      // Everything shown is of this moment.
      (.cacheControl, "no-store"),
    ]
    for (name, value) in [("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin")] {
      if let name = HTTPField.Name(name) { all.append((name, value)) }
    }
    return all
  }()
}
