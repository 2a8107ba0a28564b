package import Model

/// One module of a blackbox_exporter configuration file: how any target is probed, and what is held of the answer.
///
/// All sections are kept, as upstream keeps them: only that of the prober is used, but `/config` shows what was written.
package struct BlackboxModule: Sendable {
  /// The probers that a module can name.
  package enum ProberName: String, Hashable, Sendable, CaseIterable {
    case http, tcp, icmp, dns, grpc, unix, websocket
    /// Datagrams in the shape of `tcp`: an addition of ours.
    case udp
  }

  /// Nil for a module that is null in the file, which answers every probe with `Unknown prober ""`.
  package var prober: ProberName?
  /// Nil where nothing is written.
  package var timeout: Duration?
  @Apart package var http = HTTPModule()
  @Apart package var tcp = TCPModule()
  @Apart package var udp = TCPModule()
  @Apart package var unix = UnixModule()
  @Apart package var dns = DNSModule()
  @Apart package var icmp = ICMPModule()
  @Apart package var grpc = GRPCModule()
  @Apart package var websocket = WebSocketModule()

  /// A module with the defaults of its prober.
  package init(prober: ProberName? = nil, timeout: Duration? = nil) {
    self.prober = prober
    self.timeout = timeout
  }
}

/// Which addresses are taken, common to all probers but unix: `preferred_ip_protocol` and `ip_protocol_fallback`.
package struct AddressChoice: Hashable, Sendable {
  /// `preferred_ip_protocol` as written; empty where nothing is.
  package var preferredProtocol = ""
  package var fallsBack = true
  /// `happy_eyeballs`, an addition of ours: all addresses are tried, beside one another when the first is slow (RFC 8305).
  package var happyEyeballs = false

  /// IPv6 first, then IPv4.
  package init() {}

  /// Whether IPv6 comes first: any text but "ip6" means IPv4, and none means IPv6.
  package var prefersV6: Bool {
    get { preferredProtocol.isEmpty || preferredProtocol == "ip6" }
    set { preferredProtocol = newValue ? "ip6" : "ip4" }
  }

  /// The same for a prober.
  package var family: AddressFamily {
    if happyEyeballs { return .any }
    if fallsBack { return prefersV6 ? .preferV6 : .preferV4 }
    return prefersV6 ? .v6 : .v4
  }
}
