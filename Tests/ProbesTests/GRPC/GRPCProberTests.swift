import Model
import Probes
import TestSupport
import Testing

@Suite("gRPC probe against real servers")
struct GRPCProberTests {
  private static let server = Task { try await PythonServer.grpcHealth() }

  /// Probes a port, and takes the facts apart.
  static func probe(
    _ port: Int, host: String = "127.0.0.1", timeout: Duration = .seconds(60), traceparent: String? = nil,
    _ change: (inout GRPCSpec) -> Void = { _ in }
  ) async throws -> (observation: Observation, facts: GRPCFacts) {
    var spec = GRPCSpec(target: Endpoint(host: host, port: port))
    change(&spec)
    let context = ProbeContext(
      timeout: timeout, traceparent: traceparent, folder: try Certificates.shared.get().folder)
    let observation = await GRPCProber(try .forTests()).probe(spec, in: context)
    guard case .grpc(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a gRPC call")
    }
    return (observation, facts)
  }

  private static let trusting = TLSOptions(caFile: "root.pem")

  @Test(
    "a service's state is a fact",
    arguments: [
      ("", "SERVING"), ("shop.Orders", "SERVING"), ("shop.Stock", "NOT_SERVING"), ("shop.Lost", "SERVICE_UNKNOWN"),
      ("shop.Odd", "7"),
    ])
  func state(service: String, state: String) async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.port) { $0.service = service }
    #expect(observation.failure == nil)
    #expect(facts.status == 0)
    #expect(facts.serving == state)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(observation.facts.tls == nil)
    #expect(observation.facts.phases.connect > .zero)
    #expect(observation.facts.phases.wait > .zero)
    #expect(observation.facts.phases.tls == .zero)
  }

  @Test("a status other than OK is a fact too, with what the server says of it, decoded")
  func notFound() async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.port) { $0.service = "shop.Basket" }
    #expect(observation.failure == nil)
    #expect(facts.status == 5)
    #expect(facts.statusMessage == "no such service: shop.Basket (50 % Süd)")
    #expect(facts.serving == "")
  }

  @Test("an IPv6 address is reached, written as it is")
  func v6() async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.ports[1], host: "::1")
    #expect(observation.failure == nil)
    #expect(facts.serving == "SERVING")
    #expect(observation.facts.ip == "::1")
  }

  @Test("the address that was chosen is the one that is connected to")
  func chosenAddress() async throws {
    let port = try await Self.server.value.ports[1]
    // The server listens on this port at [::1] alone; names under localhost have both addresses (RFC 6761 section 6.3).
    let (v6, _) = try await Self.probe(port, host: "both.localhost") { $0.family = .v6 }
    #expect(v6.failure == nil)
    let (v4, facts) = try await Self.probe(port, host: "both.localhost") { $0.family = .v4 }
    #expect(v4.failure?.code == .connectRefused)
    #expect(v4.facts.ip == "127.0.0.1")
    #expect(facts.status == nil)
  }

  @Test("metadata goes along, bytes as base64")
  func metadata() async throws {
    let port = try await Self.server.value.port
    let (_, told) = try await Self.probe(port) { spec in
      spec.service = "secret"
      spec.metadata = [HeaderField("x-key", "letters"), HeaderField("blob-bin", "AP8=")]
    }
    #expect(told.serving == "SERVING")
    let (_, untold) = try await Self.probe(port) { $0.service = "secret" }
    #expect(untold.status == 16)
    #expect(untold.statusMessage == "who are you?")
  }

  @Test("the trace and who asks go along")
  func trace() async throws {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let (_, facts) = try await Self.probe(try await Self.server.value.port, traceparent: trace) {
      $0.service = "traced"
    }
    #expect(facts.serving == "SERVING")
  }

  @Test(
    "metadata that gRPC does not carry is told, and nothing is sent",
    arguments: [
      (HeaderField("X-Key", "a"), "metadata key \"X-Key\" has capital letters; gRPC's keys are written in lower case"),
      (HeaderField("x key", "a"), "metadata key \"x key\" may hold lower-case letters, digits, '-', '_' and '.' only"),
      (HeaderField("grpc-timeout", "1S"), "metadata key \"grpc-timeout\" belongs to the call itself"),
    ])
  func refusedMetadata(field: HeaderField, words: String) async throws {
    let deaf = try DeafPort()
    defer { withExtendedLifetime(deaf) {} }
    let (observation, _) = try await Self.probe(deaf.port) { $0.metadata = [field] }
    #expect(observation.failure == ProbeFailure(.templateFailed, during: .connect, words))
  }

  @Test("the server is told how long it has")
  func deadline() async throws {
    let (_, facts) = try await Self.probe(try await Self.server.value.port, timeout: .seconds(50)) {
      $0.service = "late"
    }
    #expect(facts.serving == "SERVING")
  }

  @Test("a server that never answers is left at the deadline")
  func silent() async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.port, timeout: .milliseconds(300)) {
      $0.service = "silent"
    }
    // The server learns of the deadline, and may be first to say so.
    #expect(observation.failure?.code == .timeout || facts.status == 4)
    #expect(observation.facts.elapsed < .seconds(20))
  }

  @Test("over TLS the handshake is told, and HTTP/2 is agreed on")
  func secure() async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.ports[2]) { $0.tls = Self.trusting }
    #expect(observation.failure == nil)
    #expect(facts.serving == "SERVING")
    #expect(observation.facts.tls?.alpn == "h2")
    #expect(observation.facts.tls?.isVerified == true)
    #expect(observation.facts.phases.tls > .zero)
  }

  @Test("a certificate that is not trusted ends the call, and shows")
  func untrusted() async throws {
    let (observation, facts) = try await Self.probe(try await Self.server.value.ports[2]) { $0.tls = TLSOptions() }
    #expect(observation.failure?.code == .certificateInvalid)
    #expect(observation.facts.tls?.chain.isEmpty == false)
    #expect(facts.status == nil)
  }

  @Test("the name to verify can be another than the host")
  func serverName() async throws {
    let port = try await Self.server.value.ports[2]
    let (good, facts) = try await Self.probe(port) {
      $0.tls = TLSOptions(caFile: "root.pem", serverName: "good.example")
    }
    #expect(good.failure == nil)
    #expect(facts.serving == "SERVING")
    let (bad, _) = try await Self.probe(port) { $0.tls = TLSOptions(caFile: "root.pem", serverName: "bad.example") }
    #expect(bad.failure?.code == .certificateInvalid)
  }

  @Test(
    "an answer of a proxy without a grpc-status has the status that stands for it",
    arguments: [(400, 13), (401, 16), (403, 7), (404, 12), (429, 14), (502, 14), (503, 14), (504, 14), (500, 2)])
  func mappedStatus(http: Int, status: Int) async throws {
    let nginx = try HTTPNginx(locations: "location / { return \(http); }", plainHTTP2: true)
    defer { nginx.stop() }
    let (observation, facts) = try await Self.probe(nginx.http)
    #expect(observation.failure == nil)
    #expect(facts.status == status)
    #expect(facts.statusMessage == "HTTP status \(http) without a grpc-status")
  }

  @Test("a web server is no gRPC server")
  func webServer() async throws {
    let nginx = try HTTPNginx(locations: "location / { return 200 'hello'; }", plainHTTP2: true)
    defer { nginx.stop() }
    let (observation, facts) = try await Self.probe(nginx.http)
    #expect(observation.failure?.code == .protocolError)
    #expect(observation.failure?.message == "127.0.0.1:\(nginx.http) answered without a grpc-status")
    #expect(facts.status == 2)
  }

  @Test("a server that speaks HTTP/1.1 alone is told apart", arguments: [false, true])
  func oldServer(isSecure: Bool) async throws {
    let nginx = try HTTPNginx(locations: "location / { return 200 'hello'; }", secureHTTP2: false)
    defer { nginx.stop() }
    let (observation, facts) = try await Self.probe(isSecure ? nginx.https : nginx.http) {
      $0.tls = isSecure ? TLSOptions(verify: false) : nil
    }
    #expect(observation.failure?.code == .protocolError)
    #expect(facts.status == nil)
  }

  @Test("nginx in front of the server changes nothing")
  func behindNginx() async throws {
    let port = try await Self.server.value.port
    let nginx = try HTTPNginx(locations: "location / { grpc_pass grpc://127.0.0.1:\(port); }", plainHTTP2: true)
    defer { nginx.stop() }
    let (observation, facts) = try await Self.probe(nginx.http) { $0.service = "shop.Stock" }
    #expect(observation.failure == nil)
    #expect(facts.serving == "NOT_SERVING")
    let (_, unknown) = try await Self.probe(nginx.https) { spec in
      spec.tls = TLSOptions(verify: false)
      spec.service = "shop.Basket"
    }
    #expect(unknown.status == 5)
  }

  @Test("a port where nobody listens refuses")
  func refused() async throws {
    let deaf = try DeafPort()
    defer { withExtendedLifetime(deaf) {} }
    let (observation, facts) = try await Self.probe(deaf.port)
    #expect(
      observation.failure
        == ProbeFailure(.connectRefused, during: .connect, "connection to 127.0.0.1:\(deaf.port) refused"))
    #expect(facts.status == nil)
  }

  @Test("a host that is more than a host is refused", arguments: ["good.example/x", "a@127.0.0.1", "a b"])
  func noHost(host: String) async throws {
    let (observation, _) = try await Self.probe(1, host: host)
    #expect(observation.failure?.code == .templateFailed)
  }

  @Test("what may not be probed is not connected to")
  func policy() async throws {
    let port = try await Self.server.value.port
    let context = ProbeContext(
      timeout: .seconds(60), policy: TargetPolicy(allowed: [.init(hosts: .name("shop.example"))]))
    let observation = await GRPCProber(try .forTests()).probe(
      GRPCSpec(target: Endpoint(host: "127.0.0.1", port: port)), in: context)
    #expect(observation.failure?.code == .notPermitted)
  }
}
