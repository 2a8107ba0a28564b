/// The names that a machine knows by itself (hosts(5)).
struct HostsFile: Sendable {
  private var addresses: [String: [IPAddress]] = [:]

  /// Reads lines of an address and its names; what cannot be read is passed over, as everybody does.
  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      guard let first = words.first, let address = IPAddress(String(first)) else { continue }
      for name in words.dropFirst() {
        let key = name.lowercased()
        if addresses[key]?.contains(address) != true { addresses[key, default: []].append(address) }
      }
    }
  }

  /// The addresses of a name in lower case, without its final dot; in the file's order.
  subscript(_ name: String) -> [IPAddress] { addresses[name] ?? [] }
}
