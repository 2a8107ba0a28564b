import Model
import Transport

/// Which proxy a hop goes through: one for all, or by the rules of a module.
struct ProxyChoice: Sendable {
  private let http: HTTPProxy?
  private let https: HTTPProxy?
  private let exceptions: ProxyExceptions?
  let connectHeaders: [HeaderField]
  /// Whether an HTTP proxy is given addresses in place of names.
  let sendsAddresses: Bool

  /// Straight, or through this one proxy.
  init(_ text: String?) throws(PreparationFailure) {
    http = try Self.proxy(text)
    https = http
    exceptions = nil
    connectHeaders = []
    sendsAddresses = false
  }

  /// By rules.
  init(_ rules: ProxyRules) throws(PreparationFailure) {
    http = try Self.proxy(rules.http)
    https = rules.https == rules.http ? http : try Self.proxy(rules.https)
    exceptions = rules.exceptions.map(ProxyExceptions.init)
    connectHeaders = rules.connectHeaders
    sendsAddresses = rules.sendsAddresses
  }

  /// The proxy for a URL; nil for none.
  ///
  /// - Parameter address: where the URL's host is, where that has been found before.
  func proxy(for url: HTTPURL, at address: IPAddress? = nil) -> HTTPProxy? {
    guard let proxy = url.isSecure ? https : http else { return nil }
    if let exceptions, exceptions.cover(url.host, at: address, port: url.port) { return nil }
    return proxy
  }

  private static func proxy(_ text: String?) throws(PreparationFailure) -> HTTPProxy? {
    guard let text else { return nil }
    if let proxy = HTTPProxy(text) { return proxy }
    throw PreparationFailure(
      "proxy \"\(text)\" is none; write one of \(HTTPProxy.schemes.joined(separator: ", ")), then ://host:port")
  }
}
