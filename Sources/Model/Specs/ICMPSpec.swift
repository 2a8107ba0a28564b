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
  /// What stands at the front of the data, zeros behind it; nil for a pattern of ours.
  package var payload: [UInt8]?
  /// The hop limit, or the system's.
  package var ttl: Int?
  /// Whether routers may not split the packet.
  package var dontFragment: Bool
  /// The local address to send from.
  package var sourceIP: String?
  /// Which addresses are tried.
  package var family: AddressFamily

  /// One packet, unless said otherwise.
  package init(
    target: String, count: Int = 1, spacing: Duration = .milliseconds(200), size: Int = 56,
    payload: [UInt8]? = nil, ttl: Int? = nil, dontFragment: Bool = false, sourceIP: String? = nil,
    family: AddressFamily = .any
  ) {
    self.target = target
    self.count = count
    self.spacing = spacing
    self.size = size
    self.payload = payload
    self.ttl = ttl
    self.dontFragment = dontFragment
    self.sourceIP = sourceIP
    self.family = family
  }
}
