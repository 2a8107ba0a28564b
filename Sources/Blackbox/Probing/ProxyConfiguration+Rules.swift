import Model

extension ProxyConfiguration {
  /// Whether any proxy may be in the way.
  var isWritten: Bool { url != nil || isFromEnvironment }

  /// The same for a prober; nil where there is no proxy.
  ///
  /// - Parameters:
  ///   - environment: the variables that `proxy_from_environment` speaks of.
  ///   - sendsAddresses: whether a proxy is given the target's address in place of its name.
  func rules(_ environment: [String: String], sendsAddresses: Bool) -> ProxyRules? {
    guard isWritten else { return nil }
    var rules = ProxyRules(
      connectHeaders: connectHeaders.flatMap { header in
        header.values.map { HeaderField(header.name, $0.exposedValue) }
      }, sendsAddresses: sendsAddresses)
    if let url {
      rules.http = Self.normalized(url.exposedValue, sendsAddresses)
      rules.https = rules.http
      rules.exceptions = exceptions.isEmpty ? nil : exceptions
    } else {
      func variable(_ name: String) -> String? {
        [name, name.lowercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
      }
      // In a CGI program HTTP_PROXY is the request's header `Proxy` (https://httpoxy.org).
      if environment["REQUEST_METHOD"] == nil {
        rules.http = variable("HTTP_PROXY").map { Self.normalized($0, sendsAddresses) }
      }
      rules.https = variable("HTTPS_PROXY").map { Self.normalized($0, sendsAddresses) }
      rules.exceptions = variable("NO_PROXY") ?? ""
    }
    return rules
  }

  /// As Go takes it: `http` where no scheme is written, with its port 80, and SOCKS5 with names.
  private static func normalized(_ text: String, _ sendsAddresses: Bool) -> String {
    guard let mark = text.firstRange(of: "://") else { return normalized("http://\(text)", sendsAddresses) }
    let scheme = text[..<mark.lowerBound].lowercased()
    let rest = text[mark.upperBound...]
    switch scheme {
    case "socks5" where !sendsAddresses: return "socks5h://\(rest)"
    case "http":
      let authority = rest.prefix { $0 != "/" }
      let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
      let hasPort = host.split(separator: "]", omittingEmptySubsequences: false).last?.contains(":") ?? false
      return hasPort ? text : "http://\(authority):80"
    default: return text
    }
  }
}
