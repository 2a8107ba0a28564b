import Glibc

extension TargetPolicy {
  /// Whether a host may be turned into addresses: one that no rule could ever allow is not even looked up.
  ///
  /// - Parameters:
  ///   - host: a name, or an address without brackets.
  ///   - port: nil for what has none, such as ICMP, which rules with ports do not allow.
  package func allows(host: String, port: Int?) -> Bool { refusal(ofHost: host, port: port) == nil }

  /// Whether bytes may be sent to an address.
  ///
  /// - Parameters:
  ///   - address: in network order, 4 or 16 bytes.
  ///   - host: the name that led to it, or the address itself as text.
  package func allows(address: [UInt8], port: Int?, host: String) -> Bool {
    refusal(ofAddress: address, port: port, host: host) == nil
  }

  /// Whether a Unix socket may be connected to.
  package func allows(path: String) -> Bool { refusal(ofPath: path) == nil }

  // MARK: In words

  /// Why a host may not be turned into addresses, in one line; nil when it may.
  package func refusal(ofHost host: String, port: Int?) -> String? {
    let name = Self.plain(host)
    if let address = Self.literal(name) { return refusal(ofAddress: address, port: port, host: host) }
    // What a network's rule holds of a name shows when its addresses are known.
    if allowed.isEmpty || allowed.contains(where: { $0.covers(port: port) && ($0.isNetwork || $0.covers(name: name)) })
    {
      return nil
    }
    return unlisted(Self.place(host, port))
  }

  /// Why a host behind a proxy may not be asked for: its addresses are the proxy's to know, so rules for networks say
  /// nothing of a name. Nil when it may.
  package func refusal(ofHostBehindProxy host: String, port: Int?) -> String? {
    let name = Self.plain(host)
    if let address = Self.literal(name) { return refusal(ofAddress: address, port: port, host: host) }
    if allowed.isEmpty || allowed.contains(where: { $0.covers(port: port) && $0.covers(name: name) }) { return nil }
    return "\(unlisted(Self.place(host, port))); behind a proxy, names are held to the rules for names alone"
  }

  /// Why nothing may be sent to an address, in one line; nil when it may.
  package func refusal(ofAddress address: [UInt8], port: Int?, host: String) -> String? {
    let address = Self.unmapped(address)
    if deniesMetadata, let reserved = Self.reserved(address) {
      let isAllowed = allowed.contains { $0.covers(port: port) && $0.names(address, within: reserved.network) }
      if isAllowed { return nil }
      let rule = Rule(hosts: .network(address, prefix: address.count * 8))
      return "\(Self.place(host, port, address)) \(reserved.words); \(Self.flag)=\(rule) would allow it"
    }
    let name = Self.plain(host)
    if allowed.isEmpty
      || allowed.contains(where: { $0.covers(port: port) && ($0.covers(address) || $0.covers(name: name)) })
    {
      return nil
    }
    return unlisted(Self.place(host, port, address))
  }

  /// Why a Unix socket may not be connected to, in one line; nil when it may.
  package func refusal(ofPath path: String) -> String? {
    if allowed.isEmpty || allowed.contains(where: { $0.covers(path: path) }) { return nil }
    return unlisted("unix:\(path)")
  }

  private static let flag = "--probe.allow-target"

  /// How many rules a message names.
  private static let maxShown = 8

  private func unlisted(_ target: String) -> String {
    let shown = allowed.prefix(Self.maxShown).map(\.description).joined(separator: ", ")
    let rest = allowed.count > Self.maxShown ? " and \(allowed.count - Self.maxShown) more" : ""
    return "\(target) is not among the targets that \(Self.flag) allows (\(shown)\(rest))"
  }

  /// `shop.example:443`, with the address that it led to where that is another.
  private static func place(_ host: String, _ port: Int?, _ address: [UInt8]? = nil) -> String {
    let place = port.map { Endpoint(host: host, port: $0).description } ?? host
    guard let address, literal(plain(host)) == nil else { return place }
    return "\(AddressText.text(of: address)) (\(place))"
  }

  // MARK: Hosts

  private static func plain(_ host: String) -> String {
    let name = host.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }

  /// The address that a host is, in the short forms too that other programs read (`0xa9fea9fe`, inet_aton(3)): a proxy may.
  private static func literal(_ host: String) -> [UInt8]? {
    if let bytes = AddressText.bytes(of: host) { return unmapped(bytes) }
    guard host.utf8.first.map({ (48...57).contains($0) }) == true, !host.utf8.contains(where: { $0 <= 32 }) else {
      return nil
    }
    var address = in_addr()
    guard inet_aton(host, &address) != 0 else { return nil }
    return withUnsafeBytes(of: address) { [UInt8]($0) }
  }

  /// The IPv4 address of an IPv4-mapped one (RFC 4291 section 2.5.5.2), which the kernel sends as IPv4.
  static func unmapped(_ address: [UInt8]) -> [UInt8] {
    guard address.count == 16, address.starts(with: mappedPrefix) else { return address }
    return [UInt8](address.suffix(4))
  }

  private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

  /// What answers from within a machine or its cloud, and tells credentials to whoever asks.
  private struct Reserved {
    let network: Rule.Network
    let words: String
  }

  private static let reservedNetworks: [Reserved] = {
    let metadata = "is a metadata service of a cloud"
    return [
      ("169.254.0.0", 16, "is link-local, where clouds keep metadata services"),
      ("fe80::", 10, "is link-local"),
      // Amazon, Google, Scaleway; Alibaba, Azure, Oracle.
      ("fd00:ec2::", 32, metadata), ("fd20:ce::254", 128, metadata), ("fd00:42::42", 128, metadata),
      ("100.100.100.200", 32, metadata), ("168.63.129.16", 32, metadata), ("192.0.0.192", 32, metadata),
      // The first of them once more, by way of the well-known prefix of NAT64 (RFC 6052 section 2.1).
      ("64:ff9b::169.254.0.0", 112, "is link-local behind NAT64"),
      ("64:ff9b::100.100.100.200", 128, metadata), ("64:ff9b::168.63.129.16", 128, metadata),
    ].compactMap { (text, prefix, words) in
      AddressText.bytes(of: text).map { Reserved(network: Rule.Network($0, prefix: prefix), words: words) }
    }
  }()

  private static func reserved(_ address: [UInt8]) -> Reserved? {
    reservedNetworks.first { $0.network.contains(address) }
  }
}

extension TargetPolicy.Rule {
  /// A range of addresses.
  fileprivate struct Network {
    let address: [UInt8]
    let prefix: Int

    init(_ address: [UInt8], prefix: Int) {
      self.address = address
      self.prefix = prefix
    }

    func contains(_ other: [UInt8]) -> Bool {
      guard other.count == address.count else { return false }
      let whole = prefix / 8
      guard address[..<whole] == other[..<whole] else { return false }
      let bits = prefix % 8
      return bits == 0 || (address[whole] ^ other[whole]) >> (8 - bits) == 0
    }
  }

  fileprivate var isNetwork: Bool {
    if case .network = hosts { true } else { false }
  }

  fileprivate func covers(port: Int?) -> Bool {
    guard let ports else { return true }
    return port.map(ports.contains) ?? false
  }

  /// - Parameter name: in lower case, without a dot at its end.
  fileprivate func covers(name: String) -> Bool {
    switch hosts {
    case .name(let own): own.hasPrefix("*.") ? name.hasSuffix(own.dropFirst()) && name.count >= own.count : own == name
    case .any: true
    case .network, .path: false
    }
  }

  fileprivate func covers(_ address: [UInt8]) -> Bool {
    switch hosts {
    case .network(let own, let prefix): Network(own, prefix: prefix).contains(address)
    case .any: true
    case .name, .path: false
    }
  }

  /// Whether it speaks of an address in a network and of nothing outside of the network: who allows all of the internet on
  /// one port has not thought of what answers there with credentials.
  fileprivate func names(_ address: [UInt8], within network: Network) -> Bool {
    guard case .network(let own, let prefix) = hosts, prefix >= network.prefix else { return false }
    return network.contains(own) && Network(own, prefix: prefix).contains(address)
  }

  fileprivate func covers(path: String) -> Bool {
    guard case .path(let own) = hosts else { return false }
    // A way up again could lead out of the folder.
    guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return false }
    return own.hasSuffix("/") ? path.hasPrefix(own) && path.count > own.count : path == own
  }
}
