import Documents
import Model

/// The keys that say by which proxy a request goes.
enum ProxyKeys {
  static let url = Key("proxy_url", .goText, "a proxy: http://, https:// or socks5://")
  static let exceptions = Key("no_proxy", .goText, "hosts, networks and ports without it, with commas between them")
  static let fromEnvironment = Key("proxy_from_environment", .goBool, "takes HTTP_PROXY, HTTPS_PROXY and NO_PROXY")
  static let connectHeaders = Key(
    "proxy_connect_header", Form<Fields<[String]>>.map(of: .list(of: .goText)), "headers for the proxy alone")

  static let all = [url.any, exceptions.any, fromEnvironment.any, connectHeaders.any]

  /// What a section says of proxies.
  static func configuration(_ section: Section) -> ProxyConfiguration {
    var proxy = ProxyConfiguration()
    proxy.url = section.given(url).flatMap { $0.isEmpty ? nil : Secret($0) }
    proxy.exceptions = section.given(exceptions) ?? ""
    proxy.isFromEnvironment = section.given(fromEnvironment) ?? false
    proxy.connectHeaders = (section.given(connectHeaders) ?? []).map { ($0.name, $0.value.map(Secret.init)) }
    let hasURL = proxy.url != nil
    if !proxy.connectHeaders.isEmpty, !hasURL, !proxy.isFromEnvironment {
      section.fault(
        "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
        at: connectHeaders.name)
    }
    if proxy.isFromEnvironment, hasURL {
      section.fault("if proxy_from_environment is configured, proxy_url must not be configured", at: url.name)
    }
    if !proxy.exceptions.isEmpty {
      if proxy.isFromEnvironment {
        section.fault("if proxy_from_environment is configured, no_proxy must not be configured", at: exceptions.name)
      } else if !hasURL {
        section.fault("if no_proxy is configured, proxy_url must also be configured", at: exceptions.name)
      }
    }
    return proxy
  }
}
