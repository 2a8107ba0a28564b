import Expressions
package import Model

extension WebSocketModule: ProberSection {
  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    if surroundings.compatibility == .mended, let key = unusableKey {
      throw ModuleFault(
        .internal, "websocket: http_config: \(key) cannot be used with a WebSocket; take it out of the module")
    }
    let scheme = request.target.prefix(6).lowercased()
    guard scheme.hasPrefix("ws://") || scheme == "wss://" else {
      throw ModuleFault(
        .templateFailed,
        "target \"\(request.target)\" is no URL of a WebSocket; write ws://host/path or wss://host/path")
    }
    return .websocket(
      WebSocketSpec(
        url: request.target, headers: try fields(in: surroundings), dialogue: dialogue,
        tls: try client.tls.options(in: surroundings), family: address.family))
  }

  /// A key of `http_config` that upstream takes and then ignores: whoever wrote it believes that it does something.
  private var unusableKey: String? {
    if client.oauth2 != nil { return "oauth2" }
    if client.proxy.url != nil { return "proxy_url" }
    if client.proxy.isFromEnvironment { return "proxy_from_environment" }
    return client.headers.isEmpty ? nil : "http_headers"
  }

  private func fields(in surroundings: ModuleSurroundings) throws(ModuleFault) -> [HeaderField] {
    var fields: [HeaderField] = []
    if let basic = client.basicAuth {
      let username = try surroundings.text(of: basic.username, "username") ?? ""
      let password = try surroundings.text(of: basic.password, "password") ?? ""
      fields.append(HeaderField("Authorization", "Basic \(Base64.encode(Array("\(username):\(password)".utf8)))"))
    }
    if let authorization = client.authorization,
      let credentials = try surroundings.text(of: authorization.credentials, "credentials"), !credentials.isEmpty
    {
      let type = authorization.type.isEmpty ? "Bearer" : authorization.type
      fields.append(HeaderField("Authorization", "\(type) \(credentials)"))
    }
    for (name, sources) in headers {
      fields += try surroundings.texts(of: sources).map { HeaderField(name, $0) }
    }
    if !fields.contains(where: { $0.name.lowercased() == "user-agent" }) {
      fields.append(HeaderField("User-Agent", surroundings.userAgent))
    }
    return fields
  }

  /// Only `expect` and `send` mean something here. Groups are those of the entry's own `expect`.
  private var dialogue: [DialogueStep] {
    queryResponse.flatMap { entry -> [DialogueStep] in
      var steps: [DialogueStep] = [.newEntry]
      if let pattern = entry.expect { steps.append(.expect(pattern.pattern)) }
      if let bytes = entry.send, !bytes.isEmpty {
        // What is no text cannot be sent as a text message (RFC 6455 section 5.6), and goes as bytes.
        if let text = String(validating: bytes, as: UTF8.self) {
          steps.append(.send(text))
        } else {
          steps.append(.sendBytes(bytes))
        }
      }
      return steps
    }
  }
}
