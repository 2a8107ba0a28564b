/// Which proxy a request goes through, by its URL: `proxy_url`, `no_proxy` and `proxy_from_environment` of Prometheus, as
/// Go's `httpproxy` package reads them.
package struct ProxyRules: Hashable, Sendable {
  /// The proxy of `http` URLs; nil for none.
  package var http: String?
  /// The proxy of `https` URLs; nil for none.
  package var https: String?
  /// What goes without a proxy: addresses, networks, domains, ports, with commas between them. Where it is nil, everything
  /// goes through the proxy; else this machine itself never does.
  package var exceptions: String?
  /// What is said to the proxy alone, in its CONNECT.
  package var connectHeaders: [HeaderField]
  /// Whether the proxy is given the target's address, found here, in place of its name.
  package var sendsAddresses: Bool

  /// Rules with everything said.
  package init(
    http: String? = nil, https: String? = nil, exceptions: String? = nil, connectHeaders: [HeaderField] = [],
    sendsAddresses: Bool = false
  ) {
    self.http = http
    self.https = https
    self.exceptions = exceptions
    self.connectHeaders = connectHeaders
    self.sendsAddresses = sendsAddresses
  }
}
