extension TargetPolicy.Rule {
  /// Why a text is no rule: one sentence with what was written and what is wanted.
  package struct Problem: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ text: String, _ words: String) {
      description = "\"\(text)\" is no target rule: \(words)"
    }
  }

  /// Reads a rule as it stands behind `--probe.allow-target`: `10.0.0.0/8`, `192.0.2.1:443`, `[2001:db8::]/32:443`,
  /// `shop.example:443`, `*.shop.example:80-90`, `*:443`, `unix:/run/x.sock`, `unix:/run/shop/`.
  ///
  /// A network's rule is for targets whose addresses lie in it, by whatever name they are asked for; a name's rule is for the
  /// name, wherever it leads. Without ports all are meant.
  package init(_ text: String) throws(Problem) {
    if text.hasPrefix("unix:") {
      self.init(hosts: .path(try Self.path(text.dropFirst(5), of: text)))
      return
    }
    guard !text.contains("://") else {
      throw Problem(text, "a rule names hosts and no URLs; write shop.example or shop.example:443")
    }
    let parts = try Self.parts(of: text)
    let ports: ClosedRange<Int>? = if let ports = parts.ports { try Self.ports(ports, of: text) } else { nil }
    if parts.host == "*", parts.prefix == nil {
      self.init(hosts: .any, ports: ports)
    } else if let address = AddressText.bytes(of: parts.host), !parts.host.contains("%") {
      self.init(hosts: try Self.network(address, prefix: parts.prefix, of: text), ports: ports)
    } else {
      guard parts.prefix == nil else {
        throw Problem(text, "the length of a prefix stands behind an address, as in 10.0.0.0/8 or [2001:db8::]/32")
      }
      self.init(hosts: .name(try Self.name(parts.host, of: text)), ports: ports)
    }
  }

  private struct Parts {
    var host: Substring
    var prefix: Substring?
    var ports: Substring?
  }

  /// Takes a text apart at the slash and at the colon before the ports.
  private static func parts(of text: String) throws(Problem) -> Parts {
    var parts: Parts
    var rest: Substring
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else { throw Problem(text, "the bracket is not closed") }
      parts = Parts(host: text[text.index(after: text.startIndex)..<close])
      guard parts.host.contains(":"), AddressText.bytes(of: parts.host) != nil else {
        throw Problem(text, "brackets are for IPv6 addresses")
      }
      rest = text[text.index(after: close)...]
    } else {
      let colons = text.count { $0 == ":" }
      // An IPv6 address without brackets carries no port: nobody could tell where it begins.
      let end = text.firstIndex { $0 == "/" || $0 == ":" && colons == 1 } ?? text.endIndex
      parts = Parts(host: text[..<end])
      rest = text[end...]
      if parts.host.isEmpty { throw Problem(text, "a host is missing; * stands for all") }
    }
    if rest.hasPrefix("/") {
      let digits = rest.dropFirst().prefix { $0 != ":" }
      parts.prefix = digits
      rest = rest[digits.endIndex...]
    }
    if rest.hasPrefix(":") {
      parts.ports = rest.dropFirst()
      rest = rest[rest.endIndex...]
    }
    guard rest.isEmpty else {
      throw Problem(text, "behind the host only /length and :port may stand, not \"\(rest)\"")
    }
    return parts
  }

  private static func ports(_ ports: Substring, of text: String) throws(Problem) -> ClosedRange<Int> {
    let ends = ports.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(number)
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, (1...65_535).contains(first),
      (1...65_535).contains(last)
    else { throw Problem(text, "\"\(ports)\" is no port; write 443 or a range such as 8000-8999, up to 65535") }
    guard first <= last else { throw Problem(text, "the range of ports ends before it begins; write \(last)-\(first)") }
    return first...last
  }

  private static func number(_ digits: Substring) -> Int? {
    digits.utf8.allSatisfy { (48...57).contains($0) } ? Int(digits) : nil
  }

  private static func network(
    _ address: [UInt8], prefix digits: Substring?, of text: String
  ) throws(Problem) -> Hosts {
    let width = address.count * 8
    let prefix = if let digits { number(digits) } else { width }
    guard let prefix, (0...width).contains(prefix) else {
      throw Problem(text, "the length of a prefix is a number from 0 to \(width) here, not \"\(digits ?? "")\"")
    }
    let masked = address.enumerated().map { index, byte in
      let bits = min(max(prefix - index * 8, 0), 8)
      return byte & UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }
    guard masked == address else {
      throw Problem(
        text, "the address has bits beyond the prefix; write \(Self(hosts: .network(masked, prefix: prefix)))")
    }
    let unmapped = TargetPolicy.unmapped(address)
    // Fewer bits than the 96 before the IPv4 address would be a network of both kinds.
    if unmapped.count < address.count, prefix >= 96 { return .network(unmapped, prefix: prefix - 96) }
    return .network(address, prefix: prefix)
  }

  private static func name(_ host: Substring, of text: String) throws(Problem) -> String {
    var name = host.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    let labels = (name.hasPrefix("*.") ? name.dropFirst(2) : name[...]).split(
      separator: ".", omittingEmptySubsequences: false)
    guard !labels.joined().contains("*") else {
      throw Problem(text, "* stands at the beginning, for all names under another: *.shop.example")
    }
    guard name.utf8.allSatisfy({ $0 < 128 }) else {
      throw Problem(text, "write the name in ASCII, as it is looked up: xn--…")
    }
    let isName = labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(isNameByte)
    }
    guard isName, name.utf8.count <= 253 else {
      throw Problem(text, "neither an address nor a name; write 10.0.0.0/8, shop.example, *.shop.example or unix:/path")
    }
    guard labels.last.flatMap(number) == nil else {
      throw Problem(text, "no name ends in a number, and an IPv4 address has four of them")
    }
    return name
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func path(_ path: Substring, of text: String) throws(Problem) -> String {
    guard path.hasPrefix("/") else {
      throw Problem(
        text, "the path of a socket begins with /, as in unix:/run/shop.sock or unix:/run/shop/ for all below it")
    }
    guard !path.split(separator: "/").contains("..") else { throw Problem(text, "write the path without ..") }
    return String(path)
  }
}

extension TargetPolicy.Rule: CustomStringConvertible {
  /// The rule as it can be written.
  package var description: String {
    let host =
      switch hosts {
      case .network(let address, let prefix):
        address.count == 16 && ports != nil
          ? "[\(AddressText.text(of: address))]/\(prefix)" : "\(AddressText.text(of: address))/\(prefix)"
      case .name(let name): name
      case .path(let path): "unix:\(path)"
      case .any: "*"
      }
    guard let ports else { return host }
    return ports.count == 1 ? "\(host):\(ports.lowerBound)" : "\(host):\(ports.lowerBound)-\(ports.upperBound)"
  }
}
