import Documents
import Expressions
import Model

/// The keys of `oauth2`.
private enum OAuth2Keys {
  static let clientID = Key("client_id", .goText, "who asks for a token")
  static let clientSecret = Key("client_secret", .goText, "with which secret")
  static let clientSecretFile = Key("client_secret_file", .goText, "a file of it")
  static let clientSecretRef = Key("client_secret_ref", .goText, "names it to a secret manager, which there is none of")
  static let scopes = Key("scopes", Form<[String]>.list(of: .goText), "for what")
  static let tokenURL = Key("token_url", .goText, "where")
  static let endpointParams = Key(
    "endpoint_params", Form<Fields<String>>.map(of: .goTextOrNothing), "what else the request says")
  static let grantType = Key("grant_type", .goText, "client_credentials, or a signed assertion (RFC 7523)")
  static let certificateKeyID = Key("client_certificate_key_id", .goText, "the assertion's kid")
  static let certificateKey = Key("client_certificate_key", .goText, "PEM of the key that signs the assertion")
  static let certificateKeyFile = Key("client_certificate_key_file", .goText, "a file of such PEM")
  static let certificateKeyRef = Key(
    "client_certificate_key_ref", .goText, "names such PEM to a secret manager, which there is none of")
  static let signatureAlgorithm = Key("signature_algorithm", .goText, "RS256, RS384 or RS512")
  static let issuer = Key("iss", .goText, "the assertion's issuer")
  static let audience = Key("audience", .goText, "the assertion's audience")
  static let claims = Key("claims", Form<Fields<String>>.map(of: .json), "further claims of the assertion")

  static let table = SectionTable(
    "oauth2",
    [
      clientID.any, clientSecret.any, clientSecretFile.any, clientSecretRef.any, scopes.any, tokenURL.any,
      endpointParams.any, grantType.any, certificateKeyID.any, certificateKey.any, certificateKeyFile.any,
      certificateKeyRef.any, signatureAlgorithm.any, issuer.any, audience.any, claims.any, TLSKeys.tls.any,
    ] + ProxyKeys.all)
}

extension Form where Value == String {
  /// Any value, as JSON.
  fileprivate static let json = Form(.anything) { node, reader in
    do throws(EvaluationError) {
      return try JSON.write(node.value)
    } catch {
      reader.fault("the value cannot be written as JSON: \(error)", at: node)
      return nil
    }
  }
}

extension Form where Value == HTTPClientOptions.OAuth2 {
  private static let assertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"
  private static let algorithms = ["RS256", "RS384", "RS512"]

  /// How a token is obtained.
  static let oauth2 = section(OAuth2Keys.table) { section in
    var oauth2 = HTTPClientOptions.OAuth2()
    oauth2.clientID = section.given(OAuth2Keys.clientID) ?? ""
    oauth2.tokenURL = section.given(OAuth2Keys.tokenURL) ?? ""
    if let type = section.given(OAuth2Keys.grantType), !type.isEmpty { oauth2.grantType = type }
    // Those of the other grant may be written as one likes.
    let isAssertion = oauth2.grantType == assertion
    oauth2.clientSecret = section.secretSource(
      OAuth2Keys.clientSecret, OAuth2Keys.clientSecretFile, OAuth2Keys.clientSecretRef,
      fault: isAssertion
        ? nil
        : "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using "
          + "grant-type=client_credentials")
    oauth2.certificateKey = section.secretSource(
      OAuth2Keys.certificateKey, OAuth2Keys.certificateKeyFile, OAuth2Keys.certificateKeyRef,
      fault: isAssertion
        ? "at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref must "
          + "be configured using grant-type=\(assertion)" : nil)
    oauth2.scopes = section.given(OAuth2Keys.scopes) ?? []
    oauth2.endpointParams = section.given(OAuth2Keys.endpointParams) ?? []
    oauth2.certificateKeyID = section.given(OAuth2Keys.certificateKeyID) ?? ""
    if let algorithm = section.given(OAuth2Keys.signatureAlgorithm), !algorithm.isEmpty {
      oauth2.signatureAlgorithm = algorithm
      if isAssertion, !algorithms.contains(algorithm) {
        section.fault("valid signature algorithms are RS256, RS384 and RS512", at: OAuth2Keys.signatureAlgorithm.name)
      }
    }
    oauth2.issuer = section.given(OAuth2Keys.issuer) ?? ""
    oauth2.audience = section.given(OAuth2Keys.audience) ?? ""
    oauth2.claims = section.given(OAuth2Keys.claims) ?? []
    if let tls = section.given(TLSKeys.tls) { oauth2.tls = tls }
    oauth2.proxy = ProxyKeys.configuration(section)
    if oauth2.clientID.isEmpty { section.fault("oauth2 client_id must be configured", at: OAuth2Keys.clientID.name) }
    if oauth2.tokenURL.isEmpty { section.fault("oauth2 token_url must be configured", at: OAuth2Keys.tokenURL.name) }
    return oauth2
  }
}
