package import Model

/// `http_client_config` of prometheus/common v0.70: who we say that we are, and by which way a request goes.
package struct HTTPClientOptions: Sendable {
  package var basicAuth: BasicAuth?
  package var authorization: Authorization?
  package var oauth2: OAuth2?
  package var tls = TLSConfiguration()
  package var followsRedirects = true
  package var usesHTTP2 = true
  package var proxy = ProxyConfiguration()
  /// `http_headers`: all values of a name are added.
  package var headers: [(name: String, values: ValueSources)] = []

  /// The defaults.
  package init() {}

  /// Where a text comes from: written out, a file that is read at each use with the white space around it taken off, or a
  /// reference to a secret manager, which parses but fails every probe.
  package enum Source<Value: Sendable>: Sendable {
    case value(Value)
    case file(String)
    case reference(String)
  }

  /// `basic_auth`.
  package struct BasicAuth: Sendable {
    package var username: Source<String>?
    package var password: Source<Secret>?

    /// Credentials with everything said.
    package init(username: Source<String>? = nil, password: Source<Secret>? = nil) {
      self.username = username
      self.password = password
    }
  }

  /// `authorization`; `bearer_token` and `bearer_token_file` become one too.
  package struct Authorization: Sendable {
    package var type: String
    package var credentials: Source<Secret>?

    /// An authorization with everything said.
    package init(type: String = "Bearer", credentials: Source<Secret>? = nil) {
      self.type = type
      self.credentials = credentials
    }
  }

  /// `oauth2` (RFC 6749 section 4.4, RFC 7523 section 2.1).
  package struct OAuth2: Sendable {
    package var clientID = ""
    package var clientSecret: Source<Secret>?
    package var scopes: [String] = []
    package var tokenURL = ""
    package var endpointParams: [(name: String, value: String)] = []
    /// "client_credentials" or "urn:ietf:params:oauth:grant-type:jwt-bearer".
    package var grantType = "client_credentials"
    package var certificateKeyID = ""
    package var certificateKey: Source<Secret>?
    /// RS256, RS384 or RS512.
    package var signatureAlgorithm = "RS256"
    package var issuer = ""
    package var audience = ""
    /// In written order, values as JSON.
    package var claims: [(name: String, value: String)] = []
    package var tls = TLSConfiguration()
    package var proxy = ProxyConfiguration()

    /// Nothing said yet.
    package init() {}
  }

  /// The values of one entry of `http_headers` or of a WebSocket's `headers`.
  package struct ValueSources: Sendable {
    package var values: [String] = []
    package var secrets: [Secret] = []
    package var files: [String] = []

    /// No value.
    package init() {}
  }
}

/// `proxy_url`, `no_proxy`, `proxy_from_environment` and `proxy_connect_header`.
package struct ProxyConfiguration: Sendable {
  /// May hold a password.
  package var url: Secret?
  /// Addresses, networks, domains and ports, with commas between them.
  package var exceptions = ""
  package var isFromEnvironment = false
  package var connectHeaders: [(name: String, values: [Secret])] = []

  /// No proxy.
  package init() {}
}

/// `tls_config` of prometheus/common.
package struct TLSConfiguration: Sendable {
  package var ca: HTTPClientOptions.Source<String>?
  package var certificate: HTTPClientOptions.Source<String>?
  package var key: HTTPClientOptions.Source<Secret>?
  package var serverName: String?
  package var skipsVerification = false
  package var minVersion: TLSVersion?
  package var maxVersion: TLSVersion?

  /// Verification against the system's authorities, TLS 1.2 to 1.3.
  package init() {}
}
