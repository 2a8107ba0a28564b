import Documents
import Expressions
import Model

/// The keys of `http_client_config`, which stand in `http` directly and in `websocket` under `http_config`.
enum HTTPClientKeys {
  static let basicAuth = Key("basic_auth", Form<HTTPClientOptions.BasicAuth>.basicAuth, "a user name and a password")
  static let authorization = Key(
    "authorization", Form<HTTPClientOptions.Authorization>.authorization, "what Authorization says")
  static let oauth2 = Key("oauth2", Form<HTTPClientOptions.OAuth2>.oauth2, "a token to ask for before each probe")
  static let bearerToken = Key("bearer_token", .goText, "deprecated: authorization says it too")
  static let bearerTokenFile = Key("bearer_token_file", .goText, "deprecated: authorization says it too")
  static let followsRedirects = Key("follow_redirects", .goBool, "whether redirects are followed")
  static let usesHTTP2 = Key("enable_http2", .goBool, "whether HTTP/2 is offered")
  static let headers = Key("http_headers", Form<Fields<HTTPClientOptions.ValueSources>>.clientHeaders, "more headers")

  static let all =
    [
      basicAuth.any, authorization.any, oauth2.any, bearerToken.any, bearerTokenFile.any, TLSKeys.tls.any,
      followsRedirects.any, usesHTTP2.any,
    ] + ProxyKeys.all + [headers.any]

  static let table = SectionTable("http_config", all)

  /// What a section says of the client.
  static func options(_ section: Section) -> HTTPClientOptions {
    var options = HTTPClientOptions()
    options.basicAuth = section.given(basicAuth)
    options.oauth2 = section.given(oauth2)
    options.authorization = writtenAuthorization(section)
    if let tls = section.given(TLSKeys.tls) { options.tls = tls }
    if let follows = section.given(followsRedirects) { options.followsRedirects = follows }
    if let http2 = section.given(usesHTTP2) { options.usesHTTP2 = http2 }
    options.proxy = ProxyKeys.configuration(section)
    options.headers = (section.given(headers) ?? []).map { ($0.name, $0.value) }
    return options
  }

  /// `authorization`, or what `bearer_token` and `bearer_token_file` make of it.
  private static func writtenAuthorization(_ section: Section) -> HTTPClientOptions.Authorization? {
    let token = section.given(bearerToken) ?? ""
    let file = section.given(bearerTokenFile) ?? ""
    let hasBearer = !token.isEmpty || !file.isEmpty
    // Whether they are written and not whether they are sound, so that one fault is not told as another.
    let hasBasic = section.isGiven(basicAuth)
    let hasOAuth2 = section.isGiven(oauth2)
    let hasAuthorization = section.isGiven(authorization)
    if !token.isEmpty, !file.isEmpty {
      section.fault(
        "at most one of bearer_token & bearer_token_file must be configured", at: bearerToken.name,
        bearerTokenFile.name)
    }
    if hasBasic || hasOAuth2, hasBearer {
      section.fault(
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured", at: bearerToken.name,
        bearerTokenFile.name)
    }
    if hasAuthorization, hasBearer {
      section.fault(
        "authorization is not compatible with bearer_token & bearer_token_file", at: authorization.name)
    }
    if [hasBasic, hasOAuth2, hasAuthorization].count(where: { $0 }) > 1 {
      section.fault(
        "at most one of basic_auth, oauth2 & authorization must be configured", at: basicAuth.name, oauth2.name,
        authorization.name)
    }
    if let written = section.given(authorization) { return written }
    if !token.isEmpty { return HTTPClientOptions.Authorization(credentials: .value(Secret(token))) }
    return file.isEmpty ? nil : HTTPClientOptions.Authorization(credentials: .file(file))
  }
}

extension Section {
  /// Whether something is written for a key, sound or not.
  func isGiven<Value>(_ key: Key<Value>) -> Bool { entry(key.name).map { !$0.value.isNothing } ?? false }
}

/// The keys of `basic_auth`.
private enum BasicAuthKeys {
  static let username = Key("username", .goText, "the user name")
  static let usernameFile = Key("username_file", .goText, "a file of the user name")
  static let usernameRef = Key("username_ref", .goText, "names it to a secret manager, which there is none of")
  static let password = Key("password", .goText, "the password")
  static let passwordFile = Key("password_file", .goText, "a file of the password")
  static let passwordRef = Key("password_ref", .goText, "names it to a secret manager, which there is none of")

  static let table = SectionTable(
    "basic_auth",
    [username.any, usernameFile.any, usernameRef.any, password.any, passwordFile.any, passwordRef.any])
}

extension Form where Value == HTTPClientOptions.BasicAuth {
  fileprivate static let basicAuth = section(BasicAuthKeys.table) { section in
    HTTPClientOptions.BasicAuth(
      username: section.source(
        BasicAuthKeys.username, BasicAuthKeys.usernameFile, BasicAuthKeys.usernameRef,
        fault: "at most one of basic_auth username, username_file & username_ref must be configured"),
      password: section.secretSource(
        BasicAuthKeys.password, BasicAuthKeys.passwordFile, BasicAuthKeys.passwordRef,
        fault: "at most one of basic_auth password, password_file & password_ref must be configured"))
  }
}

/// The keys of `authorization`.
private enum AuthorizationKeys {
  static let type = Key("type", .goText, "the scheme; Bearer where nothing is written")
  static let credentials = Key("credentials", .goText, "what follows the scheme")
  static let credentialsFile = Key("credentials_file", .goText, "a file of it")
  static let credentialsRef = Key("credentials_ref", .goText, "names it to a secret manager, which there is none of")

  static let table = SectionTable(
    "authorization", [type.any, credentials.any, credentialsFile.any, credentialsRef.any])
}

extension Form where Value == HTTPClientOptions.Authorization {
  fileprivate static let authorization = section(AuthorizationKeys.table) { section in
    let written = (section.given(AuthorizationKeys.type) ?? "").trimmed
    if written.lowercased() == "basic" {
      section.fault(
        "authorization type cannot be set to \"basic\", use \"basic_auth\" instead", at: AuthorizationKeys.type.name)
    }
    return HTTPClientOptions.Authorization(
      type: written.isEmpty ? "Bearer" : written,
      credentials: section.secretSource(
        AuthorizationKeys.credentials, AuthorizationKeys.credentialsFile, AuthorizationKeys.credentialsRef,
        fault: "at most one of authorization credentials & credentials_file must be configured"))
  }
}

extension String {
  /// Without the white space around it.
  fileprivate var trimmed: String {
    var text = drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}

/// The keys of a header's sources.
private enum HeaderKeys {
  static let values = Key("values", Form<[String]>.list(of: .goText), "values as they are")
  static let secrets = Key("secrets", Form<[String]>.list(of: .goText), "values that are hidden")
  static let files = Key("files", Form<[String]>.list(of: .goText), "files of values")

  static let table = SectionTable("header", title: "a header", [values.any, secrets.any, files.any])
}

extension Form where Value == HTTPClientOptions.ValueSources {
  /// Where the values of a header come from.
  static let valueSources = section(HeaderKeys.table) { section in
    var sources = HTTPClientOptions.ValueSources()
    sources.values = section.given(HeaderKeys.values) ?? []
    sources.secrets = (section.given(HeaderKeys.secrets) ?? []).map(Secret.init)
    sources.files = section.given(HeaderKeys.files) ?? []
    return sources
  }

  /// The same, or one value as plain text, as upstream's example has it though its program refuses it.
  static let valueSourcesOrText = Form(.anyOf([.text(), valueSources.schema])) { node, reader in
    if case .mapping = node.content { return valueSources.read(node, reader) }
    guard let text = Form<String>.goText.read(node, reader) else { return nil }
    var sources = HTTPClientOptions.ValueSources()
    sources.values = [text]
    return sources
  }
}

extension Form where Value == Fields<HTTPClientOptions.ValueSources> {
  /// What other keys say, or the transport itself.
  private static let reserved: Set<String> = [
    "authorization", "host", "content-encoding", "content-length", "content-type", "user-agent", "connection",
    "keep-alive", "proxy-authenticate", "proxy-authorization", "www-authenticate", "accept-encoding",
    "x-prometheus-remote-write-version", "x-prometheus-remote-read-version", "x-prometheus-scrape-timeout-seconds",
    "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
  ]

  fileprivate static let clientHeaders = map(of: Form<HTTPClientOptions.ValueSources>.valueSources) { name in
    guard reserved.contains(name.lowercased()) else { return nil }
    return KeyFault(
      message: "setting header \"\(name.escaped)\" is not allowed",
      notes: ["other keys say it: authorization, basic_auth, headers"])
  }
}
