/// Echo requests to a host (RFC 792, RFC 4443).
package struct ICMPSpec: Hashable, Sendable {
  /// A name or an address.
  package var target: String
  /// How many packets are sent, at least 1.
  package var count: Int
  /// From one packet to the next.
  package var spacing: Duration
  /// Bytes of data in a packet, without the ICMP header.
  package var size: Int
  /// The hop limit, or the system's.
  package var ttl: Int?
  /// Whether routers may not split the packet.
  package var dontFragment: Bool
  /// Which addresses are tried.
  package var family: AddressFamily

  /// One packet, unless said otherwise.
  package init(
    target: String, count: Int = 1, spacing: Duration = .milliseconds(200), size: Int = 56, ttl: Int? = nil,
    dontFragment: Bool = false, family: AddressFamily = .any
  ) {
    self.target = target
    self.count = count
    self.spacing = spacing
    self.size = size
    self.ttl = ttl
    self.dontFragment = dontFragment
    self.family = family
  }
}
