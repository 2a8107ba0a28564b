/// What one exchange showed, before anybody judges it.
package struct Facts: Sendable {
  /// From the start of resolution to the last byte; the sum of the phases.
  package var elapsed: Duration { phases.total }
  /// How long each phase took.
  package var phases: Phases
  /// The address that was connected to, as text; empty before there was one.
  package var ip: String
  /// What the TLS handshake showed; nil when there was none.
  package var tls: TLSFacts?
  /// What this kind of probe shows.
  package var detail: Detail

  /// What this kind of probe shows.
  package enum Detail: Sendable {
    case http(HTTPFacts)
    case tls
    case dns(DNSFacts)
    case icmp(ICMPFacts)
    /// tcp, unix and udp.
    case socket(SocketFacts)
    case websocket(WebSocketFacts)
    case grpc(GRPCFacts)
    case exec(ExecFacts)
  }

  /// What one exchange showed.
  package init(phases: Phases, ip: String = "", tls: TLSFacts? = nil, detail: Detail) {
    self.phases = phases
    self.ip = ip
    self.tls = tls
    self.detail = detail
  }
}
