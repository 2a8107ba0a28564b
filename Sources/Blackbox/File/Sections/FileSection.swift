import Documents
import Expressions

/// The keys of the file itself.
enum FileKeys {
  static let modules = Key(
    "modules", Form<Fields<BlackboxModule>>.map(of: .module), "ways to probe, by the names that /probe is asked for")

  static let table = SectionTable("file", title: "the file", [modules.any])
}

/// The keys of a module.
enum ModuleKeys {
  static let prober = Key("prober", Form<BlackboxModule.ProberName>.prober, "how it is probed")
  static let timeout = Key("timeout", .goDuration, "how long a probe may take, at most as long as the scrape")
  static let http = Key("http", Form<HTTPModule>.section(HTTPKeys.table, HTTPKeys.module), "what the http prober does")
  static let tcp = Key("tcp", Form<TCPModule>.section(TCPKeys.tcpTable, TCPKeys.tcp), "what the tcp prober does")
  static let udp = Key("udp", Form<TCPModule>.section(TCPKeys.udpTable, TCPKeys.udp), "what the udp prober does")
  static let unix = Key("unix", Form<UnixModule>.section(TCPKeys.unixTable, TCPKeys.unix), "what the unix prober does")
  static let dns = Key("dns", Form<DNSModule>.section(DNSKeys.table, DNSKeys.module), "what the dns prober does")
  static let icmp = Key("icmp", Form<ICMPModule>.section(ICMPKeys.table, ICMPKeys.module), "what the icmp prober does")
  static let grpc = Key("grpc", Form<GRPCModule>.section(GRPCKeys.table, GRPCKeys.module), "what the grpc prober does")
  static let websocket = Key(
    "websocket", Form<WebSocketModule>.section(WebSocketKeys.table, WebSocketKeys.module),
    "what the websocket prober does")

  static let table = SectionTable(
    "module", title: "a module",
    [
      prober.any, timeout.any, http.any, tcp.any, udp.any, unix.any, dns.any, icmp.any, grpc.any, websocket.any,
    ])
}

extension Form where Value == BlackboxModule.ProberName {
  /// The name of a prober.
  static let prober = Form<String>.goText.map { text, node, reader -> BlackboxModule.ProberName? in
    if let name = BlackboxModule.ProberName(rawValue: text) { return name }
    let allowed = BlackboxModule.ProberName.allCases.map(\.rawValue)
    reader.fault(
      "prober '\(text.escaped)' is not valid", at: node, allowed: allowed,
      suggestion: Suggestion.nearest(to: text, among: allowed))
    return nil
  }
}

extension Form where Value == BlackboxModule {
  /// A module; one with nothing in it answers every probe that it has no prober.
  static let module = Form(.section(ModuleKeys.table)) { node, reader in
    if node.isNothing { return BlackboxModule() }
    guard let section = Section(node, ModuleKeys.table, reader) else { return nil }
    if section.entry(ModuleKeys.prober.name).map(\.value.isNothing) ?? true {
      reader.fault(
        "prober '' is not valid: the module names none", at: section.entry(ModuleKeys.prober.name)?.key ?? node,
        allowed: BlackboxModule.ProberName.allCases.map(\.rawValue))
    }
    var module = BlackboxModule(prober: section.given(ModuleKeys.prober), timeout: section.given(ModuleKeys.timeout))
    if let http = section.given(ModuleKeys.http) { module.http = http }
    if let tcp = section.given(ModuleKeys.tcp) { module.tcp = tcp }
    if let udp = section.given(ModuleKeys.udp) { module.udp = udp }
    if let unix = section.given(ModuleKeys.unix) { module.unix = unix }
    if let dns = section.given(ModuleKeys.dns) { module.dns = dns }
    if let icmp = section.given(ModuleKeys.icmp) { module.icmp = icmp }
    if let grpc = section.given(ModuleKeys.grpc) { module.grpc = grpc }
    if let websocket = section.given(ModuleKeys.websocket) { module.websocket = websocket }
    return module
  }
}
