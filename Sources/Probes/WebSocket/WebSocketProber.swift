package import Model
import Transport

/// Opens a WebSocket connection (RFC 6455), perhaps talks, and closes it.
package struct WebSocketProber: Sendable {
  private let equipment: ProbeEquipment

  /// A prober with the equipment of its process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange.
  package func probe(_ spec: WebSocketSpec, in context: ProbeContext) async -> Observation {
    await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { [equipment] _, deadline in
      let session = StreamSession(to: spec.url, equipment: equipment, context: context, deadline: deadline)
      var exchange: WebSocketExchange?
      var observation = await StreamSession.observe(session, detail: { .socket($0) }) {
        (session) throws(StreamSession.Stop) in
        let url = try Self.url(spec.url, in: session)
        var headers = spec.headers
        if let fault = headers.lazy.compactMap({ WebSocketHandshake.fault(in: $0) }).first {
          throw session.stop(.templateFailed, fault)
        }
        func addUnlessGiven(_ name: String, _ value: String) {
          if !spec.headers.contains(where: { $0.name.isSameField(as: name) }) {
            headers.append(HeaderField(name, value))
          }
        }
        addUnlessGiven("User-Agent", equipment.userAgent)
        if let traceparent = context.traceparent { addUnlessGiven("traceparent", traceparent) }
        let handshake = WebSocketHandshake(
          host: url.authority, path: url.target, headers: headers, nonce: (0..<16).map { _ in .random(in: 0 ... .max) })
        let settings = url.isSecure ? try session.settings(for: spec.tls, in: context) : nil
        try await session.connect(
          to: Endpoint(host: url.host, port: Int(url.port)), family: spec.family, from: nil)
        if let settings { try await session.secure(settings, options: spec.tls, host: url.host) }
        let talk = WebSocketExchange(session)
        exchange = talk
        try await talk.open(handshake)
        try await talk.converse(spec.dialogue)
        await talk.close()
      }
      var facts = exchange?.facts ?? WebSocketFacts()
      facts.socket = session.socketFacts
      observation.facts.detail = .websocket(facts)
      if let phases = exchange?.phases { observation.facts.phases = phases }
      return observation
    }
  }

  /// The URL with the schemes of HTTP, whose rules it follows (RFC 6455 section 3).
  private static func url(_ text: String, in session: StreamSession) throws(StreamSession.Stop) -> HTTPURL {
    guard let colon = text.firstRange(of: "://") else { throw refusal(of: text, in: session) }
    let scheme =
      switch text[..<colon.lowerBound].lowercased() {
      case "ws": "http"
      case "wss": "https"
      default: throw refusal(of: text, in: session)
      }
    let rest = text[colon.upperBound...]
    guard !rest.prefix(while: { !"/?#".contains($0) }).contains("@") else {
      throw session.stop(
        .templateFailed, "the URL of a WebSocket carries no user and password; send an Authorization header instead")
    }
    guard let url = try? HTTPURL("\(scheme)://\(rest)") else { throw refusal(of: text, in: session) }
    return url
  }

  private static func refusal(of text: String, in session: StreamSession) -> StreamSession.Stop {
    session.stop(
      .templateFailed, "\(Words.quoted(text)) is no URL of a WebSocket; write ws://host/path or wss://host/path")
  }
}

extension HTTPURL {
  /// What is asked for: path and query. A fragment is not sent.
  fileprivate var target: String {
    guard let authority = text.firstRange(of: "://") else { return "/" }
    let rest = text[authority.upperBound...]
    let target = rest[(rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex)...].prefix { $0 != "#" }
    return target.hasPrefix("/") ? String(target) : "/\(target)"
  }
}
