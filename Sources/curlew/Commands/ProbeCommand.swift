import ArgumentParser
import Expressions
import Foundation
import Journeys
import Model
import Probes

/// `curlew probe`: one exchange with one target, and all that it showed.
struct ProbeCommand: AsyncParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case http, tcp, tls, dns, icmp, grpc, websocket
  }

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Probes one target and shows facts and phases.",
    discussion: """
      Examples:
        curlew probe http https://example.org
        curlew probe tls example.org:443
        curlew probe dns example.org --type MX --server 127.0.0.1:53
        curlew probe icmp 127.0.0.1 --count 3
        curlew probe grpc 127.0.0.1:50051 --service shop.Orders
        curlew probe websocket wss://example.org/socket
      """)

  @Argument(help: "http, tcp, tls, dns, icmp, grpc or websocket.")
  var kind: Kind

  @Argument(help: "A URL for http and websocket, host:port for tcp, tls and grpc, a name for dns, a host for icmp.")
  var target: String

  @Option(help: ArgumentHelp("How long it may take, such as 500ms or 5s.", valueName: "duration"))
  var timeout = DurationArgument(.seconds(10))

  @Option(help: "Record type (dns).")
  var type: String?

  @Option(help: ArgumentHelp("Name server (dns).", valueName: "host:port"))
  var server: String?

  @Option(help: "How the question travels: udp, tcp, tls or https (dns).")
  var transport: String?

  @Option(help: "How many packets (icmp).")
  var count: Int?

  @Option(help: "Protocol before TLS: \(StartTLS.allCases.map(\.rawValue).joined(separator: ", ")) (tcp, tls).")
  var starttls: String?

  @Option(help: ArgumentHelp("Service that is asked about (grpc).", valueName: "name"))
  var service: String?

  @Flag(help: "Speaks TLS (grpc).")
  var tls = false

  @Flag(help: "Goes on when the certificate cannot be verified (http, tls, grpc, websocket).")
  var insecure = false

  @Option(help: "How facts are written.")
  var format = Format.pretty

  @Flag(help: "Writes without colours.")
  var noColor = false

  func run() async throws {
    let spec = try spec()
    let probing = try ProbingEngine(settings: ProbingSettings(), masks: Masks(.none))
    let started = SystemTime().now
    let observation = await probing.prober.probe(spec, in: ProbeContext(timeout: timeout.duration))
    let facts = FactRecord.value(of: observation.facts, attempt: 1, at: SystemTime().now)
    switch format {
    case .json: Terminal.standardOutput.write(try json(facts, observation, started: started))
    case .pretty: Terminal.standardOutput.write(pretty(facts, observation))
    }
    if let failure = observation.failure {
      throw ExitCode(failure.code.verdict == .unknown ? ExitStatus.unknown : ExitStatus.down)
    }
  }

  // MARK: What is asked

  private func spec() throws -> ProbeSpec {
    try refuse(type != nil || server != nil || transport != nil, "--type, --server and --transport", unless: [.dns])
    try refuse(count != nil, "--count", unless: [.icmp])
    try refuse(starttls != nil, "--starttls", unless: [.tcp, .tls])
    try refuse(service != nil, "--service", unless: [.grpc])
    try refuse(tls, "--tls", unless: [.grpc])
    try refuse(insecure, "--insecure", unless: [.http, .tls, .grpc, .websocket])
    let options = TLSOptions(verify: !insecure)
    switch kind {
    case .http:
      let url = target.contains("://") ? target : "http://\(target)"
      return .http(HTTPSpec(url: url, tls: options))
    case .tcp: return .tcp(TCPSpec(target: try endpoint(defaultPort: nil), startTLS: try startTLS()))
    case .tls:
      return .tls(TLSSpec(target: try endpoint(defaultPort: 443), startTLS: try startTLS(), tls: options))
    case .dns:
      guard let transport = DNSTransport(rawValue: transport ?? "udp") else {
        throw CommandFailure("--transport '\(transport ?? "")' is not known; there are udp, tcp, tls, https")
      }
      return .dns(DNSSpec(name: target, type: type?.uppercased() ?? "A", server: server, transport: transport))
    case .icmp:
      if let count, !(1...1000).contains(count) { throw CommandFailure("--count \(count) is not between 1 and 1000") }
      return .icmp(ICMPSpec(target: target, count: count ?? 1))
    case .grpc:
      // Without TLS nothing is verified, and the wish not to would be ignored.
      if insecure, !tls { throw CommandFailure("--insecure goes with --tls for grpc") }
      let target = try endpoint(defaultPort: tls ? 443 : 80)
      return .grpc(GRPCSpec(target: target, service: service ?? "", tls: tls ? options : nil))
    case .websocket:
      let url = target.contains("://") ? target : "ws://\(target)"
      return .websocket(WebSocketSpec(url: url, tls: options))
    }
  }

  private func refuse(_ isGiven: Bool, _ option: String, unless kinds: [Kind]) throws {
    guard isGiven, !kinds.contains(kind) else { return }
    throw CommandFailure(
      "\(option) goes with \(kinds.map(\.rawValue).joined(separator: " and ")), not with \(kind.rawValue)")
  }

  private func endpoint(defaultPort: Int?) throws -> Endpoint {
    guard let endpoint = Endpoint(target, defaultPort: defaultPort) else {
      throw CommandFailure("'\(target)' is no host:port; write for example example.org:443, or [::1]:443")
    }
    return endpoint
  }

  private func startTLS() throws -> StartTLS? {
    guard let starttls else { return nil }
    guard let known = StartTLS(rawValue: starttls) else {
      throw CommandFailure(
        "--starttls '\(starttls)' is not known; there are \(StartTLS.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return known
  }

  // MARK: What is shown

  private func json(_ facts: Value, _ observation: Observation, started: Timestamp) throws -> String {
    let failure = observation.failure.map { failure in
      Value.map(
        MapValue([
          ("code", .string(failure.code.rawValue)), ("phase", .string(failure.phase.rawValue)),
          ("message", .string(failure.words)),
        ]))
    }
    let members: [(String, Value)] = [
      ("kind", .string(kind.rawValue)), ("target", .string(target)), ("started", .string(started.rfc3339())),
      ("failure", failure ?? .null), ("facts", facts),
    ]
    return try JSON.write(.map(MapValue(members))) + "\n"
  }

  private func pretty(_ facts: Value, _ observation: Observation) -> String {
    let style = Style(allowsColor: !noColor, environment: ProcessInfo.processInfo.environment)
    var text = ""
    if let failure = observation.failure {
      text +=
        "\(style("✗", .red)) \(failure.code.rawValue) in \(failure.phase.rawValue): \(HumanText.escaped(failure.words))\n\n"
    } else {
      text += "\(style("✓", .green)) \(kind.rawValue) \(HumanText.escaped(target)) \(observation.facts.ip)\n\n"
    }
    text += PhaseBars(style: style).text(for: observation.facts.phases, indent: "  ") + "\n"
    if case .map(let map) = facts {
      text += FactText(style: style).lines(of: map, leaving: ["phases", "elapsed", "attempt", "header_values"])
    }
    return text
  }
}
