import Documents
import Expressions
import Model

/// The keys of `tcp`, and of `udp` and `unix`, which have some of them.
enum TCPKeys {
  static let sourceIP = Key("source_ip_address", .goText, "the local address to come from")
  static let queryResponse = Key(
    "query_response", Form<[QueryResponse]>.list(of: .queryResponse), "what is sent and expected, in order")
  static let datagrams = Key(
    "query_response", Form<[QueryResponse]>.list(of: .datagram), "what is sent and expected, in order")
  static let usesTLS = Key("tls", .goBool, "speaks TLS from the first byte")
  static let proxyURL = Key("proxy_url", .goText, "a proxy: socks5:// or socks5h://")

  static let tcpTable = SectionTable(
    "tcp", AddressKeys.all + [sourceIP.any, queryResponse.any, usesTLS.any, TLSKeys.tls.any, proxyURL.any])
  static let udpTable = SectionTable("udp", AddressKeys.all + [sourceIP.any, datagrams.any])
  static let unixTable = SectionTable("unix", [queryResponse.any, usesTLS.any, TLSKeys.tls.any])

  /// What `tcp` says.
  static func tcp(_ section: Section) -> TCPModule? {
    var tcp = TCPModule()
    tcp.address = AddressKeys.choice(section)
    tcp.sourceIP = source(section)
    tcp.queryResponse = section.given(queryResponse) ?? []
    tcp.usesTLS = section.given(usesTLS) ?? false
    if let tls = section.given(TLSKeys.tls) { tcp.tls = tls }
    if let url = section.given(proxyURL), !url.isEmpty {
      tcp.proxyURL = Secret(url)
      if !url.hasPrefix("socks5://"), !url.hasPrefix("socks5h://") {
        section.fault("proxy_url of a tcp module is no SOCKS proxy", at: proxyURL.name)
      }
    }
    return tcp
  }

  /// What `udp` says.
  static func udp(_ section: Section) -> TCPModule? {
    var udp = TCPModule()
    udp.address = AddressKeys.choice(section)
    udp.sourceIP = source(section)
    udp.queryResponse = section.given(datagrams) ?? []
    return udp
  }

  /// What `unix` says.
  static func unix(_ section: Section) -> UnixModule? {
    var unix = UnixModule()
    unix.queryResponse = section.given(queryResponse) ?? []
    unix.usesTLS = section.given(usesTLS) ?? false
    if let tls = section.given(TLSKeys.tls) { unix.tls = tls }
    return unix
  }

  /// `source_ip_address`, which upstream looks at when it probes.
  static func source(_ section: Section) -> String? {
    guard let text = section.given(sourceIP), !text.isEmpty else { return nil }
    if !IPText.isAddress(text) {
      section.warn("'\(text.escaped)' is no IP address: every probe fails", at: sourceIP.name)
    }
    return text
  }
}

/// The keys of an entry of `query_response`.
private enum QueryResponseKeys {
  static let expect = Key("expect", Form<RegularExpression>.regularExpression, "a line that matches is waited for")
  static let expectBytes = Key("expect_bytes", .goBytes, "these bytes are waited for")
  static let labels = Key("labels", Form<[Label]>.list(of: .label), "labels of probe_expect_info")
  static let send = Key("send", .goBytes, "what is sent, ${1} and ${name} standing for groups of expect")
  static let startsTLS = Key("starttls", .goBool, "speaks TLS from here on")

  static let table = SectionTable(
    "query_response", title: "an entry of 'query_response'",
    [expect.any, expectBytes.any, labels.any, send.any, startsTLS.any])
  static let datagramTable = SectionTable(
    "query_response", title: "an entry of 'query_response'", [expect.any, expectBytes.any, labels.any, send.any])
}

extension Form where Value == QueryResponse {
  /// An entry of a dialogue over a connection.
  static let queryResponse = section(QueryResponseKeys.table) { section in
    var entry = entry(section)
    entry.startsTLS = section.given(QueryResponseKeys.startsTLS) ?? false
    return entry
  }

  /// An entry of a dialogue of datagrams, which has no TLS.
  static let datagram = section(QueryResponseKeys.datagramTable, entry)

  private static func entry(_ section: Section) -> QueryResponse {
    var entry = QueryResponse()
    entry.expect = section.given(QueryResponseKeys.expect).flatMap { $0.pattern.isEmpty ? nil : $0 }
    entry.expectBytes = section.given(QueryResponseKeys.expectBytes).flatMap { $0.isEmpty ? nil : $0 }
    entry.labels = (section.given(QueryResponseKeys.labels) ?? []).map { ($0.name, $0.value) }
    entry.send = section.given(QueryResponseKeys.send).flatMap { $0.isEmpty ? nil : $0 }
    if entry.expect != nil, entry.expectBytes != nil {
      section.fault(
        "expect and expect_bytes are mutually exclusive", at: QueryResponseKeys.expect.name,
        QueryResponseKeys.expectBytes.name)
    }
    return entry
  }
}

/// A label of `probe_expect_info`.
private struct Label {
  var name: String
  var value: String
}

/// The keys of a label.
private enum LabelKeys {
  static let name = Key("name", .goText, "the label's name")
  static let value = Key("value", .goText, "its value, ${1} and ${name} standing for groups of expect")

  static let table = SectionTable("label", title: "a label", [name.any, value.any])
}

extension Form where Value == Label {
  fileprivate static let label = section(LabelKeys.table) { section in
    let name = section.given(LabelKeys.name) ?? ""
    guard let first = name.utf8.first, !(48...57).contains(first), name.utf8.allSatisfy(isLabelByte) else {
      section.warn(
        "'\(name.escaped)' cannot be the name of a label, which is left out", at: LabelKeys.name.name,
        notes: ["names have letters, digits and '_', and begin with no digit"])
      return nil
    }
    return Label(name: name, value: section.given(LabelKeys.value) ?? "")
  }

  private static func isLabelByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"): true
    default: false
    }
  }
}
