import Expressions
import Model

extension BlackboxFile {
  /// The configuration as `/config` shows it: YAML as upstream writes it, defaults filled in, names sorted, and `<secret>` in
  /// place of what must not be seen.
  package var configurationText: String {
    let sorted = modules.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value.tree) }
    return YAMLWriter.text(of: .map([(name: "modules", value: .map(sorted))]))
  }
}

extension BlackboxModule {
  /// The module alone in the same way, for the debug page.
  package var configurationText: String { YAMLWriter.text(of: tree) }

  fileprivate var tree: YAMLTree {
    // A module with nothing in it has no defaults either.
    guard let prober else { return .map([]) }
    var fields = YAMLFields()
    fields.add("prober", prober.rawValue)
    fields.add("timeout", timeout.map(GoDuration.text))
    fields.add("http", http.tree)
    fields.add("tcp", tcp.tree)
    fields.add("icmp", icmp.tree)
    fields.add("dns", dns.tree)
    if grpc.isWritten { fields.add("grpc", grpc.tree) }
    // Upstream has these everywhere or nowhere; here they stand where they say something.
    if prober == .unix || unix.tree.isSaid(beside: UnixModule().tree) { fields.add("unix", unix.tree) }
    if prober == .websocket || websocket.tree.isSaid(beside: WebSocketModule().tree) {
      fields.add("websocket", websocket.tree)
    }
    if prober == .udp || udp.tree.isSaid(beside: TCPModule().tree) { fields.add("udp", udp.tree) }
    return fields.tree
  }
}

extension YAMLTree {
  /// Whether it is written otherwise than the defaults are.
  fileprivate func isSaid(beside defaults: YAMLTree) -> Bool {
    YAMLWriter.text(of: self) != YAMLWriter.text(of: defaults)
  }
}

extension YAMLFields {
  /// The keys that choose addresses.
  fileprivate mutating func add(_ address: AddressChoice) {
    add("preferred_ip_protocol", address.preferredProtocol)
    add("ip_protocol_fallback", address.fallsBack)
    add("happy_eyeballs", address.happyEyeballs)
  }

  /// A dialogue.
  fileprivate mutating func add(_ dialogue: [QueryResponse]) {
    add("query_response", .list(dialogue.map(\.tree)))
  }
}

extension HTTPModule {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("valid_status_codes", .list(validStatusCodes.map(YAMLTree.integer)))
    fields.add("valid_http_versions", validHTTPVersions)
    fields.add(address)
    fields.add("skip_resolve_phase_with_proxy", skipsResolveWithProxy)
    fields.add("fail_if_ssl", failsIfSSL)
    fields.add("fail_if_not_ssl", failsIfNotSSL)
    // The default is no text of upstream's.
    if method != HTTPModule().method { fields.add("method", method) }
    fields.add("headers", sorting: headers) { CredentialNames.holds($0) ? .hidden : .text($1) }
    fields.add("fail_if_body_matches_regexp", failIfBodyMatches.map(\.pattern))
    fields.add("fail_if_body_not_matches_regexp", failIfBodyNotMatches.map(\.pattern))
    fields.add("fail_if_body_json_matches_cel", failIfBodyJSONMatchesCEL?.source)
    fields.add("fail_if_body_json_not_matches_cel", failIfBodyJSONNotMatchesCEL?.source)
    fields.add("fail_if_header_matches", .list(failIfHeaderMatches.map(\.tree)))
    fields.add("fail_if_header_not_matches", .list(failIfHeaderNotMatches.map(\.tree)))
    fields.add("body", body)
    fields.add("body_file", bodyFile)
    fields.add(client)
    fields.add("compression", compression?.name)
    fields.add("body_size_limit", bodySizeLimitBytes.map(BinarySize.text))
    fields.add("enable_http3", usesHTTP3)
    return fields.tree
  }
}

extension HTTPModule.HeaderMatch {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("header", header)
    fields.add("regexp", pattern.pattern)
    fields.add("allow_missing", allowsMissing)
    return fields.tree
  }
}

extension HTTPModule.Compression {
  /// The coding as it is written.
  fileprivate var name: String {
    switch self {
    case .gzip: "gzip"
    case .br: "br"
    case .deflate: "deflate"
    case .identity: "identity"
    case .unknown(let text): text
    }
  }
}

extension TCPModule {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add(address)
    fields.add("source_ip_address", sourceIP)
    fields.add(queryResponse)
    fields.add("tls", usesTLS)
    fields.add("tls_config", tls.tree)
    fields.add("proxy_url", proxyURL.map { URLPassword.hidden(in: $0.exposedValue) })
    return fields.tree
  }
}

extension UnixModule {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add(queryResponse)
    fields.add("tls", usesTLS)
    fields.add("tls_config", tls.tree)
    return fields.tree
  }
}

extension QueryResponse {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("expect", expect?.pattern)
    fields.add("expect_bytes", expectBytes)
    fields.add(
      "labels",
      .list(labels.map { .map([(name: "name", value: .text($0.name)), (name: "value", value: .text($0.value))]) }))
    fields.add("send", send)
    fields.add("starttls", startsTLS)
    return fields.tree
  }
}

extension DNSModule {
  fileprivate var tree: YAMLTree {
    let defaults = DNSModule()
    var fields = YAMLFields()
    fields.add(address)
    fields.add("dns_over_tls", isOverTLS)
    fields.add("dns_over_https", isOverHTTPS)
    fields.add("tls_config", tls.tree)
    fields.add("source_ip_address", sourceIP)
    if transportProtocol != defaults.transportProtocol { fields.add("transport_protocol", transportProtocol) }
    if queryClass != defaults.queryClass { fields.add("query_class", queryClass) }
    if queryName != defaults.queryName { fields.add("query_name", queryName) }
    if queryType != defaults.queryType { fields.add("query_type", queryType) }
    fields.add("recursion_desired", recursionDesired)
    if validRcodes != defaults.validRcodes { fields.add("valid_rcodes", validRcodes) }
    fields.add("validate_answer_rrs", answer.tree)
    fields.add("validate_authority_rrs", authority.tree)
    fields.add("validate_additional_rrs", additional.tree)
    return fields.tree
  }
}

extension DNSModule.RecordRules {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("fail_if_matches_regexp", failIfMatches)
    fields.add("fail_if_all_match_regexp", failIfAllMatch)
    fields.add("fail_if_not_matches_regexp", failIfNotMatches)
    fields.add("fail_if_none_matches_regexp", failIfNoneMatches)
    return fields.tree
  }
}

extension ICMPModule {
  fileprivate var tree: YAMLTree {
    let defaults = ICMPModule()
    var fields = YAMLFields()
    fields.add(address)
    fields.add("source_ip_address", sourceIP)
    if payloadSizeBytes != 0 { fields.add("payload_size", .integer(payloadSizeBytes)) }
    fields.add("dont_fragment", dontFragment)
    if ttl != 0 { fields.add("ttl", .integer(ttl)) }
    if count != defaults.count { fields.add("count", .integer(count)) }
    if spacing != defaults.spacing { fields.add("spacing", GoDuration.text(of: spacing)) }
    return fields.tree
  }
}

extension GRPCModule {
  fileprivate var tree: YAMLTree {
    var fields = YAMLFields()
    fields.add("service", service)
    fields.add("tls", usesTLS)
    fields.add("tls_config", tls.tree)
    fields.add("metadata", sorting: metadata.map { (name: $0.name, value: $0.values) }) { name, values in
      let isHidden = CredentialNames.holds(name)
      return .list(values.map { isHidden ? .hidden : .text($0) })
    }
    fields.add(address)
    return fields.tree
  }
}

extension WebSocketModule {
  fileprivate var tree: YAMLTree {
    var options = YAMLFields()
    options.add(client)
    var fields = YAMLFields()
    fields.add("http_config", options.tree)
    fields.add("headers", sorting: headers.map { (name: $0.name, value: $0.values) }) { $1.tree(of: $0) }
    fields.add(queryResponse)
    fields.add(address)
    return fields.tree
  }
}
