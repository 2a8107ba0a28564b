/// Whom to ask for names, and how (resolv.conf(5)).
package struct ResolverConfiguration: Hashable, Sendable {
  /// The name servers, in the order in which they are asked.
  package var servers: [SocketAddress] = []
  /// What is put behind short names.
  package var search: [String] = []
  /// Names with at least as many dots are first asked for as they are.
  package var ndots = 1
  /// How long one server has to answer.
  package var timeout: Duration = .seconds(5)
  /// How often all servers are asked.
  package var attempts = 2
  /// Whether each lookup begins with another server.
  package var rotate = false
  /// Whether questions go over tcp at once (`use-vc`).
  package var useTCP = false

  /// The configuration of explicit servers.
  package init(servers: [SocketAddress]) {
    self.servers = servers
  }

  /// Reads a resolv.conf(5), with the bounds that the manual page gives; unknown lines and options are passed over.
  ///
  /// Differs from the C library in that the environment (`LOCALDOMAIN`, `RES_OPTIONS`) has no say.
  package init(resolvConf text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      guard let first = line.first, first != "#", first != ";" else { continue }
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let keyword = words.first else { continue }
      let values = words.dropFirst().prefix { $0.first != "#" && $0.first != ";" }
      switch keyword {
      case "nameserver":
        // MAXNS: the manual allows three.
        if servers.count < 3, let value = values.first, let address = IPAddress(String(value)) {
          servers.append(SocketAddress(address, port: 53))
        }
      case "domain": search = values.prefix(1).map(String.init)
      case "search": search = values.map(String.init)
      case "options": for option in values { apply(option) }
      default: continue
      }
    }
    // A machine without the file or a server in it has one of its own.
    if servers.isEmpty { servers = [SocketAddress(.loopbackV4, port: 53)] }
  }

  private mutating func apply(_ option: Substring) {
    let parts = option.split(separator: ":", maxSplits: 1)
    let number = parts.count == 2 ? Int(parts[1]) : nil
    switch parts[0] {
    case "ndots": if let number { ndots = min(max(0, number), 15) }
    case "timeout": if let number { timeout = .seconds(min(max(1, number), 30)) }
    case "attempts": if let number { attempts = min(max(1, number), 5) }
    case "rotate": rotate = true
    case "use-vc": useTCP = true
    default: return
    }
  }

  /// The full names that a name as written may mean, in the order in which they are asked for.
  package func candidates(for name: DNSName, isAbsolute: Bool) -> [DNSName] {
    guard !isAbsolute, !search.isEmpty else { return [name] }
    let extended = search.compactMap { suffix in (try? DNSName(suffix)).flatMap { name.under($0) } }
    return name.labelCount > ndots ? [name] + extended : extended + [name]
  }
}
