package import Model

/// One request as it goes over the wire, without redirects: what `HTTPSession` is given.
package struct HTTPRequest: Sendable {
  /// Where it goes.
  package var url: HTTPURL
  /// The request method, any token (RFC 9110 section 9).
  package var method: String
  /// Header fields in the order in which they are sent, after `Host`; all of them, `User-Agent` included.
  package var headers: [HeaderField]
  /// The value of a `Cookie` field, to which libcurl adds the cookies that earlier answers of the session set.
  package var cookies: String?
  /// What is sent along.
  package var body: HTTPRequestBody
  /// User and password for Digest (RFC 7616), which takes a second request.
  package var digest: (username: String, password: String)?
  /// Which HTTP version is spoken.
  package var version: HTTPVersion
  /// Which way it takes.
  package var route: HTTPRoute
  /// How TLS is spoken; needed for an `https` URL and an `https` proxy.
  package var tls: HTTPTLS?
  /// Whether content codings are taken off the body.
  package var decodesContent: Bool
  /// What is taken off the body, whatever its `Content-Encoding` says.
  package var forcedCoding: HTTPContentCoding?
  /// The most bytes of the decoded body.
  package var maxBodyBytes: Int
  /// The most bytes of it that are kept; what follows is counted.
  package var keptBodyBytes: Int
  /// What is said to a proxy alone, in its CONNECT.
  package var proxyHeaders: [HeaderField]
  /// Whether a redirect will be followed, so that its body is not kept.
  package var dropsRedirectBody: Bool
  /// Whether the request is kept as it was sent, byte for byte, which costs a little time.
  package var capturesHead: Bool

  /// A request with everything said that has no usual value.
  package init(
    url: HTTPURL, method: String = "GET", headers: [HeaderField] = [], cookies: String? = nil,
    body: HTTPRequestBody = .none, digest: (username: String, password: String)? = nil, version: HTTPVersion = .auto,
    route: HTTPRoute, tls: HTTPTLS? = nil, decodesContent: Bool = true,
    forcedCoding: HTTPContentCoding? = nil, maxBodyBytes: Int = 10 << 20, keptBodyBytes: Int = .max,
    proxyHeaders: [HeaderField] = [], dropsRedirectBody: Bool = false, capturesHead: Bool = false
  ) {
    self.url = url
    self.method = method
    self.headers = headers
    self.cookies = cookies
    self.body = body
    self.digest = digest
    self.version = version
    self.route = route
    self.tls = tls
    self.decodesContent = decodesContent
    self.forcedCoding = forcedCoding
    self.maxBodyBytes = maxBodyBytes
    self.keptBodyBytes = keptBodyBytes
    self.proxyHeaders = proxyHeaders
    self.dropsRedirectBody = dropsRedirectBody
    self.capturesHead = capturesHead
  }
}

extension HTTPRequest {
  /// The address that an HTTP proxy is given in place of the URL's host; nil for the host itself.
  var addressForProxy: IPAddress? {
    guard case .proxy(let proxy, _, let target) = route, !proxy.needsTargetAddress else { return nil }
    return target.first
  }
}

/// How TLS is spoken in one exchange.
package struct HTTPTLS: Sendable {
  /// Trusted authorities, client certificate, versions.
  package var settings: TLSSettings
  /// Whether a certificate that cannot be verified ends the exchange, before the request is sent.
  package var verify: Bool
  /// The name to ask for (RFC 6066 section 3) and to verify, in place of the URL's host.
  package var serverName: String?

  /// TLS by these settings.
  package init(settings: TLSSettings, verify: Bool = true, serverName: String? = nil) {
    self.settings = settings
    self.verify = verify
    self.serverName = serverName
  }
}

/// What a request carries, ready to be sent.
package enum HTTPRequestBody: Sendable {
  case none
  case bytes([UInt8])
  case file(UploadFile)
  /// `multipart/form-data` (RFC 7578); the paths of files have been checked.
  case multipart([MultipartPart])
}

/// The way to the server: nothing of it is left to libcurl to find out, least of all a name to resolve.
package enum HTTPRoute: Sendable {
  /// Straight to these addresses, in the order in which they are tried (RFC 8305), at this port.
  case direct([IPAddress], port: UInt16)
  /// Through a proxy.
  ///
  /// - `addresses`: where the proxy is.
  /// - `target`: where the URL's host is, for the SOCKS versions that leave it to the client to know, and for an HTTP proxy
  ///   that is to be given the first of these in place of the name; else empty.
  case proxy(HTTPProxy, addresses: [IPAddress], target: [IPAddress])
}
