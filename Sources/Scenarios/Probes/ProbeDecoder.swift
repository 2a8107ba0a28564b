import Documents
import Model

/// One table registers how each kind of probe is read: a new one is one line here and a file beside this one.
enum ProbeDecoder {
  /// How one kind of probe is read.
  struct Entry: Sendable {
    let kind: ProbeKind
    let table: SectionTable
    let decode: @Sendable (Section) -> ProbeSpec?
  }

  static let entries: [Entry] = [
    Entry(kind: .http, table: HTTPKeys.table, decode: HTTPDecoder.decode),
    Entry(kind: .tcp, table: TCPKeys.table, decode: SocketDecoder.tcp),
    Entry(kind: .tls, table: TLSProbeKeys.table, decode: SocketDecoder.tls),
    Entry(kind: .dns, table: DNSKeys.table, decode: OtherDecoders.dns),
    Entry(kind: .icmp, table: ICMPKeys.table, decode: OtherDecoders.icmp),
    Entry(kind: .grpc, table: GRPCKeys.table, decode: GRPCDecoder.decode),
    Entry(kind: .websocket, table: WebSocketKeys.table, decode: WebSocketDecoder.decode),
    Entry(kind: .unix, table: UnixKeys.table, decode: SocketDecoder.unix),
    Entry(kind: .udp, table: UDPKeys.table, decode: SocketDecoder.udp),
    Entry(kind: .exec, table: ExecKeys.table, decode: OtherDecoders.exec),
    Entry(kind: .module, table: ModuleKeys.table, decode: ModuleDecoder.decode),
  ]

  private static let entryByKind = Dictionary(entries.map { ($0.kind, $0) }) { first, _ in first }

  /// How `kind` is read; nil for one that this version cannot run.
  static func entry(for kind: ProbeKind) -> Entry? { entryByKind[kind] }

  /// Reads a probe: at load, and again at each run when templates stand in it.
  ///
  /// - Parameter owner: the key that names the probe, where a missing key is shown.
  static func decode(_ kind: ProbeKind, _ node: YAMLNode, owner: YAMLNode, _ reader: Reader) -> ProbeSpec? {
    guard let entry = entry(for: kind) else { return nil }
    if case .pending(let type) = node.content {
      reader.wait(for: type, .section(entry.table), at: node)
      return nil
    }
    guard let spec = Section(node, entry.table, owner: owner, reader).flatMap(entry.decode) else { return nil }
    guard reader.files.areCarried else { return spec }
    return CarriedContent(reader: reader, owner: owner).filled(spec)
  }
}

extension ProbeSpec {
  /// The host that the probe mainly talks to, for the limit on concurrent runs a host.
  var host: String? {
    switch self {
    case .http(let spec): (try? URLText(spec.url, schemes: []))?.host.lowercased()
    case .tcp(let spec): spec.target.host.lowercased()
    case .tls(let spec): spec.target.host.lowercased()
    case .icmp(let spec): spec.target.lowercased()
    case .dns(let spec):
      spec.server.flatMap { server in
        (try? URLText(server, schemes: []))?.host ?? Endpoint(server, defaultPort: 53)?.host
      }?.lowercased()
    case .udp(let spec): spec.target.host.lowercased()
    case .grpc(let spec): spec.target.host.lowercased()
    case .websocket(let spec): (try? URLText(spec.url, schemes: []))?.host.lowercased()
    case .unix, .exec: nil
    }
  }
}
