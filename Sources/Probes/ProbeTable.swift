package import Model
import Transport

/// The one table of probers: a new kind of probe is a folder, a property and a line here.
package struct ProbeTable: Prober {
  private let http: HTTPProber
  private let tcp: TCPProber
  private let tls: TLSProber
  private let unix: UnixProber
  private let udp: UDPProber
  private let dns: DNSProber
  private let icmp: ICMPProber
  private let grpc: GRPCProber
  private let websocket: WebSocketProber
  private let exec: ExecProber

  /// All probers over the same equipment.
  package init(_ equipment: ProbeEquipment) {
    http = HTTPProber(equipment)
    tcp = TCPProber(equipment)
    tls = TLSProber(equipment)
    unix = UnixProber(equipment)
    udp = UDPProber(equipment)
    dns = DNSProber(equipment)
    icmp = ICMPProber(equipment)
    grpc = GRPCProber(equipment)
    websocket = WebSocketProber(equipment)
    exec = ExecProber(isAllowed: equipment.allowsPrograms, searchPath: equipment.programPath)
  }

  package func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation {
    switch spec {
    case .http(let spec): await http.probe(spec, in: context)
    case .tcp(let spec): await tcp.probe(spec, in: context)
    case .tls(let spec): await tls.probe(spec, in: context)
    case .unix(let spec): await unix.probe(spec, in: context)
    case .dns(let spec): await dns.probe(spec, in: context)
    case .icmp(let spec): await icmp.probe(spec, in: context)
    case .udp(let spec): await udp.probe(spec, in: context)
    case .grpc(let spec): await grpc.probe(spec, in: context)
    case .websocket(let spec): await websocket.probe(spec, in: context)
    case .exec where context.policy != nil:
      // Programs are for checks alone, whose author is who wrote the scenario.
      Observation(
        facts: Facts(phases: Phases(), detail: .exec(ExecFacts())),
        failure: ProbeFailure(.notPermitted, during: .resolve, "programs are run for checks alone, not for /probe"))
    case .exec(let spec): await exec.probe(spec, in: context)
    }
  }

  package func session(reusingConnections: Bool) -> any ProbeSession {
    TableSession(
      table: self, journey: http.journeySession(reusingConnections: reusingConnections))
  }

  /// Makes one exchange of a journey: of all probes, HTTP alone has something that steps share.
  fileprivate func probe(_ spec: ProbeSpec, in context: ProbeContext, of journey: JourneySession) async -> Observation {
    if case .http(let spec) = spec { return await http.probe(spec, in: context, of: journey) }
    return await probe(spec, in: context)
  }
}

/// The probers of the table for one journey.
private struct TableSession: ProbeSession {
  let table: ProbeTable
  let journey: JourneySession

  func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation {
    await table.probe(spec, in: context, of: journey)
  }

  func end() async { await journey.end() }
}
