/// Who asks for an access token, where, and how it proves who it is (RFC 6749).
package struct OAuth2Client: Hashable, Sendable {
  /// How the client proves who it is.
  package enum Proof: Hashable, Sendable {
    /// Client credentials (RFC 6749 section 4.4).
    case secret(String)
    /// A signed assertion as the grant itself (RFC 7523 section 2.1).
    case assertion(JWTAssertion)
  }

  /// The token endpoint's URL.
  package var tokenURL: String
  package var clientID: String
  package var proof: Proof
  package var scopes: [String]
  /// Further fields of the form that is sent.
  package var parameters: [HeaderField]
  /// How TLS is spoken with the token endpoint; nil for the way in which it is spoken with the target.
  package var tls: TLSOptions?
  /// The proxies on the way to the token endpoint; nil for the target's.
  package var proxyRules: ProxyRules?

  /// A client with everything said.
  package init(
    tokenURL: String, clientID: String, proof: Proof, scopes: [String] = [], parameters: [HeaderField] = [],
    tls: TLSOptions? = nil, proxyRules: ProxyRules? = nil
  ) {
    self.tokenURL = tokenURL
    self.clientID = clientID
    self.proof = proof
    self.scopes = scopes
    self.parameters = parameters
    self.tls = tls
    self.proxyRules = proxyRules
  }
}

/// What a JSON Web Token says of the client, and what it is signed with (RFC 7519, RFC 7515).
package struct JWTAssertion: Hashable, Sendable {
  /// RSASSA-PKCS1-v1_5 (RFC 7518 section 3.3).
  package enum Algorithm: String, Hashable, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
  }

  /// The RSA key, PEM.
  package var key: String
  /// Names the key in the header; empty for no name.
  package var keyID: String
  package var algorithm: Algorithm
  /// The claim `iss`.
  package var issuer: String
  /// The claim `aud`; empty for the token endpoint's URL.
  package var audience: String
  /// Further claims, their values as JSON; they win over those above.
  package var claims: [HeaderField]

  /// An assertion with everything said.
  package init(
    key: String, keyID: String = "", algorithm: Algorithm = .rs256, issuer: String = "", audience: String = "",
    claims: [HeaderField] = []
  ) {
    self.key = key
    self.keyID = keyID
    self.algorithm = algorithm
    self.issuer = issuer
    self.audience = audience
    self.claims = claims
  }
}
