import Model

extension BlackboxFile {
  /// The configuration as `/config` shows it: YAML as upstream writes it, defaults filled in, names sorted, and `<secret>` in
  /// place of what must not be seen.
  package var configurationText: String {
    let sorted = modules.sorted { $0.key < $1.key }.map { ($0.key, $0.value.tree) }
    return YAMLWriter.text(of: .map([("modules", .map(sorted))]))
  }
}

extension BlackboxModule {
  /// The module alone in the same way, for the debug page.
  package var configurationText: String { YAMLWriter.text(of: tree) }

  fileprivate var tree: YAMLTree {
    // A module with nothing in it has no defaults either.
    guard let prober else { return .map([]) }
    func shown(_ tree: YAMLTree, _ name: ProberName, isWritten: Bool = false, over defaults: YAMLTree) -> YAMLTree? {
      prober == name || isWritten || YAMLWriter.text(of: tree) != YAMLWriter.text(of: defaults) ? tree : nil
    }
    return .fields([
      ("prober", .text(prober.rawValue)), ("timeout", timeout.map { .text(GoDuration.text(of: $0)) }),
      ("http", http.tree), ("tcp", tcp.tree), ("icmp", icmp.tree), ("dns", dns.tree),
      ("grpc", grpc.isWritten ? grpc.tree : nil),
      ("unix", shown(unix.tree, .unix, over: UnixModule().tree)),
      ("websocket", shown(websocket.tree, .websocket, over: WebSocketModule().tree)),
      ("udp", shown(udp.tree, .udp, over: TCPModule().tree)),
    ])
  }
}

extension AddressChoice {
  /// The keys, for the section that has them.
  fileprivate var entries: [(name: String, value: YAMLTree?)] {
    [
      ("preferred_ip_protocol", .text(unlessEmpty: preferredProtocol)), ("ip_protocol_fallback", .flag(fallsBack)),
      ("happy_eyeballs", .flag(happyEyeballs)),
    ]
  }
}

extension HTTPModule {
  fileprivate var tree: YAMLTree {
    .fields(
      [
        ("valid_status_codes", validStatusCodes.isEmpty ? nil : .list(validStatusCodes.map(YAMLTree.integer))),
        ("valid_http_versions", .texts(validHTTPVersions)),
      ] + address.entries + [
        ("skip_resolve_phase_with_proxy", .flag(skipsResolveWithProxy)),
        ("fail_if_ssl", .flag(failsIfSSL)), ("fail_if_not_ssl", .flag(failsIfNotSSL)),
        ("method", method == HTTPModule().method ? nil : .text(method)),
        ("headers", .sorted(headers.map { ($0.name, CredentialNames.holds($0.name) ? .hidden : .text($0.value)) })),
        ("fail_if_body_matches_regexp", .texts(failIfBodyMatches.map(\.pattern))),
        ("fail_if_body_not_matches_regexp", .texts(failIfBodyNotMatches.map(\.pattern))),
        ("fail_if_body_json_matches_cel", failIfBodyJSONMatchesCEL.map { .text($0.source) }),
        ("fail_if_body_json_not_matches_cel", failIfBodyJSONNotMatchesCEL.map { .text($0.source) }),
        ("fail_if_header_matches", Self.tree(failIfHeaderMatches)),
        ("fail_if_header_not_matches", Self.tree(failIfHeaderNotMatches)),
        ("body", .text(unlessEmpty: body)), ("body_file", .text(unlessEmpty: bodyFile)),
      ] + client.entries + [
        ("compression", compression.map { .text($0.name) }),
        ("body_size_limit", bodySizeLimitBytes.map { .text(BinarySize.text(of: $0)) }),
        ("enable_http3", .flag(usesHTTP3)),
      ])
  }

  private static func tree(_ matches: [HeaderMatch]) -> YAMLTree? {
    guard !matches.isEmpty else { return nil }
    return .list(
      matches.map { match in
        .fields([
          ("header", .text(match.header)), ("regexp", .text(match.pattern.pattern)),
          ("allow_missing", .flag(match.allowsMissing)),
        ])
      })
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
    .fields(
      address.entries + [
        ("source_ip_address", .text(unlessEmpty: sourceIP)), ("query_response", QueryResponse.tree(queryResponse)),
        ("tls", .flag(usesTLS)), ("tls_config", tls.tree),
        ("proxy_url", proxyURL.map { .text(URLPassword.hidden(in: $0.exposedValue)) }),
      ])
  }
}

extension UnixModule {
  fileprivate var tree: YAMLTree {
    .fields([
      ("query_response", QueryResponse.tree(queryResponse)), ("tls", .flag(usesTLS)), ("tls_config", tls.tree),
    ])
  }
}

extension QueryResponse {
  fileprivate static func tree(_ entries: [QueryResponse]) -> YAMLTree? {
    guard !entries.isEmpty else { return nil }
    return .list(
      entries.map { entry in
        .fields([
          ("expect", entry.expect.map { .text($0.pattern) }), ("expect_bytes", entry.expectBytes.map(YAMLTree.bytes)),
          (
            "labels",
            entry.labels.isEmpty
              ? nil : .list(entry.labels.map { .map([("name", .text($0.name)), ("value", .text($0.value))]) })
          ),
          ("send", entry.send.map(YAMLTree.bytes)), ("starttls", .flag(entry.startsTLS)),
        ])
      })
  }
}

extension DNSModule {
  fileprivate var tree: YAMLTree {
    let defaults = DNSModule()
    func unless(_ value: String, _ standard: String) -> YAMLTree? { value == standard ? nil : .text(value) }
    return .fields(
      address.entries + [
        ("dns_over_tls", .flag(isOverTLS)), ("dns_over_https", .flag(isOverHTTPS)), ("tls_config", tls.tree),
        ("source_ip_address", .text(unlessEmpty: sourceIP)),
        ("transport_protocol", unless(transportProtocol, defaults.transportProtocol)),
        ("query_class", unless(queryClass, defaults.queryClass)), ("query_name", unless(queryName, defaults.queryName)),
        ("query_type", unless(queryType, defaults.queryType)), ("recursion_desired", .flag(recursionDesired)),
        ("valid_rcodes", validRcodes == defaults.validRcodes ? nil : .texts(validRcodes)),
        ("validate_answer_rrs", answer.tree), ("validate_authority_rrs", authority.tree),
        ("validate_additional_rrs", additional.tree),
      ])
  }
}

extension DNSModule.RecordRules {
  fileprivate var tree: YAMLTree? {
    let tree = YAMLTree.fields([
      ("fail_if_matches_regexp", .texts(failIfMatches)), ("fail_if_all_match_regexp", .texts(failIfAllMatch)),
      ("fail_if_not_matches_regexp", .texts(failIfNotMatches)),
      ("fail_if_none_matches_regexp", .texts(failIfNoneMatches)),
    ])
    return tree.isEmpty ? nil : tree
  }
}

extension ICMPModule {
  fileprivate var tree: YAMLTree {
    let defaults = ICMPModule()
    return .fields(
      address.entries + [
        ("source_ip_address", .text(unlessEmpty: sourceIP)),
        ("payload_size", payloadSizeBytes == 0 ? nil : .integer(payloadSizeBytes)),
        ("dont_fragment", .flag(dontFragment)), ("ttl", ttl == 0 ? nil : .integer(ttl)),
        ("count", count == defaults.count ? nil : .integer(count)),
        ("spacing", spacing == defaults.spacing ? nil : .text(GoDuration.text(of: spacing))),
      ])
  }
}

extension GRPCModule {
  fileprivate var tree: YAMLTree {
    .fields(
      [
        ("service", .text(unlessEmpty: service)), ("tls", .flag(usesTLS)), ("tls_config", tls.tree),
        (
          "metadata",
          .sorted(
            metadata.map { entry in
              let isHidden = CredentialNames.holds(entry.name)
              return (entry.name, .list(entry.values.map { isHidden ? .hidden : .text($0) }))
            })
        ),
      ] + address.entries)
  }
}

extension WebSocketModule {
  fileprivate var tree: YAMLTree {
    .fields(
      [
        ("http_config", .fields(client.entries)), ("headers", .sorted(headers.map { ($0.name, $0.values.tree(of: $0.name)) })),
        ("query_response", QueryResponse.tree(queryResponse)),
      ] + address.entries)
  }
}
