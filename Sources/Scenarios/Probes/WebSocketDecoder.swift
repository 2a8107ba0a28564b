import Documents
import Model

/// The keys of `websocket`.
enum WebSocketKeys {
  static let url = Key("url", .webSocketURL, isRequired: true, "ws:// or wss:// URL")
  static let headers = Key(
    "headers",
    Form<Fields<[String]>>.map(of: .oneOrMore(.line), keyPattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", name: headerFault),
    "header fields of the opening handshake: a value, or a list of values")
  static let dialogue = Key(
    ExchangeKeys.dialogue.name, Form<[DialogueStep]>.list(of: .messageStep), "messages sent and expected in turn")
  static let tls = Key("tls", .tls, "how TLS is spoken with a wss:// URL")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "websocket", [url.any, headers.any, dialogue.any, tls.any, ip.any] + JudgingKeys.all)

  /// What the opening handshake sends by itself (RFC 6455 section 4.1).
  private static let own: Set<String> = [
    "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-accept",
  ]

  private static func headerFault(_ name: String) -> KeyFault? {
    guard name.isToken else { return KeyFault(message: "'\(name.escaped)' is no header name") }
    return own.contains(name.lowercased())
      ? KeyFault(message: "'\(name.escaped)' belongs to the WebSocket handshake itself") : nil
  }
}

/// Reads `websocket` into what a prober is given.
enum WebSocketDecoder {
  static func decode(_ section: Section) -> ProbeSpec? {
    let url = section(WebSocketKeys.url)
    if url?.scheme == "ws", let entry = section.entry(WebSocketKeys.tls.name) {
      section.reader.fault("'tls' is for wss:// URLs, and this one is ws://", at: entry.key)
    }
    let headers = (section(WebSocketKeys.headers) ?? []).flatMap { field in
      field.value.map { HeaderField(field.name, $0) }
    }
    let dialogue = section(WebSocketKeys.dialogue) ?? []
    let tls = section(WebSocketKeys.tls) ?? TLSOptions()
    let family = section(WebSocketKeys.ip) ?? .any
    return url.map {
      .websocket(WebSocketSpec(url: $0.text, headers: headers, dialogue: dialogue, tls: tls, family: family))
    }
  }
}

extension Form where Value == URLText {
  /// The URL of a WebSocket, without user and password, which it has no place for.
  static let webSocketURL = url(["ws", "wss"]).map { url, node, reader -> URLText? in
    let authority = url.text.dropFirst(url.scheme.count + 3).prefix { !"/?#".contains($0) }
    guard authority.contains("@") else { return url }
    reader.fault(
      "the URL of a WebSocket carries no user and password", at: node,
      notes: ["send them by an Authorization header"])
    return nil
  }
}

/// The keys of one entry of a WebSocket's `dialogue`.
enum MessageKeys {
  static let expect = Key(DialogueKeys.expect.name, .pattern, "RE2 pattern that the next message must match")
  static let send = Key(
    DialogueKeys.send.name, .text, "text message to send; ${1} and ${name} are groups of `expect`")

  static let table = SectionTable(
    "message", title: "an entry of 'dialogue'", [expect.any, send.any], oneOf: ["expect", "send"])
}

extension Form where Value == DialogueStep {
  static let messageStep = Form.section(MessageKeys.table) { section in
    if let pattern = section(MessageKeys.expect) { return .expect(pattern) }
    return section(MessageKeys.send).map { .send($0) }
  }
}
