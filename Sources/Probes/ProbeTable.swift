package import Model

/// The one table of probers: a new kind of probe is a folder, a property and a line here.
package struct ProbeTable: Prober {
  private let tcp: TCPProber
  private let tls: TLSProber
  private let unix: UnixProber

  /// All probers over the same equipment.
  package init(_ equipment: ProbeEquipment) {
    tcp = TCPProber(equipment)
    tls = TLSProber(equipment)
    unix = UnixProber(equipment)
  }

  package func probe(_ spec: ProbeSpec, in context: ProbeContext) async -> Observation {
    switch spec {
    case .tcp(let spec): await tcp.probe(spec, in: context)
    case .tls(let spec): await tls.probe(spec, in: context)
    case .unix(let spec): await unix.probe(spec, in: context)
    case .http, .dns, .icmp, .exec: fatalError("The table is filled while the house is built.")
    }
  }
}
