import Model
import Probes
import Synchronization
import TestSupport
import Testing
import Transport

/// Nothing is sent to what the policy of whoever asks does not allow, whichever way leads there.
@Suite("Probes under a policy")
struct TargetPolicyProbeTests {
  private static func table(
    _ resolver: any AddressResolver = TableResolver(names: [
      "meta.example": "169.254.169.254", "home.example": "127.0.0.1",
    ])
  ) throws -> ProbeTable {
    ProbeTable(ProbeEquipment(loops: try EventLoops(count: 1), resolver: resolver, allowsPrograms: true))
  }

  private func probe(_ spec: ProbeSpec, _ rules: [String] = [], table: ProbeTable? = nil) async throws -> Observation {
    let policy = TargetPolicy(allowed: try rules.map { try TargetPolicy.Rule($0) })
    return await (try table ?? Self.table()).probe(spec, in: ProbeContext(timeout: .seconds(60), policy: policy))
  }

  @Test(
    "of every kind are refused before anything is sent",
    arguments: [
      .http(HTTPSpec(url: "http://meta.example/latest")), .http(HTTPSpec(url: "http://[::ffff:169.254.169.254]/")),
      .http(HTTPSpec(url: "http://2852039166/")),
      .http(HTTPSpec(url: "http://home.example/", address: "169.254.169.254:80")),
      .http(HTTPSpec(url: "http://169.254.169.254/", proxy: "http://127.0.0.1:9")),
      .http(HTTPSpec(url: "http://meta.example/", proxy: "socks5://127.0.0.1:9")),
      .tcp(TCPSpec(target: Endpoint(host: "169.254.169.254", port: 80))),
      .tcp(TCPSpec(target: Endpoint(host: "meta.example", port: 80))),
      .tcp(TCPSpec(target: Endpoint(host: "169.254.169.254", port: 80), proxy: "socks5h://127.0.0.1:9")),
      .tcp(TCPSpec(target: Endpoint(host: "meta.example", port: 80), proxy: "socks5://127.0.0.1:9")),
      .udp(UDPSpec(target: Endpoint(host: "meta.example", port: 9), exchange: .none)),
      .grpc(GRPCSpec(target: Endpoint(host: "meta.example", port: 9))),
      .websocket(WebSocketSpec(url: "ws://meta.example/")),
      .tls(TLSSpec(target: Endpoint(host: "fe80::1%lo", port: 443))),
      .dns(DNSSpec(name: "x.example", server: "meta.example:53")),
      .dns(DNSSpec(name: "x.example", server: "meta.example", transport: .tls)),
      .dns(DNSSpec(name: "x.example", server: "https://meta.example/dns-query", transport: .https)),
      .icmp(ICMPSpec(target: "169.254.169.254")), .exec(ExecSpec(command: ["/bin/true"])),
    ] as [ProbeSpec])
  func kinds(_ spec: ProbeSpec) async throws {
    let observation = try await probe(spec)
    #expect(observation.failure?.code == .notPermitted)
    #expect(observation.failure?.phase == .resolve)
    #expect(observation.facts.ip == "")
  }

  @Test("of a Unix socket are refused by its path")
  func unix() async throws {
    let folder = try TestProgram.temporaryFolder()
    let server = try SocketServer(path: "\(folder)/a.sock") { $0.waitForEnd() }
    defer { withExtendedLifetime(server) {} }
    let spec = ProbeSpec.unix(UnixSpec(path: "\(folder)/a.sock"))
    #expect(try await probe(spec, ["unix:\(folder)/b.sock"]).failure?.code == .notPermitted)
    #expect(try await probe(spec, ["unix:\(folder)/"]).failure == nil)
  }

  @Test("go where a rule allows it")
  func allowed() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    for rule in ["127.0.0.0/8", "home.example:\(server.port)", "127.0.0.1:\(server.port)"] {
      #expect(try await probe(.http(HTTPSpec(url: server.url(host: "home.example"))), [rule]).failure == nil, "\(rule)")
    }
    let refused = try await probe(.http(HTTPSpec(url: server.url(host: "home.example"))), ["home.example:1"])
    #expect(
      refused.failure
        == ProbeFailure(
          .notPermitted, during: .resolve,
          "home.example:\(server.port) is not among the targets that --probe.allow-target allows (home.example:1)"))
    #expect(server.requests.count == 3)
  }

  @Test(
    "go to a name by way of a proxy only where a rule for names allows it, or the proxy is given an allowed address",
    arguments: [("socks5h", "10.0.0.0/8", false), ("socks5", "127.0.0.0/8", true), ("socks5h", "home.example", true)])
  func proxies(scheme: String, rule: String, isAllowed: Bool) async throws {
    // A proxy that is not there: what is allowed fails at it.
    let proxy = try DeafPort()
    defer { withExtendedLifetime(proxy) {} }
    for spec: ProbeSpec in [
      .http(HTTPSpec(url: "http://home.example/", proxy: "\(scheme)://127.0.0.1:\(proxy.port)")),
      .tcp(TCPSpec(target: Endpoint(host: "home.example", port: 80), proxy: "\(scheme)://127.0.0.1:\(proxy.port)")),
    ] {
      let failure = try await probe(spec, [rule]).failure
      #expect((failure?.code == .notPermitted) == !isAllowed)
      #expect(failure != nil)
    }
  }

  @Test("do not follow a redirect to a metadata service", arguments: ["169.254.169.254", "meta.example"])
  func redirectToMetadata(host: String) async throws {
    let server = try HTTPTestServer { _ in [.answer("302 Found", ["Location: http://\(host)/latest/meta-data/"])] }
    defer { server.stop() }
    let observation = try await probe(.http(HTTPSpec(url: server.url())))
    #expect(observation.failure?.code == .notPermitted)
    #expect(observation.failure?.message.contains("169.254.169.254") == true)
    #expect(server.requests.count == 1)
  }

  @Test("do not follow a redirect to a port that no rule allows")
  func redirectToPort() async throws {
    let secret = try HTTPTestServer { _ in [.answer()] }
    let target = secret.url("/secret")
    let server = try HTTPTestServer { _ in [.answer("307 Moved", ["Location: \(target)"])] }
    defer {
      secret.stop()
      server.stop()
    }
    let observation = try await probe(.http(HTTPSpec(url: server.url())), ["127.0.0.1:\(server.port)"])
    #expect(observation.failure?.code == .notPermitted)
    #expect(secret.requests.isEmpty)
    #expect(server.requests.count == 1)
  }

  @Test("dial the address that was looked at, whatever the name says a moment later")
  func rebinding() async throws {
    let server = try HTTPTestServer { request in
      request.line.contains(" /again ") ? [.answer()] : [.answer("302 Found", ["Location: /again"])]
    }
    defer { server.stop() }
    let resolver = RebindingResolver(["127.0.0.1", "169.254.169.254"])
    let table = try Self.table(resolver)
    // Of two hops the first has its address checked and used, the second is refused.
    let observation = try await probe(.http(HTTPSpec(url: server.url(host: "turns.example"))), table: table)
    #expect(observation.failure?.code == .notPermitted)
    #expect(server.requests.count == 1)
    #expect(resolver.askedCount == 2)
  }

  @Test("pass over the addresses of a name that are not allowed")
  func someAddresses() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    defer { withExtendedLifetime(server) {} }
    let table = try Self.table(ListResolver(addresses: ["169.254.169.254", "127.0.0.1"].compactMap { IPAddress($0) }))
    let spec = ProbeSpec.tcp(TCPSpec(target: Endpoint(host: "two.example", port: server.port)))
    let observation = try await probe(spec, table: table)
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
  }

  @Test("without a policy go anywhere, as the author of a check has decided")
  func noPolicy() async throws {
    let server = try HTTPTestServer { _ in [.answer()] }
    defer { server.stop() }
    let observation = await (try Self.table()).probe(
      .http(HTTPSpec(url: server.url())), in: ProbeContext(timeout: .seconds(60)))
    #expect(observation.failure == nil)
  }
}

/// One address after the other for the same name, as an attacker's name server has it.
private final class RebindingResolver: AddressResolver {
  private let state: Mutex<(rest: [String], count: Int)>

  init(_ addresses: [String]) { state = Mutex((addresses, 0)) }

  var askedCount: Int { state.withLock { $0.count } }

  func addresses(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] {
    let text = state.withLock { state in
      state.count += 1
      return state.rest.count > 1 ? state.rest.removeFirst() : state.rest.first ?? ""
    }
    guard let address = IPAddress(text) else { throw ResolutionFailure(.fault, "the table is empty") }
    return [address]
  }
}

/// The same addresses for every name.
private struct ListResolver: AddressResolver {
  let addresses: [IPAddress]

  func addresses(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] { addresses }
}
