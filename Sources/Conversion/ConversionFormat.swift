/// What scenarios are made from.
package enum ConversionFormat: String, CaseIterable, Sendable {
  /// A recording of a browser, HTTP Archive 1.2.
  case har
  /// Command lines of curl.
  case curl
  /// A file of Hurl (https://hurl.dev).
  case hurl
  /// The configuration of Prometheus, whose jobs name targets of blackbox_exporter.
  case prometheus
  /// The configuration of Gatus (https://github.com/TwiN/gatus).
  case gatus
  /// A backup of Uptime Kuma (https://github.com/louislam/uptime-kuma).
  case kuma

  /// What a file holds, by the ending of its name, else by how it begins; nil when neither tells.
  ///
  /// - Parameters:
  ///   - path: the file's name; nil for standard input.
  ///   - bytes: the file's content.
  package init?(path: String?, bytes: [UInt8]) {
    let name = path?.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if name.hasSuffix(".har") {
      self = .har
    } else if name.hasSuffix(".hurl") {
      self = .hurl
    } else if name.hasSuffix(".curl") {
      self = .curl
    } else if name.hasSuffix(".yml") || name.hasSuffix(".yaml") {
      self = Self.isGatus(bytes) ? .gatus : .prometheus
    } else if name.hasSuffix(".json"), Self.isKuma(bytes) {
      self = .kuma
    } else if let format = Self.guess(bytes) {
      self = format
    } else {
      return nil
    }
  }

  /// Whether a key of Gatus begins a line, and none of Prometheus does.
  private static func isGatus(_ bytes: [UInt8]) -> Bool {
    let lines = String(decoding: bytes.prefix(1 << 20), as: UTF8.self).split(whereSeparator: \.isNewline)
    let keys = Set(lines.compactMap { line in line.firstIndex(of: ":").map { line[..<$0] } })
    return !keys.contains("scrape_configs")
      && !keys.isDisjoint(with: ["endpoints", "external-endpoints", "suites", "alerting", "services"])
  }

  /// Whether a JSON file has the list that every backup of Uptime Kuma has; a recording begins with `log`.
  private static func isKuma(_ bytes: [UInt8]) -> Bool {
    String(decoding: bytes.prefix(1 << 16), as: UTF8.self).contains("\"notificationList\"")
      || String(decoding: bytes.prefix(1 << 16), as: UTF8.self).contains("\"monitorList\"")
  }

  /// A recording is a JSON object; curl's lines begin with `curl`, Hurl's entries with a method in capital letters.
  private static func guess(_ bytes: [UInt8]) -> ConversionFormat? {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let lines = bytes[start...].prefix(1 << 16)
      .split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
    for line in lines {
      let words = line.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
      guard let first = words.first, let byte = first.first, byte != UInt8(ascii: "#") else { continue }
      if byte == UInt8(ascii: "{") { return isKuma(bytes) ? .kuma : .har }
      if ["endpoints:", "external-endpoints:", "suites:"].contains(String(decoding: first, as: UTF8.self)) {
        return .gatus
      }
      if ["global:", "scrape_configs:", "---"].contains(String(decoding: first, as: UTF8.self)) { return .prometheus }
      let word = String(decoding: first, as: UTF8.self)
      let command = word == "$" && words.count > 1 ? String(decoding: words[1], as: UTF8.self) : word
      if command == "curl" || command == "curl.exe" || command.hasSuffix("/curl") { return .curl }
      let isMethod = first.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
      return isMethod && words.count > 1 ? .hurl : nil
    }
    return nil
  }
}
