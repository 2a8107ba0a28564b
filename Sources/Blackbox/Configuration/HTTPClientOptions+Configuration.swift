import Model

extension HTTPClientOptions {
  /// The keys, for the section that has them.
  var entries: [(name: String, value: YAMLTree?)] {
    [
      ("basic_auth", basicAuth?.tree), ("authorization", authorization?.tree), ("oauth2", oauth2?.tree),
      ("tls_config", tls.tree), ("follow_redirects", .boolean(followsRedirects)), ("enable_http2", .boolean(usesHTTP2)),
    ] + proxy.entries + [("http_headers", .sorted(headers.map { ($0.name, $0.values.tree(of: $0.name)) }))]
  }
}

extension HTTPClientOptions.BasicAuth {
  fileprivate var tree: YAMLTree {
    .fields(username.entries("username") { .text($0) } + password.entries("password") { _ in .hidden })
  }
}

extension HTTPClientOptions.Authorization {
  fileprivate var tree: YAMLTree {
    .fields([("type", .text(type))] + credentials.entries("credentials") { _ in .hidden })
  }
}

extension HTTPClientOptions.OAuth2 {
  fileprivate var tree: YAMLTree {
    let defaults = HTTPClientOptions.OAuth2()
    return .fields(
      [("client_id", .text(clientID))] + clientSecret.entries("client_secret") { _ in .hidden }
        + [("client_certificate_key_id", .text(unlessEmpty: certificateKeyID))]
        + certificateKey.entries("client_certificate_key") { _ in .hidden } + [
          ("signature_algorithm", signatureAlgorithm == defaults.signatureAlgorithm ? nil : .text(signatureAlgorithm)),
          ("iss", .text(unlessEmpty: issuer)), ("audience", .text(unlessEmpty: audience)),
          ("claims", .sorted(claims.map { ($0.name, .text($0.value)) })), ("scopes", .texts(scopes)),
          ("token_url", .text(URLPassword.hidden(in: tokenURL))),
          ("endpoint_params", .sorted(endpointParams.map { ($0.name, CredentialNames.holds($0.name) ? .hidden : .text($0.value)) })),
          ("grant_type", grantType == defaults.grantType ? nil : .text(grantType)), ("tls_config", tls.tree),
        ] + proxy.entries)
  }
}

extension HTTPClientOptions.ValueSources {
  /// The sources of a header's values, hidden where its name says so.
  func tree(of name: String) -> YAMLTree {
    let isHidden = CredentialNames.holds(name)
    return .fields([
      ("values", values.isEmpty ? nil : .list(values.map { isHidden ? .hidden : .text($0) })),
      ("secrets", secrets.isEmpty ? nil : .list(secrets.map { _ in .hidden })), ("files", .texts(files)),
    ])
  }
}

extension ProxyConfiguration {
  fileprivate var entries: [(name: String, value: YAMLTree?)] {
    [
      ("proxy_url", url.map { .text(URLPassword.hidden(in: $0.exposedValue)) }),
      ("no_proxy", .text(unlessEmpty: exceptions)), ("proxy_from_environment", .flag(isFromEnvironment)),
      ("proxy_connect_header", .sorted(connectHeaders.map { ($0.name, .list($0.values.map { _ in .hidden })) })),
    ]
  }
}

extension TLSConfiguration {
  /// The section; nil where nothing is said, which upstream leaves out.
  var tree: YAMLTree? {
    let entries: [(name: String, value: YAMLTree?)] =
      ca.entries("ca") { .text($0) } + certificate.entries("cert") { .text($0) } + key.entries("key") { _ in .hidden } + [
        ("server_name", .text(unlessEmpty: serverName)), ("insecure_skip_verify", .boolean(skipsVerification)),
        ("min_version", minVersion.map { .text($0.upstreamName) }),
        ("max_version", maxVersion.map { .text($0.upstreamName) }),
      ]
    let isSaid = skipsVerification || entries.contains { $0.value != nil && $0.name != "insecure_skip_verify" }
    return isSaid ? .fields(entries) : nil
  }
}

extension Optional {
  /// The one of three keys that a text came from, as the section writes it.
  fileprivate func entries<Value>(
    _ name: String, _ tree: (Value) -> YAMLTree
  ) -> [(name: String, value: YAMLTree?)] where Wrapped == HTTPClientOptions.Source<Value> {
    switch self {
    case .value(let value): [(name, tree(value))]
    case .file(let path): [(name + "_file", .text(path))]
    case .reference(let reference): [(name + "_ref", .text(reference))]
    case nil: []
    }
  }
}
