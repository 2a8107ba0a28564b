package import Model
import Transport

/// The opening handshake as a client sees it (RFC 6455 section 4.1). Pure.
package struct WebSocketHandshake: Sendable {
  /// What a server may say before the connection is upgraded; as much as a single line.
  package static let maxHeadBytes = 64 << 10

  /// Sent by the handshake itself.
  private static let own = [
    "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions",
    "sec-websocket-accept",
  ]

  /// The request, up to its blank line.
  package let request: [UInt8]
  /// What the server must prove to have read (`Sec-WebSocket-Accept`).
  package let acceptance: String
  private let protocols: [String]

  /// A handshake.
  ///
  /// - Parameters:
  ///   - host: the `Host` field, unless `headers` has one.
  ///   - path: the request target, with its query.
  ///   - headers: further fields; those that `fault(in:)` refuses must not be among them.
  ///   - nonce: 16 bytes that nobody can foresee.
  package init(host: String, path: String, headers: [HeaderField], nonce: [UInt8]) {
    let key = Base64.encode(nonce)
    var lines = ["GET \(path) HTTP/1.1"]
    if !headers.contains(where: { $0.name.isSameField(as: "host") }) { lines.append("Host: \(host)") }
    lines += [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
    ]
    lines += headers.map { "\($0.name): \($0.value)" }
    request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    acceptance = Self.acceptance(of: key)
    protocols = headers.filter { $0.name.isSameField(as: "sec-websocket-protocol") }
      .flatMap { Self.words($0.value) }
  }

  /// What a server that has read the key answers with (section 1.3).
  package static func acceptance(of key: String) -> String {
    Base64.encode(SHA1.digest(of: Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
  }

  /// What is wrong with a header field that a user wrote; nil for one that can be sent.
  package static func fault(in field: HeaderField) -> String? {
    guard PreparedRequest.isToken(field.name) else {
      return "header name \"\(field.name)\" may hold letters, digits and !#$%&'*+-.^_`|~ only"
    }
    guard PreparedRequest.isOneLine(field.value) else {
      return "the value of header \"\(field.name)\" holds a CR, LF or NUL"
    }
    return own.contains { field.name.isSameField(as: $0) }
      ? "header \"\(field.name)\" belongs to the WebSocket handshake itself" : nil
  }

  /// The status of a status line; nil when it is none of HTTP/1.1.
  package static func status(in line: String) -> Int? {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
      parts[1].utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Int(parts[1])
  }

  /// What is wrong with an answer of status 101; nil when the connection is upgraded.
  package func fault(inAnswer fields: [HeaderField]) -> String? {
    func values(_ name: String) -> [String] { fields.filter { $0.name.isSameField(as: name) }.map(\.value) }
    guard values("upgrade").flatMap(Self.words).contains(where: { $0.lowercased() == "websocket" }) else {
      return "switches to another protocol than websocket"
    }
    guard values("connection").flatMap(Self.words).contains(where: { $0.lowercased() == "upgrade" }) else {
      return "does not say Connection: Upgrade"
    }
    guard values("sec-websocket-accept") == [acceptance] else {
      return "gives a Sec-WebSocket-Accept that does not belong to our key"
    }
    guard values("sec-websocket-extensions").flatMap(Self.words).isEmpty else {
      return "speaks an extension that was not asked for"
    }
    guard values("sec-websocket-protocol").allSatisfy({ protocols.contains($0) }) else {
      return "speaks a subprotocol that was not asked for"
    }
    return nil
  }

  /// The entries of a list (RFC 9110 section 5.6.1).
  private static func words(_ value: String) -> [String] {
    value.split(separator: ",").map { String($0.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }) }
      .filter { !$0.isEmpty }
  }
}
