import Glibc
import Model

/// Addresses as text.
enum IPAddress {
  /// Whether the text is an IPv4 or IPv6 address (inet_pton(3)).
  static func isValid(_ text: String) -> Bool {
    var storage = in6_addr()
    return inet_pton(AF_INET, text, &storage) == 1 || inet_pton(AF_INET6, text, &storage) == 1
  }

  /// Whether the text is an IPv6 address, perhaps with a zone: `fe80::1%eth0` (RFC 4007 section 11).
  static func isIPv6(_ text: String) -> Bool {
    var storage = in6_addr()
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    return inet_pton(AF_INET6, String(parts[0]), &storage) == 1 && parts.dropFirst().allSatisfy { !$0.isEmpty }
  }
}

extension Endpoint {
  /// Reads `host:port` as a user writes it: what stands in brackets, and what holds colons, must be an IPv6 address.
  ///
  /// - Parameter defaultPort: taken when the text names no port; without one, a missing port is refused.
  init?(written text: String, defaultPort: Int? = nil) {
    self.init(text, defaultPort: defaultPort)
    if text.hasPrefix("[") || host.contains(":"), !IPAddress.isIPv6(host) { return nil }
  }
}
