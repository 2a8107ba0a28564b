import Documents
import Expressions
import Model

/// The keys of `dns`.
enum DNSKeys {
  static let name = Key("name", .domainName, isRequired: true, "name to ask for")
  static let type = Key("type", .recordType, "record type")
  static let recordClass = Key(
    "class", Form<String>.choice(["IN": "IN", "CH": "CH", "HS": "HS", "ANY": "ANY"]), "class")
  static let server = Key("server", .nonEmptyText, "host, host:port, or for https a URL; the system's servers without")
  static let transport = Key("transport", Form<DNSTransport>.choice(), "how the question travels")
  static let recursion = Key("recursion", .bool, "whether recursion is desired")
  static let dnssec = Key("dnssec", .bool, "whether DNSSEC records are asked for")
  static let ip = Key("ip", .family, "addresses by which the server is reached")
  static let tls = Key("tls", .tls, "how TLS is spoken with a server asked over tls or https")

  static let table = SectionTable(
    "dns",
    [
      name.any, type.any, recordClass.any, server.any, transport.any, recursion.any, dnssec.any, ip.any, tls.any,
    ] + JudgingKeys.all)
}

/// The keys of `icmp`.
enum ICMPKeys {
  static let target = Key("target", .hostName, isRequired: true, "name or address to ping")
  static let count = Key("count", .integer(1...1000), "packets to send")
  static let spacing = Key("spacing", .duration(.milliseconds(1) ... .seconds(60)), "from one packet to the next")
  static let size = Key("size", .integer(0...65_507), "bytes of data in a packet")
  static let ttl = Key("ttl", .integer(1...255), "hop limit")
  static let dontFragment = Key("dont_fragment", .bool, "whether routers may not split the packet")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "icmp",
    [target.any, count.any, spacing.any, size.any, ttl.any, dontFragment.any, ip.any] + JudgingKeys.all)
}

/// The keys of `exec`.
enum ExecKeys {
  static let command = Key("command", .command, isRequired: true, "program and its arguments; no shell")
  static let env = Key("env", Form<Fields<String>>.map(of: .text, name: nameFault), "environment of the program")
  static let directory = Key("directory", .path(allowsAbsolute: false, kind: .directory), "working directory")
  static let format = Key("format", Form<ExecSpec.Format>.choice(), "how the result is read")

  static let table = SectionTable("exec", [command.any, env.any, directory.any, format.any] + JudgingKeys.all)

  private static func nameFault(_ name: String) -> KeyFault? {
    name.isEmpty || name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") }
      ? KeyFault(message: "'\(name.escaped)' is no name of an environment variable") : nil
  }
}

/// Reads `dns`, `icmp` and `exec` into what a prober is given.
enum OtherDecoders {
  static func dns(_ section: Section) -> ProbeSpec? {
    let transport = section(DNSKeys.transport) ?? .udp
    let server = section(DNSKeys.server)
    if let entry = section.entry(DNSKeys.server.name), let server {
      check(server, transport, at: entry.value, section.reader)
    } else if transport == .https || transport == .tls, !section.has(DNSKeys.server) {
      section.reader.fault("transport '\(transport.rawValue)' needs 'server'", at: section.node)
    }
    if let entry = section.entry(DNSKeys.tls.name), transport == .udp || transport == .tcp,
      section(DNSKeys.transport) != nil || !section.has(DNSKeys.transport)
    {
      section.reader.fault(
        "'tls' is for transport tls and https, and this question travels over \(transport.rawValue)", at: entry.key)
    }
    let spec = DNSSpec(
      name: section(DNSKeys.name) ?? "", type: section(DNSKeys.type) ?? "A",
      recordClass: section(DNSKeys.recordClass) ?? "IN", server: server, transport: transport,
      isRecursive: section(DNSKeys.recursion) ?? true, dnssec: section(DNSKeys.dnssec) ?? false,
      family: section(DNSKeys.ip) ?? .any, tls: section(DNSKeys.tls) ?? TLSOptions())
    return spec.name.isEmpty ? nil : .dns(spec)
  }

  private static func check(_ server: String, _ transport: DNSTransport, at node: YAMLNode, _ reader: Reader) {
    if transport == .https {
      do {
        _ = try URLText(server, schemes: ["https"])
      } catch {
        reader.fault(error.message, at: node, notes: ["a server asked over https is written https://host/dns-query"])
      }
    } else if Endpoint(written: server, defaultPort: 53) == nil {
      reader.fault(
        "'\(server.escaped)' is no server", at: node, notes: ["servers are written 192.0.2.53 or [::1]:5353"])
    }
  }

  static func icmp(_ section: Section) -> ProbeSpec? {
    let spec = ICMPSpec(
      target: section(ICMPKeys.target) ?? "", count: section(ICMPKeys.count) ?? 1,
      spacing: section(ICMPKeys.spacing) ?? .milliseconds(200), size: section(ICMPKeys.size) ?? 56,
      ttl: section(ICMPKeys.ttl), dontFragment: section(ICMPKeys.dontFragment) ?? false,
      family: section(ICMPKeys.ip) ?? .any)
    return spec.target.isEmpty ? nil : .icmp(spec)
  }

  static func exec(_ section: Section) -> ProbeSpec? {
    let environment = Dictionary((section(ExecKeys.env) ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    let directory = section(ExecKeys.directory)
    let format = section(ExecKeys.format) ?? .exitCode
    return section(ExecKeys.command).map {
      .exec(ExecSpec(command: $0, environment: environment, directory: directory, format: format))
    }
  }
}

extension Form where Value == [String] {
  /// A program with its arguments.
  static let command = Form(.list(.text(), minimum: 1)) { node, reader in
    guard case .sequence(let items) = node.content else {
      reader.fault(
        "expected a list, found \(node.foundText)", at: node,
        notes: ["there is no shell: the program and each argument are entries of their own, [ls, -l]"])
      return nil
    }
    let words = items.compactMap { Form<String>.text.read($0, reader) }
    guard let program = words.first, !program.isEmpty else {
      // A program that waits for the run was no fault.
      if items.first.map({ !$0.isPending }) ?? true { reader.fault("the list begins with a program", at: node) }
      return nil
    }
    if words.contains(where: { $0.utf8.contains(0) }) { reader.fault("arguments hold no NUL", at: node) }
    return words
  }
}

extension Form where Value == String {
  /// A domain name: labels of at most 63 bytes, 253 in all (RFC 1035 section 2.3.4).
  static let domainName = nonEmptyText.map { name, node, reader -> String? in
    let relative: Substring = name.hasSuffix(".") ? name.dropLast() : name[...]
    let labels = relative.split(separator: ".", omittingEmptySubsequences: false)
    let isRoot = name == "."
    guard isRoot || labels.allSatisfy({ (1...63).contains($0.utf8.count) }), name.utf8.count <= 254,
      !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
    else {
      reader.fault("'\(name.escaped)' is no domain name", at: node)
      return nil
    }
    return name
  }

  /// A name or an address, without a port.
  static let hostName = nonEmptyText.map { host, node, reader -> String? in
    if IPAddress.isValid(host) { return host }
    if !host.contains(":"), Endpoint(host, defaultPort: 1) != nil, !host.contains("/") { return host }
    reader.fault("'\(host.escaped)' is no host", at: node, notes: ["a name or an address, without a port"])
    return nil
  }

  /// A record type by mnemonic, in either case, or as `TYPE65` (RFC 3597).
  static let recordType = text.map(schema: .text(pattern: "^[A-Za-z][A-Za-z0-9-]*$")) { text, node, reader -> String? in
    let type = text.uppercased()
    if recordTypes.contains(type) { return type }
    if type.hasPrefix("TYPE"), UInt16(type.dropFirst(4)) != nil { return type }
    reader.fault(
      "unknown record type '\(text.escaped)'", at: node, notes: ["a type without a name is written TYPE65"],
      suggestion: Suggestion.nearest(to: type, among: recordTypes))
    return nil
  }

  /// https://www.iana.org/assignments/dns-parameters, types that can be asked for.
  private static let recordTypes = [
    "A", "AAAA", "AFSDB", "ANY", "APL", "AVC", "CAA", "CDNSKEY", "CDS", "CERT", "CNAME", "CSYNC", "DHCID", "DLV",
    "DNAME",
    "DNSKEY", "DS", "EUI48", "EUI64", "GPOS", "HINFO", "HIP", "HTTPS", "IPSECKEY", "ISDN", "KEY", "KX", "L32", "L64",
    "LOC",
    "LP", "MB", "MD", "MF", "MG", "MINFO", "MR", "MX", "NAPTR", "NID", "NS", "NSEC", "NSEC3", "NSEC3PARAM", "NULL",
    "OPENPGPKEY", "PTR", "PX", "RP", "RRSIG", "RT", "SIG", "SMIMEA", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA",
    "TXT",
    "URI", "WKS", "X25", "ZONEMD",
  ]
}
