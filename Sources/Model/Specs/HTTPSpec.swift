/// One HTTP exchange, its redirects included (RFC 9110).
package struct HTTPSpec: Hashable, Sendable {
  /// An absolute `http` or `https` URL, query included, percent-encoded.
  package var url: String
  /// The request method.
  package var method: String
  /// Header fields in the order in which they are sent. An empty `Host` or `User-Agent` here replaces the usual one.
  package var headers: [HeaderField]
  /// What is sent along.
  package var body: HTTPBody
  /// Who we say that we are.
  package var auth: HTTPAuth?
  /// How many redirects are followed; 0 follows none.
  package var maxRedirects: Int
  /// Which HTTP version is spoken.
  package var version: HTTPVersion
  /// Which addresses are tried.
  package var family: AddressFamily
  /// Where to connect instead of resolving the URL's host: an address or a name, perhaps with a port.
  package var address: String?
  /// `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://` URL of a proxy.
  package var proxy: String?
  /// Which proxy each hop goes through; where it is written, `proxy` does not count.
  package var proxyRules: ProxyRules?
  /// Whether compressed answers are asked for, and decoded.
  package var acceptsCompression: Bool
  /// What is taken off the body, whatever its `Content-Encoding` says; nil to believe that.
  package var forcedCoding: HTTPContentCoding?
  /// Whether `User-Agent` and `Accept` are added where the headers name none.
  package var addsUsualHeaders: Bool
  /// How a redirect changes the request.
  package var redirectRules: RedirectRules
  /// The most bytes of a decoded body; more is `body_too_large`.
  package var maxBodyBytes: Int
  /// The most bytes of the body that are kept; those after them are counted, and held against `maxBodyBytes`.
  package var keptBodyBytes: Int
  /// Cookies for this request only.
  package var cookies: [HeaderField]
  /// How TLS is spoken.
  package var tls: TLSOptions

  /// A GET of the URL, unless said otherwise.
  package init(
    url: String, method: String = "GET", headers: [HeaderField] = [], body: HTTPBody = .none, auth: HTTPAuth? = nil,
    maxRedirects: Int = 10, version: HTTPVersion = .auto, family: AddressFamily = .any, address: String? = nil,
    proxy: String? = nil, proxyRules: ProxyRules? = nil, acceptsCompression: Bool = true,
    forcedCoding: HTTPContentCoding? = nil, addsUsualHeaders: Bool = true, redirectRules: RedirectRules = .browser,
    maxBodyBytes: Int = 10 << 20, keptBodyBytes: Int = .max, cookies: [HeaderField] = [],
    tls: TLSOptions = TLSOptions()
  ) {
    self.url = url
    self.method = method
    self.headers = headers
    self.body = body
    self.auth = auth
    self.maxRedirects = maxRedirects
    self.version = version
    self.family = family
    self.address = address
    self.proxy = proxy
    self.proxyRules = proxyRules
    self.acceptsCompression = acceptsCompression
    self.forcedCoding = forcedCoding
    self.addsUsualHeaders = addsUsualHeaders
    self.redirectRules = redirectRules
    self.maxBodyBytes = maxBodyBytes
    self.keptBodyBytes = keptBodyBytes
    self.cookies = cookies
    self.tls = tls
  }
}

/// A name with a value: a header field, a cookie, a query item, a form field.
package struct HeaderField: Hashable, Sendable {
  package var name: String
  package var value: String

  /// A field of both its parts.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// What a request carries.
package enum HTTPBody: Hashable, Sendable {
  case none
  /// Bytes with the content type that goes with them, unless the headers name one.
  case bytes([UInt8], contentType: String?)
  /// The content of a file, read at the time of the exchange; a path under the context's folder.
  case file(path: String, contentType: String?)
  /// `multipart/form-data` (RFC 7578).
  case multipart([MultipartPart])
}

/// One part of a `multipart/form-data` body.
package struct MultipartPart: Hashable, Sendable {
  /// Where the part's content comes from.
  package enum Content: Hashable, Sendable {
    case text(String)
    /// A path under the context's folder.
    case file(path: String)
    /// The content of a file that is not on this machine's disk.
    case bytes([UInt8])
  }

  package var name: String
  package var content: Content
  package var contentType: String?
  package var filename: String?

  /// A part with everything said.
  package init(name: String, content: Content, contentType: String? = nil, filename: String? = nil) {
    self.name = name
    self.content = content
    self.contentType = contentType
    self.filename = filename
  }
}

/// How a request proves who sent it.
package enum HTTPAuth: Hashable, Sendable {
  case basic(username: String, password: String)
  case bearer(String)
  case digest(username: String, password: String)
  /// A token that is fetched first (RFC 6749). It says so much that every request would be twice as large for it.
  indirect case oauth2(OAuth2Client)

  /// Client credentials (RFC 6749 section 4.4).
  package static func oauth2(
    tokenURL: String, clientID: String, clientSecret: String, scopes: [String]
  ) -> HTTPAuth {
    .oauth2(OAuth2Client(tokenURL: tokenURL, clientID: clientID, proof: .secret(clientSecret), scopes: scopes))
  }
}

/// A coding that a body is decoded from (RFC 9110 section 8.4.1).
package enum HTTPContentCoding: String, Hashable, Sendable, CaseIterable {
  case gzip, br
  /// A bare stream of RFC 1951, without the header of zlib that HTTP's `deflate` has.
  case rawDeflate = "raw deflate"
  /// None: the body as it comes.
  case identity
}

/// How a redirect changes the request (RFC 9110 section 15.4, which leaves much open).
package enum RedirectRules: Hashable, Sendable {
  /// As browsers have it: POST alone becomes GET at 301 and 302, and to another origin only those fields go along that say
  /// how an answer is wanted.
  case browser
  /// As Go's client has it: every method but HEAD becomes GET at 301, 302 and 303; `Host` stays for a relative Location;
  /// all fields go along but credentials and `privateHeaders`, which stay with the host that was written.
  case go(privateHeaders: [String])
}

/// The versions of HTTP that can be asked for.
package enum HTTPVersion: String, Hashable, Sendable, CaseIterable {
  /// HTTP/2 over TLS where the server offers it, else 1.1.
  case auto
  case v1_1 = "1.1"
  case v2 = "2"
  case v3 = "3"
}
