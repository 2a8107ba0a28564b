/// Where the server listens: `127.0.0.1:9115`, `[::1]:9115`, `localhost:9115`, or `:9115` for all interfaces.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
  /// An address literal without brackets or a name; nil is every interface, IPv6 and IPv4.
  package var host: String?
  /// 0 lets the system choose one.
  package var port: UInt16

  /// A place to listen on.
  package init(host: String?, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port` or `:port`; an IPv6 address stands in brackets.
  ///
  /// - Returns: nil for anything else.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
      return nil
    }
    let host = text[..<colon]
    if host.isEmpty {
      self.init(host: nil, port: port)
    } else if host.hasPrefix("[") {
      guard host.hasSuffix("]"), host.contains(":") else { return nil }
      self.init(host: String(host.dropFirst().dropLast()), port: port)
    } else {
      guard !host.contains(where: { $0 == ":" || $0 == "/" || $0.isWhitespace }) else { return nil }
      self.init(host: String(host), port: port)
    }
  }

  package var description: String {
    guard let host else { return ":\(port)" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
