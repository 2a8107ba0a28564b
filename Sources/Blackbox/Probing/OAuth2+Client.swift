import Expressions
import Model

extension HTTPClientOptions.OAuth2 {
  /// The same for a prober.
  ///
  /// - Throws: why the secret or a file cannot be read.
  func client(in surroundings: ModuleSurroundings) throws(ModuleFault) -> OAuth2Client {
    let proof: OAuth2Client.Proof
    if grantType == "client_credentials" || grantType.isEmpty {
      proof = .secret(try surroundings.text(of: clientSecret, "client_secret") ?? "")
    } else {
      proof = .assertion(
        JWTAssertion(
          key: try surroundings.text(of: certificateKey, "client_certificate_key") ?? "", keyID: certificateKeyID,
          algorithm: JWTAssertion.Algorithm(rawValue: signatureAlgorithm) ?? .rs256, issuer: issuer,
          audience: audience, claims: claims.map { HeaderField($0.name, Self.json($0.value)) }))
    }
    return OAuth2Client(
      tokenURL: tokenURL, clientID: clientID, proof: proof, scopes: scopes,
      parameters: endpointParams.map { HeaderField($0.name, $0.value) }, tls: try tls.options(in: surroundings),
      proxyRules: proxy.rules(surroundings.environment, sendsAddresses: false) ?? ProxyRules())
  }

  /// A scalar of YAML as JSON: what is no number, word or JSON text already is a string.
  private static func json(_ text: String) -> String {
    (try? JSON.parse(text)) == nil ? JSON.quote(text) : text
  }
}
