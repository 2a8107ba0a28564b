import Transport

/// What goes without a proxy: `no_proxy`, as Go's `golang.org/x/net/http/httpproxy` reads it.
struct ProxyExceptions: Sendable {
  private enum Entry {
    case everything
    case network([UInt8], prefix: Int)
    case address(IPAddress, port: String)
    /// With a dot in front.
    case domain(String, port: String, isItselfMeant: Bool)
  }

  private let entries: [Entry]

  /// Reads a list with commas in it; what is no entry is passed over, as it is there.
  init(_ text: String) {
    entries = text.split(separator: ",").compactMap { Self.entry($0.drop { $0 == " " || $0 == "\t" }) }
  }

  /// Whether a host is gone to straight: this machine always is.
  ///
  /// - Parameters:
  ///   - host: a name in lower case or an address without brackets.
  ///   - address: where the host is, as far as that is known.
  func cover(_ host: String, at address: IPAddress?, port: UInt16) -> Bool {
    if host == "localhost" { return true }
    let literal = IPAddress(host)
    if literal?.isLoopback == true || address?.isLoopback == true { return true }
    let port = String(port)
    return entries.contains { entry in
      switch entry {
      case .everything: true
      case .network(let bytes, let prefix):
        [literal, address].contains { $0.map { Self.isIn(bytes, prefix: prefix, $0.bytes) } ?? false }
      case .address(let exempt, let own): (literal == exempt || address == exempt) && (own.isEmpty || own == port)
      case .domain(let domain, let own, let isItselfMeant):
        (host.hasSuffix(domain) || isItselfMeant && host == domain.dropFirst()) && (own.isEmpty || own == port)
      }
    }
  }

  private static func entry(_ text: Substring) -> Entry? {
    let text = text.lowercased().split(separator: " ").first.map(String.init) ?? ""
    if text == "*" { return .everything }
    if let slash = text.firstIndex(of: "/") {
      guard let address = IPAddress(String(text[..<slash])), let prefix = Int(text[text.index(after: slash)...]),
        prefix >= 0, prefix <= address.bytes.count * 8
      else { return nil }
      return .network(address.bytes, prefix: prefix)
    }
    var host = text
    var port = ""
    if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
      host = String(text[text.index(after: text.startIndex)..<close])
      port = String(text[close...].dropFirst(2))
    } else if let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon {
      host = String(text[..<colon])
      port = String(text[text.index(after: colon)...])
    }
    if let address = IPAddress(host) { return .address(address, port: port) }
    if host.hasPrefix("*.") { host.removeFirst() }
    guard !host.isEmpty else { return nil }
    let isItselfMeant = !host.hasPrefix(".")
    return .domain(isItselfMeant ? "." + host : host, port: port, isItselfMeant: isItselfMeant)
  }

  private static func isIn(_ network: [UInt8], prefix: Int, _ address: [UInt8]) -> Bool {
    guard network.count == address.count else { return false }
    let whole = prefix / 8
    guard network.prefix(whole).elementsEqual(address.prefix(whole)) else { return false }
    let rest = prefix % 8
    return rest == 0 || (network[whole] ^ address[whole]) >> UInt8(8 - rest) == 0
  }
}
