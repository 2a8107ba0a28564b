import Glibc

/// Everything one exchange needs, with templates already rendered: what a prober is given, whichever door it came
/// through.
package enum ProbeSpec: Hashable, Sendable {
  case http(HTTPSpec)
  case tcp(TCPSpec)
  case tls(TLSSpec)
  case dns(DNSSpec)
  case icmp(ICMPSpec)
  case unix(UnixSpec)
  case udp(UDPSpec)
  case grpc(GRPCSpec)
  case websocket(WebSocketSpec)
  case exec(ExecSpec)

  /// Which kind of probe it is.
  package var kind: ProbeKind {
    switch self {
    case .http: .http
    case .tcp: .tcp
    case .tls: .tls
    case .dns: .dns
    case .icmp: .icmp
    case .unix: .unix
    case .udp: .udp
    case .grpc: .grpc
    case .websocket: .websocket
    case .exec: .exec
    }
  }

  /// Whether TLS is asked for. What is not written may still come: a redirect can lead to `https`.
  package var asksForTLS: Bool {
    switch self {
    case .http(let spec):
      !spec.url.lowercased().hasPrefix("http:")
        || [spec.proxy, spec.proxyRules?.http].contains { $0?.lowercased().hasPrefix("https:") == true }
    case .tcp(let spec): spec.tls != nil || spec.startTLS != nil || spec.exchange.asksForTLS
    case .unix(let spec): spec.tls != nil || spec.exchange.asksForTLS
    case .tls: true
    case .dns(let spec): spec.transport == .tls || spec.transport == .https
    case .grpc(let spec): spec.tls != nil
    case .websocket(let spec): spec.url.lowercased().hasPrefix("wss:")
    case .icmp, .udp, .exec: false
    }
  }
}

extension SocketExchange {
  fileprivate var asksForTLS: Bool {
    if case .dialogue(let steps) = self { steps.contains(.startTLS) } else { false }
  }
}

/// Which family of addresses a name is resolved to.
package enum AddressFamily: String, Hashable, Sendable {
  /// Both; the order of RFC 6724 decides.
  case any = "auto"
  case v4 = "4"
  case v6 = "6"
  /// The first IPv4 address, else the last IPv6 one, and that address alone: blackbox_exporter's choice.
  case preferV4 = "prefer 4"
  /// The first IPv6 address, else the last IPv4 one, and that address alone.
  case preferV6 = "prefer 6"

  /// What a scenario file can ask for; the others stand for a module's `preferred_ip_protocol`.
  package static let writable: [AddressFamily] = [.any, .v4, .v6]
}

/// A host and a port, as in `shop.example:443` or `[::1]:53`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A name, or an address without brackets.
  package var host: String
  /// 1 to 65535.
  package var port: Int

  /// An endpoint of both its parts.
  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`; an IPv6 address stands in brackets.
  ///
  /// - Parameter defaultPort: taken when the text names no port; without one, a missing port is refused.
  package init?(_ text: String, defaultPort: Int? = nil) {
    var host = text[...]
    var port: Substring?
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<close]
      guard Self.isIPv6(host) else { return nil }
      let rest = text[text.index(after: close)...]
      if rest.hasPrefix(":") { port = rest.dropFirst() } else if !rest.isEmpty { return nil }
    } else if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) {
      host = text[..<colon]
      port = text[text.utf8.index(after: colon)...]
      if host.utf8.contains(UInt8(ascii: ":")) {
        // More than one colon and no brackets: a bare IPv6 address, which cannot carry a port.
        host = text[...]
        guard defaultPort != nil, Self.isIPv6(host) else { return nil }
        port = nil
      }
    }
    guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else { return nil }
    if let port {
      guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(port), (1...65_535).contains(number)
      else { return nil }
      self.init(host: String(host), port: number)
    } else if let defaultPort {
      self.init(host: String(host), port: defaultPort)
    } else {
      return nil
    }
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether it is an IPv6 address (inet_pton(3)), perhaps with a zone (RFC 4007 section 11).
  private static func isIPv6(_ text: Substring) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &address) == 1
  }
}

/// The versions of TLS that can be asked for.
package enum TLSVersion: String, Hashable, Sendable, CaseIterable, Comparable {
  case v1_0 = "TLSv1.0"
  case v1_1 = "TLSv1.1"
  case v1_2 = "TLSv1.2"
  case v1_3 = "TLSv1.3"

  package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// How TLS is spoken; the same everywhere.
package struct TLSOptions: Hashable, Sendable {
  /// Whether a certificate that cannot be verified ends the exchange. The facts tell the truth either way.
  package var verify: Bool
  /// A PEM file of trusted authorities in place of the system's; an absolute path, or one under the context's folder.
  package var caFile: String?
  /// The trusted authorities as PEM text, in place of a file and of the system's.
  package var caText: String?
  /// The client's certificate chain, PEM: text or a file.
  package var certificate: PEMSource?
  /// The client's private key, PEM: text or a file.
  package var key: PEMSource?
  /// The name to ask for (SNI) and to verify, in place of the target's host.
  package var serverName: String?
  /// The oldest version that is accepted.
  package var minVersion: TLSVersion?
  /// The newest version that is offered.
  package var maxVersion: TLSVersion?

  /// Options that verify against the system's authorities, unless said otherwise.
  package init(
    verify: Bool = true, caFile: String? = nil, caText: String? = nil, certificate: PEMSource? = nil,
    key: PEMSource? = nil,
    serverName: String? = nil, minVersion: TLSVersion? = nil, maxVersion: TLSVersion? = nil
  ) {
    self.verify = verify
    self.caFile = caFile
    self.caText = caText
    self.certificate = certificate
    self.key = key
    self.serverName = serverName
    self.minVersion = minVersion
    self.maxVersion = maxVersion
  }
}

/// Where PEM text comes from.
package enum PEMSource: Hashable, Sendable {
  /// A path, under the context's folder unless absolute.
  case file(String)
  /// The text itself, such as one from a secret.
  case text(String)
}

/// The protocols that can be asked to begin TLS in the middle.
package enum StartTLS: String, Hashable, Sendable, CaseIterable {
  case smtp, imap, pop3, ftp, ldap, xmpp, postgres, mysql
}
