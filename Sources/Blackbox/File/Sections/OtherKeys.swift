import Documents
import Glibc
import Model

/// The keys of `icmp`.
enum ICMPKeys {
  /// The most that fits into a packet of IPv4: 65,535 bytes less its headers.
  private static let mostPayload = 65_507

  static let payloadSize = Key(
    "payload_size", .goInteger(0...mostPayload), "bytes of payload; 28 where nothing is written")
  static let dontFragment = Key("dont_fragment", .goBool, "forbids routers to cut the packet up; IPv4 only")
  static let ttl = Key("ttl", .goInteger(Int.min...Int.max), "how many routers may pass it on; 0 means the system's")
  static let count = Key("count", .goInteger(1...1000), "packets to send")
  static let spacing = Key("spacing", .goDuration, "from one packet to the next")

  static let table = SectionTable(
    "icmp",
    AddressKeys.all + [TCPKeys.sourceIP.any, payloadSize.any, dontFragment.any, ttl.any, count.any, spacing.any])

  /// What the section says.
  static func module(_ section: Section) -> ICMPModule? {
    var icmp = ICMPModule()
    icmp.address = AddressKeys.choice(section)
    icmp.sourceIP = TCPKeys.source(section)
    icmp.payloadSizeBytes = section.given(payloadSize) ?? 0
    icmp.dontFragment = section.given(dontFragment) ?? false
    if let ttl = section.given(ttl) {
      icmp.ttl = ttl
      if ttl < 0 { section.fault("\"ttl\" cannot be negative", at: self.ttl.name) }
      if ttl > 255 { section.fault("\"ttl\" cannot exceed 255", at: self.ttl.name) }
    }
    if let count = section.given(count) { icmp.count = count }
    if let spacing = section.given(spacing) {
      icmp.spacing = spacing
      if spacing < .milliseconds(1) || spacing > .seconds(60) {
        section.fault("spacing is out of bounds: 1ms to 60s", at: self.spacing.name)
      }
    }
    return icmp
  }
}

/// The keys of `grpc`.
enum GRPCKeys {
  static let service = Key(
    "service", .goText, "the service whose health is asked for; the server's where nothing is written")
  static let usesTLS = Key("tls", .goBool, "speaks TLS")
  static let metadata = Key(
    "metadata", Form<Fields<[String]>>.map(of: .list(of: .goText)), "what the request carries beside its message")

  static let table = SectionTable("grpc", [service.any, usesTLS.any, TLSKeys.tls.any, metadata.any] + AddressKeys.all)

  /// What the section says.
  static func module(_ section: Section) -> GRPCModule? {
    var grpc = GRPCModule()
    grpc.isWritten = true
    grpc.address = AddressKeys.choice(section)
    grpc.service = section.given(service) ?? ""
    grpc.usesTLS = section.given(usesTLS) ?? false
    if let tls = section.given(TLSKeys.tls) { grpc.tls = tls }
    grpc.metadata = (section.given(metadata) ?? []).map { ($0.name, $0.value) }
    return grpc
  }
}

/// The keys of `websocket`.
enum WebSocketKeys {
  static let client = Key(
    "http_config", Form<HTTPClientOptions>.section(HTTPClientKeys.table) { HTTPClientKeys.options($0) },
    "who we say that we are, and how TLS is spoken")
  static let headers = Key(
    "headers", Form<Fields<HTTPClientOptions.ValueSources>>.map(of: .valueSourcesOrText), "headers of the request")

  static let table = SectionTable("websocket", [client.any, headers.any, TCPKeys.queryResponse.any] + AddressKeys.all)

  /// What the section says.
  static func module(_ section: Section) -> WebSocketModule? {
    var websocket = WebSocketModule()
    websocket.address = AddressKeys.choice(section)
    if let client = section.given(client) { websocket.client = client }
    websocket.headers = (section.given(headers) ?? []).map { ($0.name, $0.value) }
    websocket.queryResponse = section.given(TCPKeys.queryResponse) ?? []
    return websocket
  }
}

/// Addresses as text.
enum IPText {
  /// Whether the text is an IPv4 or IPv6 address (inet_pton(3)).
  static func isAddress(_ text: String) -> Bool {
    var storage = in6_addr()
    let plain = String(text.prefix { $0 != "%" })
    return inet_pton(AF_INET, text, &storage) == 1 || inet_pton(AF_INET6, plain, &storage) == 1
  }
}
