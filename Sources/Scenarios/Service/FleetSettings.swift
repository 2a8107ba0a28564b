import Documents
package import Model

/// What the service file says of a node of a fleet, `curlew agent`; what is nil is left to flags and defaults.
package struct AgentSettingsFile: Hashable, Sendable {
  /// The URL of the hub, or of the load balancer before its replicas.
  package var hub: String?
  /// The node's name in the fleet.
  package var name: String?
  /// What is told of its place: `provider`, `asn`, `continent`.
  package var labels: [String: String] = [:]
  /// The file that holds its token.
  package var tokenFile: String?
  /// PEM file of the authorities that vouch for the hub, in place of the system's.
  package var ca: String?
  /// PEM file of its certificate chain, for mutual TLS.
  package var certificate: String?
  /// PEM file of the certificate's private key.
  package var key: String?
  /// The folder of runs that wait to be sent.
  package var spool: String?
  /// The most bytes in that folder.
  package var spoolSize: Int?
  /// How long a run waits at most.
  package var spoolAge: Duration?
  /// For how long it runs checks without having heard of the hub.
  package var autonomy: Duration?
  /// Others' services that are tried around a failing run, to tell whether the fault is the node's own.
  package var references: [Endpoint] = []

  /// Settings that say nothing.
  package init() {}
}

/// What the service file says of a hub, `curlew hub`.
package struct HubSettingsFile: Hashable, Sendable {
  /// The replica's name, for logs and for who leads; the machine's where nothing is said.
  package var name: String?
  /// The most connections to the store at a time.
  package var connections: Int?

  /// Settings that say nothing.
  package init() {}
}

extension Form where Value == AgentSettingsFile {
  private static let hub = Key("hub", Form<String>.hubURL, "URL of the hub, or of what balances its replicas")
  private static let name = Key("name", Form<String>.fleetName, "the node's name in the fleet (the machine's)")
  private static let labels = Key(
    "labels", Form<Fields<String>>.map(of: Form<String>.line), "where it stands: provider, asn, continent, …")
  private static let tokenFile = Key("token_file", .nonEmptyText, "file that holds the node's token")
  private static let ca = Key("ca", .nonEmptyText, "PEM file of the authorities that vouch for the hub")
  private static let certificate = Key("certificate", .nonEmptyText, "PEM file of the node's certificate chain")
  private static let key = Key("key", .nonEmptyText, "PEM file of the certificate's private key")
  private static let spool = Key("spool", Form<SpoolForm>.spool, "runs that wait to be sent")
  private static let autonomy = Key(
    "autonomy", .duration(.minutes(1) ... .days(30)), "how long checks are run without word of the hub (24h)")
  private static let references = Key(
    "references", Form<[Endpoint]>.list(of: .endpoint), "others' services, host:port each, tried when a run fails")

  static let agent = Form.section(
    SectionTable(
      "agent", title: "'agent'",
      [
        hub.any, name.any, labels.any, tokenFile.any, ca.any, certificate.any, key.any, spool.any, autonomy.any,
        references.any,
      ])
  ) { section in
    let folder = section.reader.folder
    var settings = AgentSettingsFile()
    settings.hub = section(hub)
    settings.name = section(name)
    settings.labels = Dictionary((section(labels) ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    settings.tokenFile = section(tokenFile).map { Path.join(folder, $0) }
    settings.ca = section(ca).map { Path.join(folder, $0) }
    settings.certificate = section(certificate).map { Path.join(folder, $0) }
    settings.key = section(key).map { Path.join(folder, $0) }
    if let spool = section(spool) {
      settings.spool = spool.path.map { Path.join(folder, $0) }
      settings.spoolSize = spool.size
      settings.spoolAge = spool.age
    }
    settings.autonomy = section(autonomy)
    settings.references = section(references) ?? []
    if section.has(certificate) != section.has(key),
      let entry = section.entry(section.has(key) ? key.name : certificate.name)
    {
      section.reader.fault("'certificate' and 'key' are written together", at: entry.key)
    }
    return settings
  }
}

/// The keys of `spool`.
struct SpoolForm {
  var path: String?
  var size: Int?
  var age: Duration?
}

extension Form where Value == SpoolForm {
  private static let path = Key("path", .nonEmptyText, "folder")
  private static let size = Key("size", Form<Int>.spoolSize, "the most bytes in it (256MiB)")
  private static let age = Key(
    "age", .duration(.minutes(1) ... .days(1)), "how long a run waits before it is dropped (24h)")

  fileprivate static let spool = Form.section(SectionTable("spool", [path.any, size.any, age.any])) { section in
    SpoolForm(path: section(path), size: section(size), age: section(age))
  }
}

extension Form where Value == HubSettingsFile {
  private static let name = Key("name", Form<String>.fleetName, "the replica's name (the machine's)")
  private static let connections = Key(
    "connections", .integer(2...200), "the most connections to the store at a time")

  static let hub = Form.section(SectionTable("hub", title: "'hub'", [name.any, connections.any])) { section in
    var settings = HubSettingsFile()
    settings.name = section(name)
    settings.connections = section(connections)
    return settings
  }
}

extension Form where Value == Int {
  fileprivate static let spoolSize = size.map { size, node, reader -> Int? in
    if size >= 1 << 20 { return size }
    reader.fault("a spool of \(node.foundText) holds next to nothing: at least 1MiB", at: node)
    return nil
  }
}

extension Form where Value == String {
  /// The name of a node, of a replica or of a region: what stands in metrics and paths without quotes.
  static let fleetName = Form<String>.text.map(schema: .text(pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")) {
    text, node, reader -> String? in
    if NodeDescription.isName(text) { return text }
    reader.fault(
      "'\(text.shortened.escaped)' is no name here", at: node,
      notes: ["1 to 63 letters, digits, '.', '_' and '-', a letter or digit first"])
    return nil
  }

  /// `https://`, or `http://` for a network that is trusted anyhow.
  fileprivate static let hubURL = text.map(schema: .text(pattern: "^https?://")) { text, node, reader -> String? in
    do throws(URLText.Fault) {
      return try URLText(text, schemes: ["https", "http"]).text
    } catch {
      reader.fault(error.message, at: node, notes: ["a hub is written https://hub.example, perhaps with a port"])
      return nil
    }
  }
}
