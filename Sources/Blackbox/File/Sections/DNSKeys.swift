import Documents
import Expressions
import Model

/// The keys of `dns`.
enum DNSKeys {
  static let transport = Key("transport_protocol", .goText, "udp or tcp")
  static let isOverTLS = Key("dns_over_tls", .goBool, "asks over TLS (RFC 7858); needs transport_protocol tcp")
  static let isOverHTTPS = Key("dns_over_https", .goBool, "asks over HTTPS (RFC 8484): the target is a host or a URL")
  static let queryName = Key("query_name", .goText, "the name to ask for")
  static let queryType = Key("query_type", .goText, "the type of record; ANY where nothing is written")
  static let queryClass = Key("query_class", .goText, "IN where nothing is written")
  static let recursionDesired = Key("recursion_desired", .goBool, "whether the server may ask others")
  static let validRcodes = Key("valid_rcodes", Form<[String]>.list(of: .goText), "NOERROR where nothing is written")
  static let answer = Key(
    "validate_answer_rrs", Form<DNSModule.RecordRules>.recordRules, "what answers are held against")
  static let authority = Key(
    "validate_authority_rrs", Form<DNSModule.RecordRules>.recordRules, "what the authority section is held against")
  static let additional = Key(
    "validate_additional_rrs", Form<DNSModule.RecordRules>.recordRules, "what the additional section is held against")

  static let table = SectionTable(
    "dns",
    AddressKeys.all + [
      TCPKeys.sourceIP.any, transport.any, isOverTLS.any, isOverHTTPS.any, TLSKeys.tls.any, queryName.any,
      queryType.any, queryClass.any, recursionDesired.any, validRcodes.any, answer.any, authority.any, additional.any,
    ])

  /// What the section says.
  static func module(_ section: Section) -> DNSModule? {
    var dns = DNSModule()
    dns.address = AddressKeys.choice(section)
    dns.sourceIP = TCPKeys.source(section)
    if let transport = section.given(transport), !transport.isEmpty { dns.transportProtocol = transport }
    dns.isOverTLS = section.given(isOverTLS) ?? false
    dns.isOverHTTPS = section.given(isOverHTTPS) ?? false
    if let tls = section.given(TLSKeys.tls) { dns.tls = tls }
    dns.queryName = section.given(queryName) ?? ""
    if dns.queryName.isEmpty { section.fault("query name must be set for DNS module", at: queryName.name) }
    if let type = section.given(queryType), !type.isEmpty {
      dns.queryType = type
      if !DNSNames.types.contains(type) {
        section.reader.fault(
          "query type '\(type.escaped)' is not valid", at: section.entry(queryType.name)?.value ?? section.node,
          suggestion: Suggestion.nearest(to: type, among: DNSNames.types))
      }
    }
    if let name = section.given(queryClass), !name.isEmpty {
      dns.queryClass = name
      if !DNSNames.classes.contains(name) {
        section.reader.fault(
          "query class '\(name.escaped)' is not valid", at: section.entry(queryClass.name)?.value ?? section.node,
          allowed: DNSNames.classes)
      }
    }
    if let recursion = section.given(recursionDesired) { dns.recursionDesired = recursion }
    if let codes = section.given(validRcodes), !codes.isEmpty { dns.validRcodes = codes }
    if let rules = section.given(answer) { dns.answer = rules }
    if let rules = section.given(authority) { dns.authority = rules }
    if let rules = section.given(additional) { dns.additional = rules }
    checkTransport(of: dns, section)
    return dns
  }

  private static func checkTransport(of dns: DNSModule, _ section: Section) {
    if !["udp", "tcp"].contains(dns.transportProtocol) {
      section.warn(
        "transport_protocol '\(dns.transportProtocol.escaped)' is unknown: every probe fails", at: transport.name,
        allowed: ["udp", "tcp"])
    } else if dns.isOverTLS, dns.transportProtocol != "tcp" {
      section.warn("dns_over_tls needs transport_protocol: tcp: every probe fails", at: isOverTLS.name)
    }
    if dns.isOverTLS, dns.isOverHTTPS {
      section.fault("dns_over_https excludes dns_over_tls: only one of them may be written", at: isOverHTTPS.name)
    }
  }
}

/// The keys of a section that records are held against.
private enum RecordRuleKeys {
  static let matches = Key("fail_if_matches_regexp", Form<[String]>.patterns, "fails if any record matches any")
  static let allMatch = Key("fail_if_all_match_regexp", Form<[String]>.patterns, "fails if all records match all")
  static let notMatches = Key("fail_if_not_matches_regexp", Form<[String]>.patterns, "fails if any record fails any")
  static let noneMatches = Key("fail_if_none_matches_regexp", Form<[String]>.patterns, "fails if no record matches any")

  static let table = SectionTable(
    "validate_rrs", title: "a section of 'validate_…_rrs'",
    [matches.any, allMatch.any, notMatches.any, noneMatches.any])
}

extension Form where Value == [String] {
  /// Patterns that upstream compiles when it probes: a bad one is no fault of the file.
  fileprivate static let patterns = Form<[String]>.list(
    of: Form<String>.goText.map { text, node, reader -> String? in
      do throws(RegularExpressionError) {
        _ = try RegularExpression(text)
      } catch {
        reader.sink.report(
          Diagnostic(
            "bad regular expression '\(text.escaped)', every probe fails: \(error.message)", severity: .warning,
            excerpt: node.excerpt))
      }
      return text
    })
}

extension Form where Value == DNSModule.RecordRules {
  fileprivate static let recordRules = section(RecordRuleKeys.table) { section in
    var rules = DNSModule.RecordRules()
    rules.failIfMatches = section.given(RecordRuleKeys.matches) ?? []
    rules.failIfAllMatch = section.given(RecordRuleKeys.allMatch) ?? []
    rules.failIfNotMatches = section.given(RecordRuleKeys.notMatches) ?? []
    rules.failIfNoneMatches = section.given(RecordRuleKeys.noneMatches) ?? []
    return rules
  }
}

/// Types and classes by the names that upstream's DNS library knows (https://pkg.go.dev/github.com/miekg/dns).
private enum DNSNames {
  static let types: Set<String> = [
    "A", "A6", "AAAA", "AFSDB", "AMTRELAY", "ANY", "APL", "ATMA", "AVC", "AXFR", "CAA", "CDNSKEY", "CDS", "CERT",
    "CNAME", "CSYNC", "DHCID", "DLV", "DNAME", "DNSKEY", "DS", "EID", "EUI48", "EUI64", "GID", "GPOS", "HINFO", "HIP",
    "HTTPS", "IPSECKEY", "ISDN", "IXFR", "KEY", "KX", "L32", "L64", "LOC", "LP", "MAILA", "MAILB", "MB", "MD", "MF",
    "MG", "MINFO", "MR", "MX", "NAPTR", "NID", "NIMLOC", "NINFO", "NS", "NSAP-PTR", "NSEC", "NSEC3", "NSEC3PARAM",
    "NULL", "NXNAME", "NXT", "None", "OPENPGPKEY", "OPT", "PTR", "PX", "RESINFO", "RKEY", "RP", "RRSIG", "RT",
    "Reserved", "SIG", "SMIMEA", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TA", "TALINK", "TKEY", "TLSA", "TSIG", "TXT",
    "UID", "UINFO", "UNSPEC", "URI", "X25", "ZONEMD",
  ]

  static let classes = ["IN", "CS", "CH", "HS", "NONE", "ANY"]
}
