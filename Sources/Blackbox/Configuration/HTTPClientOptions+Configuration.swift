import Model

extension YAMLFields {
  /// The keys of a client.
  mutating func add(_ client: HTTPClientOptions) {
    add("basic_auth", client.basicAuth?.tree)
    add("authorization", client.authorization?.tree)
    add("oauth2", client.oauth2?.tree)
    add("tls_config", client.tls.tree)
    add("follow_redirects", .boolean(client.followsRedirects))
    add("enable_http2", .boolean(client.usesHTTP2))
    add(client.proxy)
    add("http_headers", sorting: client.headers.map { (name: $0.name, value: $0.values) }) { $1.tree(of: $0) }
  }

  /// The keys that say by which proxy a request goes.
  fileprivate mutating func add(_ proxy: ProxyConfiguration) {
    add("proxy_url", proxy.url.map { URLPassword.hidden(in: $0.exposedValue) })
    add("no_proxy", proxy.exceptions)
    add("proxy_from_environment", proxy.isFromEnvironment)
    add("proxy_connect_header", sorting: proxy.connectHeaders.map { (name: $0.name, value: $0.values) }) { _, values in
      .list(values.map { _ in .hidden })
    }
  }

  /// The one of three keys that a text came from.
  fileprivate mutating func add<Value>(
    _ name: String, from source: HTTPClientOptions.Source<Value>?, _ tree: (Value) -> YAMLTree
  ) {
    switch source {
    case .value(let value): add(name, tree(value))
    case .file(let path): add(name + "_file", path)
    case .reference(let reference): add(name + "_ref", reference)
    case nil: break
    }
  }
}

extension HTTPClientOptions.BasicAuth {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("username", from: username) { .text($0) }
    fields.add("password", from: password) { _ in .hidden }
    return fields.tree
  }
}

extension HTTPClientOptions.Authorization {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("type", type)
    fields.add("credentials", from: credentials) { _ in .hidden }
    return fields.tree
  }
}

extension HTTPClientOptions.OAuth2 {
  fileprivate var tree: YAMLTree {
    let defaults = HTTPClientOptions.OAuth2()
    var fields = YAMLFields()
    fields.add("client_id", clientID)
    fields.add("client_secret", from: clientSecret) { _ in .hidden }
    fields.add("client_certificate_key_id", certificateKeyID)
    fields.add("client_certificate_key", from: certificateKey) { _ in .hidden }
    if signatureAlgorithm != defaults.signatureAlgorithm { fields.add("signature_algorithm", signatureAlgorithm) }
    fields.add("iss", issuer)
    fields.add("audience", audience)
    // Values are JSON, which is YAML as well.
    fields.add("claims", sorting: claims) { .json(CredentialNames.holds($0) ? "\"<secret>\"" : $1) }
    fields.add("scopes", scopes)
    fields.add("token_url", URLPassword.hidden(in: tokenURL))
    fields.add("endpoint_params", sorting: endpointParams) { CredentialNames.holds($0) ? .hidden : .text($1) }
    if grantType != defaults.grantType { fields.add("grant_type", grantType) }
    fields.add("tls_config", tls.tree)
    fields.add(proxy)
    return fields.tree
  }
}

extension HTTPClientOptions.ValueSources {
  /// The sources of a header's values, hidden where its name says so.
  func tree(of name: String) -> YAMLTree {
    let isHidden = CredentialNames.holds(name)
    var fields = YAMLFields()
    fields.add("values", .list(values.map { isHidden ? .hidden : .text($0) }))
    fields.add("secrets", .list(secrets.map { _ in .hidden }))
    fields.add("files", files)
    return fields.tree
  }
}

extension TLSConfiguration {
  /// The section; nil where nothing is said, which upstream leaves out.
  var tree: YAMLTree? {
    guard
      skipsVerification || ca != nil || certificate != nil || key != nil || serverName != nil || minVersion != nil
        || maxVersion != nil
    else { return nil }
    var fields = YAMLFields()
    fields.add("ca", from: ca) { .text($0) }
    fields.add("cert", from: certificate) { .text($0) }
    fields.add("key", from: key) { _ in .hidden }
    fields.add("server_name", serverName)
    fields.add("insecure_skip_verify", .boolean(skipsVerification))
    fields.add("min_version", minVersion?.upstreamName)
    fields.add("max_version", maxVersion?.upstreamName)
    return fields.tree
  }
}
