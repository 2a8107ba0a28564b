/// A monitor of Uptime Kuma as its backup has it.
struct KumaMonitor {
  private let value: JSONValue
  let line: Int

  init(_ value: JSONValue, line: Int) {
    self.value = value
    self.line = line
  }

  /// Text that says something.
  func text(_ key: String) -> String? {
    switch value[key]?.content {
    case .string(let text)?: text.isEmpty ? nil : text
    case .number(let digits)?: digits
    default: nil
    }
  }

  func int(_ key: String) -> Int? { value[key]?.int ?? value[key]?.text.flatMap { Int($0) } }

  func flag(_ key: String) -> Bool {
    switch value[key]?.content {
    case .bool(let flag)?: flag
    case .number(let digits)?: digits != "0"
    default: false
    }
  }

  func list(_ key: String) -> [JSONValue] {
    if let elements = value[key]?.elements { return elements }
    // Some are kept as text of JSON.
    return text(key).flatMap(JSONReader.value)?.elements ?? []
  }

  var id: Int { int("id") ?? 0 }
  var parent: Int? { int("parent") }
  var name: String { text("name") ?? "monitor" }
  var type: String { text("type") ?? "" }
  var isActive: Bool { value["active"] == nil || flag("active") }
  var seconds: Int { max(1, int("interval") ?? 60) }

  /// `host:port`, or the host alone where there is no port.
  func endpoint(defaultPort: Int? = nil) -> String? {
    guard let host = text("hostname") else { return nil }
    guard let port = int("port") ?? defaultPort else { return host }
    return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Host and port of a connection string, such as `postgres://user:password@host:5432/name`.
  func connection(defaultPort: Int) -> String? {
    guard let text = text("databaseConnectionString") else { return nil }
    if let mark = text.firstRange(of: "://") {
      var rest = text[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "," }
      if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
      guard !rest.isEmpty else { return nil }
      return rest.last?.isNumber == true && rest.contains(":") ? String(rest) : "\(rest):\(defaultPort)"
    }
    // Server=host,1433;Database=…
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      guard pair.count == 2, ["server", "data source", "host"].contains(pair[0].lowercased()) else { continue }
      let address = pair[1].split(separator: ",").map(String.init)
      return address.count == 2 ? "\(address[0]):\(address[1])" : "\(pair[1]):\(defaultPort)"
    }
    return nil
  }
}
