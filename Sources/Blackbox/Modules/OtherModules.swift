package import Expressions
package import Model

/// The `tcp` section of a module, and `udp`, which has its shape without TLS.
package struct TCPModule: Sendable {
  package var address = AddressChoice()
  package var sourceIP: String?
  package var queryResponse: [QueryResponse] = []
  package var usesTLS = false
  package var tls = TLSConfiguration()
  /// `proxy_url` with a SOCKS proxy: an addition of ours.
  package var proxyURL: Secret?

  /// The defaults.
  package init() {}
}

/// The `unix` section of a module.
package struct UnixModule: Sendable {
  package var queryResponse: [QueryResponse] = []
  package var usesTLS = false
  package var tls = TLSConfiguration()

  /// The defaults.
  package init() {}
}

/// One entry of `query_response`. Within it the order is expect, expect_bytes, send, starttls.
package struct QueryResponse: Sendable {
  package var expect: RegularExpression?
  package var expectBytes: [UInt8]?
  package var labels: [(name: String, value: String)] = []
  package var send: [UInt8]?
  package var startsTLS = false

  /// An entry that says nothing.
  package init() {}
}

/// The `dns` section of a module.
package struct DNSModule: Sendable {
  package var address = AddressChoice()
  package var sourceIP: String?
  /// "." where the section is missing.
  package var queryName = "."
  package var queryType = "ANY"
  package var queryClass = "IN"
  package var recursionDesired = true
  /// As written; anything but udp and tcp fails the probe.
  package var transportProtocol = "udp"
  package var isOverTLS = false
  /// `dns_over_https`, an addition of ours: the target is a URL, or a host whose `/dns-query` is asked (RFC 8484).
  package var isOverHTTPS = false
  package var tls = TLSConfiguration()
  /// As written; an unknown name fails the probe.
  package var validRcodes: [String] = ["NOERROR"]
  package var answer = RecordRules()
  package var authority = RecordRules()
  package var additional = RecordRules()

  /// The defaults.
  package init() {}

  /// The validators of one section of the answer: texts, which are compiled at each probe.
  package struct RecordRules: Sendable {
    package var failIfMatches: [String] = []
    package var failIfAllMatch: [String] = []
    package var failIfNotMatches: [String] = []
    package var failIfNoneMatches: [String] = []

    /// None.
    package init() {}
  }
}

/// The `icmp` section of a module.
package struct ICMPModule: Sendable {
  package var address = AddressChoice()
  package var sourceIP: String?
  /// 0 means the 28 bytes "Prometheus Blackbox Exporter".
  package var payloadSizeBytes = 0
  package var dontFragment = false
  /// 0 means the system's.
  package var ttl = 64
  /// `count`, an addition of ours: packets in one probe.
  package var count = 1
  /// `spacing`, an addition of ours: from one packet to the next.
  package var spacing: Duration = .milliseconds(200)

  /// The defaults.
  package init() {}
}

/// The `grpc` section of a module.
package struct GRPCModule: Sendable {
  package var address = AddressChoice()
  package var service = ""
  package var usesTLS = false
  package var tls = TLSConfiguration()
  /// In written order.
  package var metadata: [(name: String, values: [String])] = []
  /// Whether the section is written at all: without it upstream falls back to no other address family.
  package var isWritten = false

  /// The defaults.
  package init() {}
}

/// The `websocket` section of a module.
package struct WebSocketModule: Sendable {
  package var address = AddressChoice()
  package var client = HTTPClientOptions()
  package var headers: [(name: String, values: HTTPClientOptions.ValueSources)] = []
  package var queryResponse: [QueryResponse] = []

  /// The defaults.
  package init() {}
}
