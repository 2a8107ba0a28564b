package import Model

extension ProbeMetrics {
  /// Adds what all probers but unix tell of the address that was taken: `probe_dns_lookup_time_seconds`,
  /// `probe_ip_protocol`, `probe_ip_addr_hash`.
  ///
  /// - Parameter wasAttempted: whether resolution began; without it there is none of them, and when it failed all but the
  ///   time are 0.
  package mutating func addAddress(_ facts: Facts, wasAttempted: Bool) {
    guard wasAttempted else { return }
    let address = AddressText.bytes(of: facts.ip)
    let version: Double =
      switch address?.count {
      case 4: 4
      case 16: 6
      default: 0
      }
    set(
      "probe_dns_lookup_time_seconds", help: "Returns the time taken for probe dns lookup in seconds",
      facts.phases.resolve)
    set("probe_ip_protocol", help: "Specifies whether probe ip protocol is IP4 or IP6", version)
    set(
      "probe_ip_addr_hash",
      help: "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
      Double(address.map(Self.hash) ?? 0))
  }

  /// FNV-1a in 32 bits (RFC 9923 section 2), over the bytes of the address.
  private static func hash(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
