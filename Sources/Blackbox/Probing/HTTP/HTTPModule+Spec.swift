package import Model

extension HTTPModule: ProberSection {
  /// The most bytes of a body that are kept for checks of it.
  static let maxKeptBytes = 16 << 20
  /// The most bytes that a compressed body may become where no limit is written: a few bytes of Brotli can be gigabytes.
  static let maxExpandedBytes = 128 << 20

  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    let skipsResolve = skipsResolveWithProxy && client.proxy.isWritten
    var tls = try client.tls.options(in: surroundings)
    let host = host(of: request)
    if tls.serverName == nil, let host { tls.serverName = Self.name(of: host) }
    var fields = try fields(host: host, surroundings)
    let auth = try auth(in: surroundings, adding: &fields)
    return .http(
      HTTPSpec(
        url: url(of: request.target), method: method.isEmpty ? "GET" : method, headers: fields,
        body: try requestBody(in: surroundings), auth: auth,
        maxRedirects: followsRedirects ? 10 : 0,
        version: usesHTTP3 ? .v3 : client.usesHTTP2 ? .auto : .v1_1, family: address.family,
        proxyRules: client.proxy.rules(surroundings.environment, sendsAddresses: !skipsResolve),
        acceptsCompression: false, forcedCoding: forcedCoding, addsUsualHeaders: false,
        redirectRules: .go(privateHeaders: privateHeaders), maxBodyBytes: maxBodyBytes,
        keptBodyBytes: checksBody ? Self.maxKeptBytes : 0, tls: tls))
  }

  /// Whether something is asked of the body.
  var checksBody: Bool { checksBodyText || checksBodyJSON }

  /// Whether a regular expression is held against the body.
  var checksBodyText: Bool { !failIfBodyMatches.isEmpty || !failIfBodyNotMatches.isEmpty }

  /// Whether a CEL expression is.
  var checksBodyJSON: Bool { failIfBodyJSONMatchesCEL != nil || failIfBodyJSONNotMatchesCEL != nil }

  private var followsRedirects: Bool { noFollowRedirects.map { !$0 } ?? client.followsRedirects }

  private var forcedCoding: HTTPContentCoding? {
    switch compression {
    case .gzip: .gzip
    case .br: .br
    case .deflate: .rawDeflate
    case .identity, .unknown, nil: nil
    }
  }

  private var maxBodyBytes: Int {
    if checksBody { return min(bodySizeLimitBytes ?? .max, Self.maxKeptBytes) }
    return bodySizeLimitBytes ?? (forcedCoding == nil ? .max : Self.maxExpandedBytes)
  }

  // MARK: Where to

  private func url(of target: String) -> String {
    let start = target.prefix(8).lowercased()
    if start.hasPrefix("https://") { return target }
    // HTTP/3 is spoken over TLS alone.
    if start.hasPrefix("http://") { return usesHTTP3 ? "https://" + target.dropFirst("http://".count) : target }
    return usesHTTP3 ? "https://\(target)" : "http://\(target)"
  }

  /// What the module or the request says that the `Host` is.
  private func host(of request: ProbeRequest) -> String? {
    let written = headers.last { $0.name.isField("host") }?.value ?? request.hostname
    return written?.isEmpty == true ? nil : written
  }

  /// The name in a `Host`, without the port.
  private static func name(of host: String) -> String { Endpoint(host, defaultPort: 1)?.host ?? host }

  // MARK: What is sent

  private func fields(
    host: String?, _ surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> [HeaderField] {
    var fields: [HeaderField] = []
    fields.reserveCapacity(headers.count + client.headers.count + 4)
    if let host { fields.append(HeaderField("Host", host)) }
    var hasUserAgent = false
    var hasConnection = false
    for header in headers {
      // The length is that of the body, as Go has it.
      if ["host", "content-length", "transfer-encoding"].contains(where: { header.name.isField($0) }) { continue }
      hasUserAgent = hasUserAgent || header.name.isField("user-agent")
      hasConnection = hasConnection || header.name.isField("connection")
      fields.append(HeaderField(header.name, header.value))
    }
    if !hasUserAgent { fields.append(HeaderField("User-Agent", surroundings.userAgent)) }
    if !hasConnection { fields.append(HeaderField("Connection", "close")) }
    for header in client.headers {
      for text in try surroundings.texts(of: header.values) { fields.append(HeaderField(header.name, text)) }
    }
    return fields
  }

  /// Those that hold what is not for everybody.
  private var privateHeaders: [String] {
    client.headers.compactMap { $0.values.secrets.isEmpty && $0.values.files.isEmpty ? nil : $0.name }
  }

  /// Who we say that we are, unless the headers say it.
  private func auth(
    in surroundings: ModuleSurroundings, adding fields: inout [HeaderField]
  ) throws(ModuleFault) -> HTTPAuth? {
    if fields.contains(where: { $0.name.isField("authorization") }) { return nil }
    if let basic = client.basicAuth {
      return .basic(
        username: try surroundings.text(of: basic.username, "username") ?? "",
        password: try surroundings.text(of: basic.password, "password") ?? "")
    }
    if let authorization = client.authorization {
      let credentials = try surroundings.text(of: authorization.credentials, "credentials") ?? ""
      fields.append(HeaderField("Authorization", "\(authorization.type) \(credentials)"))
      return nil
    }
    guard let oauth2 = client.oauth2 else { return nil }
    return .oauth2(try oauth2.client(in: surroundings))
  }

  private func requestBody(in surroundings: ModuleSurroundings) throws(ModuleFault) -> HTTPBody {
    if let bodyFile, !bodyFile.isEmpty {
      return .bytes(try surroundings.readFile(bodyFile).get(), contentType: nil)
    }
    guard let body, !body.isEmpty else { return .none }
    return .bytes(Array(body.utf8), contentType: nil)
  }
}

extension String {
  /// Whether it is the name of this header field, which is given in lower case (RFC 9110 section 5.1).
  func isField(_ name: StaticString) -> Bool {
    guard utf8.count == name.utf8CodeUnitCount else { return false }
    var index = 0
    for byte in utf8 {
      guard (65...90).contains(byte) ? byte | 0x20 == name.utf8Start[index] : byte == name.utf8Start[index] else {
        return false
      }
      index += 1
    }
    return true
  }
}
