import Documents
import Expressions
package import Model

/// What the service file says, with the default of everything that it leaves open (docs/service-file.md).
package struct ServiceFile: Hashable, Sendable {
  /// Where the page, the metrics and the API are: `host:port` or `:port`.
  package var listen = ":9115"
  /// Where history is kept.
  package var store = "sqlite:curlew.db"
  /// Where this node stands.
  package var region = "local"
  /// Scenario files and directories.
  package var files: [String] = []
  /// How long each level of history is kept.
  package var retention = HistoryRetention.standard
  /// The most runs at a time.
  package var globalConcurrency = 1000
  /// The most runs at a time against one host.
  package var hostConcurrency = 16
  /// Name servers in place of the system's.
  package var nameServers: [Endpoint] = []
  /// Whether exec checks may run programs.
  package var allowsExec = false
  /// The web configuration: TLS, and who may ask; nil where everybody may, in plain text.
  package var web: String?
  /// The module file behind `/probe`; nil where there is none.
  package var modules: String?
  /// Status pages, in written order.
  package var pages: [PageDefinition] = []
  /// Who may change things over the API.
  package var tokens: [APIToken] = []
  /// What nodes of a fleet prove themselves by, to a hub.
  package var nodes: [NodePass] = []
  /// What a node of a fleet is told.
  package var agent = AgentSettingsFile()
  /// What a hub is told.
  package var hub = HubSettingsFile()
  /// How much may be excluded afterwards; nil where nothing bounds it.
  package var exclusionCap: ExclusionCap?
  /// When months are closed by themselves; nil where they are not.
  package var monthClosing: MonthClosing?
  /// Whether log lines are JSON.
  package var logsJSON = false
  /// The least level that is logged.
  package var logLevel = "info"

  /// A file that says nothing.
  package init() {}
}

/// The keys of the service file.
enum ServiceKeys {
  static let listen = Key("listen", .listenAddress, "address of page, metrics and API: host:port or :port")
  static let store = Key("store", .store, "where history is kept: sqlite:PATH, or the URL of a PostgreSQL database")
  static let region = Key("region", .nonEmptyText, "where this node stands")
  static let files = Key("files", Form<[String]>.list(of: .nonEmptyText), "scenario files and directories")
  static let retention = Key("retention", .retention, "how long each level of history is kept")
  static let concurrency = Key("concurrency", .concurrency, "limits on runs at a time")
  static let resolver = Key("resolver", .resolver, "name servers in place of the system's")
  static let allowExec = Key("allow_exec", .bool, "whether exec checks may run programs")
  static let log = Key("log", .log, "how log lines are written")
  static let web = Key("web", .nonEmptyText, "a file that turns on TLS and authentication")
  static let modules = Key("modules", .nonEmptyText, "a file of blackbox_exporter's modules, for /probe")
  static let pages = Key("pages", Form<[PageDefinition]>.pages, "status pages")
  static let tokens = Key("tokens", Form<[APIToken]>.tokens, "who may change things over the API")
  static let nodes = Key("nodes", Form<[NodePass]>.nodePasses, "what nodes prove themselves by, for a hub")
  static let agent = Key("agent", Form<AgentSettingsFile>.agent, "settings of a node: curlew agent")
  static let hub = Key("hub", Form<HubSettingsFile>.hub, "settings of a hub: curlew hub")
  static let exclusions = Key("exclusions", .exclusionCap, "how much time may be excluded afterwards")
  static let closeMonths = Key("close_months", .monthClosing, "when months are closed by themselves")

  static let table = SectionTable(
    "service file", title: "the service file",
    [
      listen.any, store.any, region.any, files.any, retention.any, concurrency.any, resolver.any, allowExec.any,
      log.any, web.any, modules.any, pages.any, tokens.any, exclusions.any, closeMonths.any, nodes.any, agent.any,
      hub.any,
    ])
}

/// The two limits on runs at a time.
struct ConcurrencyForm {
  var global: Int
  var perHost: Int
}

/// How log lines are written.
struct LogForm {
  var isJSON: Bool
  var level: String
}

extension Form where Value == HistoryRetention {
  private static let age = Form<Duration>.duration(.seconds(3600) ... .seconds(36_500 * 86_400))
  private static let runs = Key("runs", age, "single runs")
  private static let fiveMinutes = Key("five_minutes", age, "roll-ups of five minutes")
  private static let hours = Key("hours", age, "roll-ups of an hour")
  private static let days = Key("days", .ageOrForever, "roll-ups of a day")

  static let retention = Form.section(
    SectionTable("retention", [runs.any, fiveMinutes.any, hours.any, days.any])
  ) { section in
    var retention = HistoryRetention.standard
    if let age = section(runs) { retention.runs = age }
    if let age = section(fiveMinutes) { retention.fiveMinutes = age }
    if let age = section(hours) { retention.hours = age }
    if let age = section(days) { retention.days = age }
    return retention
  }
}

extension Form where Value == Duration? {
  /// A duration, or `forever`, which is nil.
  fileprivate static let ageOrForever = Form(.text()) { node, reader in
    if node.scalarText == "forever" { return .some(nil) }
    return Form<Duration>.duration(.seconds(86_400) ... .seconds(36_500 * 86_400)).read(node, reader).map(Optional.some)
  }
}

extension Form where Value == ConcurrencyForm {
  private static let global = Key("global", .integer(1...100_000), "runs at a time")
  private static let perHost = Key("per_host", .integer(1...100_000), "runs at a time against one host")

  static let concurrency = Form.section(SectionTable("concurrency", [global.any, perHost.any])) { section in
    let standard = ServiceFile()
    return ConcurrencyForm(
      global: section(global) ?? standard.globalConcurrency, perHost: section(perHost) ?? standard.hostConcurrency)
  }
}

extension Form where Value == [Endpoint] {
  private static let servers = Key(
    "servers", Form<[Endpoint]>.list(of: .endpoint, minimum: 1), isRequired: true, "name servers, host:port each")

  static let resolver = Form.section(SectionTable("resolver", [servers.any])) { $0(servers) }
}

extension Form where Value == LogForm {
  private static let format = Key("format", .word(of: ["text", "json"]), "text or json")
  private static let level = Key(
    "level", .word(of: ["trace", "debug", "info", "notice", "warning", "error", "critical"]), "the least level")

  static let log = Form.section(SectionTable("log", [format.any, level.any])) { section in
    LogForm(isJSON: section(format) == "json", level: section(level) ?? "info")
  }
}

extension Form where Value == String {
  /// `host:port` or `:port`; port 0 lets the system choose.
  fileprivate static let listenAddress = nonEmptyText.map(schema: .text(pattern: ":[0-9]+$")) {
    text, node, reader -> String? in
    let port = text.lastIndex(of: ":").map { text[text.index(after: $0)...] } ?? ""
    let isPort = !port.isEmpty && port.utf8.allSatisfy { (48...57).contains($0) } && UInt16(port) != nil
    // Port 0 belongs to no endpoint, so another one stands in for it while the host is looked at.
    if isPort, port.endIndex == text.endIndex,
      text.dropLast(port.count) == ":" || Endpoint(written: text.dropLast(port.count) + "1") != nil
    {
      return text
    }
    reader.fault(
      "'\(text.escaped)' is no address to listen on", at: node,
      notes: ["addresses are written :9115, 127.0.0.1:9115 or [::1]:9115"])
    return nil
  }

  /// `sqlite:PATH`, a path alone, or `postgres://user@host/database`. A path may hold a colon; a scheme never holds a slash or a dot.
  fileprivate static let store = nonEmptyText.map { text, node, reader -> String? in
    let scheme = text.prefix { $0 != ":" }
    guard scheme.endIndex < text.endIndex, !scheme.isEmpty, !scheme.contains(where: { "/.".contains($0) }) else {
      guard text.contains("://") || text.hasPrefix("//") && text.contains("@") else { return text }
      reader.fault("this is no path and no URL that is known", at: node, notes: [Self.storeForms])
      return nil
    }
    if scheme == "sqlite", text.utf8.count > "sqlite:".utf8.count { return text }
    let isPostgres = scheme == "postgres" || scheme == "postgresql"
    if isPostgres, text[scheme.endIndex...].hasPrefix("://") { return text }
    let words =
      switch scheme {
      case "sqlite": "the path of the history is missing"
      case "postgres", "postgresql": "the host of the database is missing"
      default: "no history is kept in '\(String(scheme).escaped)'"
      }
    reader.fault(words, at: node, notes: [Self.storeForms])
    return nil
  }

  private static var storeForms: String {
    "a store is written sqlite:PATH, a path alone, or postgres://user@host:port/database"
  }

  /// One of a few words.
  fileprivate static func word(of words: [String]) -> Form {
    Form(.choice(words)) { node, reader in
      if let text = node.scalarText, words.contains(text) { return text }
      reader.fault(
        "expected one of the words below, found \(node.foundText)", at: node, allowed: words,
        suggestion: node.scalarText.flatMap { Suggestion.nearest(to: $0, among: words) })
      return nil
    }
  }
}
