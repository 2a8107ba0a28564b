import Model
import TestSupport
import Testing
import Transport

@Suite("Resolver")
struct ResolverTests {
  private static let loops = Result { try EventLoops(count: 2) }
  private let folder: String

  init() throws {
    folder = try TestProgram.temporaryFolder()
    try TestProgram.write("127.0.0.1 localhost\n", to: "\(folder)/hosts")
  }

  /// A resolver that knows the folder's hosts file, and asks the servers.
  private func resolver(_ servers: [ScriptedDNSServer] = []) -> Resolver {
    Resolver(
      servers: servers.map { SocketAddress(.loopbackV4, port: $0.port) }, hostsPath: "\(folder)/hosts",
      configurationPath: "\(folder)/resolv.conf")
  }

  private func resolve(
    _ host: String, _ family: AddressFamily = .any, by resolver: Resolver, timeout: Duration = .seconds(60)
  ) async throws -> Result<[String], ResolutionFailure> {
    await (try Self.loops.get()).next.actor.perform(within: timeout) { _, deadline in
      do throws(ResolutionFailure) {
        return .success(
          try await resolver.addresses(of: host, family: family, deadline: deadline).map(\.description))
      } catch {
        return .failure(error)
      }
    }
  }

  /// A name server that knows these addresses of every name; types without any get an empty answer.
  private static func server(a: [UInt8] = [192, 0, 2, 1], aaaa: [UInt8]? = nil) throws -> ScriptedDNSServer {
    try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      switch DNSAnswer.type(in: query) {
      case 1: if !a.isEmpty { answer.add(type: 1, data: a) }
      case 28: if let aaaa { answer.add(type: 28, data: aaaa) }
      default: break
      }
      return [answer.bytes]
    })
  }

  private static func coded(_ flags: UInt16) throws -> ScriptedDNSServer {
    try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.flags = flags
      return [answer.bytes]
    })
  }

  // MARK: Without a name server

  @Test(
    "an address is its own address",
    arguments: ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.1", "255.255.255.255", "::"])
  func literal(_ text: String) async throws {
    #expect(try await resolve(text, by: resolver()) == .success([text]))
  }

  @Test("an address of the other family is none")
  func otherFamily() async throws {
    #expect(
      try await resolve("127.0.0.1", .v6, by: resolver())
        == .failure(ResolutionFailure(.notFound, "127.0.0.1 is no IPv6 address")))
  }

  @Test("the hosts file comes first, and is read again when it changes")
  func hosts() async throws {
    let resolver = resolver([try Self.coded(0x8183)])
    try TestProgram.write(
      "# comment\n192.0.2.8\tshop.example Shop # trailing\n\nnonsense here\n2001:db8::8 shop.example\n",
      to: "\(folder)/hosts")
    #expect(try await resolve("SHOP.example", .v4, by: resolver) == .success(["192.0.2.8"]))
    #expect(try await resolve("shop.example.", .v6, by: resolver) == .success(["2001:db8::8"]))
    #expect(
      try await resolve("shop", .v6, by: resolver)
        == .failure(ResolutionFailure(.notFound, "\"shop\" has no IPv6 address (it is in /etc/hosts)")))
    try TestProgram.write("192.0.2.99 shop.example moved.example\n", to: "\(folder)/hosts")
    #expect(try await resolve("shop.example", by: resolver) == .success(["192.0.2.99"]))
  }

  @Test("localhost is this machine, also where the hosts file does not say so")
  func localhost() async throws {
    try TestProgram.write("", to: "\(folder)/hosts")
    #expect(try await resolve("localhost", .v4, by: resolver()) == .success(["127.0.0.1"]))
    #expect(try await resolve("a.localhost.", .v6, by: resolver()) == .success(["::1"]))
  }

  @Test("what is no name is not asked for", arguments: ["", ".", "a..b", "bücher.example", "a b", "a\u{0}b"])
  func noName(_ host: String) async throws {
    let server = try ScriptedDNSServer(udp: { _ in
      Issue.record("a question was sent")
      return []
    })
    let result = try await resolve(host, by: resolver([server]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .notFound)
    #expect(failure.message.contains("is no domain name: "))
  }

  // MARK: With name servers

  @Test(
    "addresses of both families are asked for, or of one", arguments: AddressFamily.writable + [.preferV4, .preferV6])
  func families(_ family: AddressFamily) async throws {
    let server = try Self.server(aaaa: [0x20, 1, 0xd, 0xb8] + Array(repeating: 0, count: 11) + [1])
    let addresses = try await resolve("www.example", family, by: resolver([server])).get()
    let wanted: Set<String> =
      switch family {
      case .any: ["192.0.2.1", "2001:db8::1"]
      case .v4, .preferV4: ["192.0.2.1"]
      case .v6, .preferV6: ["2001:db8::1"]
      }
    #expect(Set(addresses) == wanted)
  }

  @Test("a name that does not exist is told with who said so")
  func nameError() async throws {
    let server = try Self.coded(0x8183)
    #expect(
      try await resolve("www.example", by: resolver([server]))
        == .failure(
          ResolutionFailure(.notFound, "no such name: \"www.example\" (NXDOMAIN from 127.0.0.1:\(server.port))")))
  }

  @Test("a name without an address of the family is told as such")
  func noData() async throws {
    let server = try Self.server()
    #expect(
      try await resolve("www.example", .v6, by: resolver([server]))
        == .failure(
          ResolutionFailure(.notFound, "\"www.example\" has no IPv6 address (asked 127.0.0.1:\(server.port))")))
  }

  @Test("a server that fails, refuses or cannot be read is followed by the next", arguments: [0x8182, 0x8185, 0x8184])
  func nextServer(_ flags: UInt16) async throws {
    let server = try Self.server()
    #expect(try await resolve("www.example", by: resolver([try Self.coded(flags), server])) == .success(["192.0.2.1"]))
  }

  @Test("when all servers fail, each is told with what it did")
  func allFail() async throws {
    let garbled = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.counts[1] = 9
      return [answer.bytes]
    })
    let refusing = try Self.coded(0x8185)
    let result = try await resolve("www.example", by: resolver([refusing, garbled]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .noAnswer)
    #expect(failure.message.contains("127.0.0.1:\(refusing.port) answered REFUSED"))
    #expect(failure.message.contains("127.0.0.1:\(garbled.port) sent an answer that cannot be read: it announces 9"))
  }

  @Test("silence until the deadline is a timeout of the phase that resolves")
  func silence() async throws {
    let server = try ScriptedDNSServer(udp: { _ in [] })
    let result = try await resolve("www.example", by: resolver([server]), timeout: .milliseconds(900))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.message == "name server 127.0.0.1:\(server.port) did not answer for \"www.example\" in 900 ms")
    #expect(failure.probeFailure.code == .timeout)
    #expect(failure.probeFailure.phase == .resolve)
  }

  @Test("aliases are followed in the answer, and by asking on where it leaves that to us")
  func aliases() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      // AA without RA: it answers for its zone and asks nobody.
      answer.flags = 0x8500
      if query[12..<30].elementsEqual(DNSAnswer.name("www.example.test")) {
        answer.add(type: 5, data: DNSAnswer.name("b.example.test"))
        answer.add(type: 5, data: DNSAnswer.name("c.example.test"), name: DNSAnswer.name("B.example.test"))
      } else if DNSAnswer.type(in: query) == 1 {
        answer.add(type: 1, data: [192, 0, 2, 3])
      }
      return [answer.bytes]
    })
    #expect(try await resolve("www.example.test", by: resolver([server])) == .success(["192.0.2.3"]))
  }

  @Test("a chain of aliases without end is given up")
  func endlessAliases() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.add(type: 5, data: [0xc0, 0x0c])
      return [answer.bytes]
    })
    let result = try await resolve("www.example", .v4, by: resolver([server]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .noAnswer)
    #expect(failure.message.contains("gave a chain of more than 16 aliases (CNAME)"))
  }

  @Test("addresses of other names in an answer do not count")
  func foreignRecords() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      answer.add(type: 1, data: [6, 6, 6, 6], name: DNSAnswer.name("evil.example"))
      return [answer.bytes]
    })
    let result = try await resolve("www.example", .v4, by: resolver([server]))
    #expect(throws: ResolutionFailure.self) { try result.get() }
  }

  @Test("a cut answer is asked for again over tcp")
  func truncated() async throws {
    let server = try ScriptedDNSServer(
      udp: { query in
        var answer = DNSAnswer(to: query)
        answer.flags = 0x8380
        return [answer.bytes]
      },
      tcp: { query in
        var answer = DNSAnswer(to: query)
        for last in 1...40 { answer.add(type: 1, data: [192, 0, 2, UInt8(last)]) }
        return .init(answer.framed)
      })
    #expect(try await resolve("www.example", .v4, by: resolver([server])).get().count == 40)
  }

  @Test("a server that hangs over tcp is told, and a run that is cancelled meanwhile ends at once")
  func cancelled() async throws {
    let connected = AsyncStream<Void>.makeStream()
    let server = try ScriptedDNSServer(
      udp: { query in
        var answer = DNSAnswer(to: query)
        answer.flags = 0x8380
        return [answer.bytes]
      },
      tcp: { _ in
        connected.continuation.yield()
        return .init([], closes: false)
      })
    let task = Task { try await resolve("www.example", .v4, by: resolver([server]), timeout: .seconds(60)) }
    for await _ in connected.stream { break }
    task.cancel()
    let result = try await task.value
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .cancelled)
  }

  // MARK: Configuration

  @Test("resolv.conf is read as its manual page has it")
  func resolvConf() {
    let configuration = ResolverConfiguration(
      resolvConf: """
        # comment
        ; another
        domain old.example
        search a.example  b.example.
        nameserver 192.0.2.53
        nameserver 2001:db8::53
        nameserver nonsense
        options ndots:2 timeout:3 attempts:1 rotate use-vc edns0
        nameserver 192.0.2.54
        nameserver 192.0.2.55
        """)
    #expect(configuration.servers.map(\.description) == ["192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"])
    #expect(configuration.search == ["a.example", "b.example."])
    #expect(configuration.ndots == 2)
    #expect(configuration.timeout == .seconds(3))
    #expect(configuration.attempts == 1)
    #expect(configuration.rotate)
    #expect(configuration.useTCP)
    #expect(ResolverConfiguration(resolvConf: "").servers.map(\.description) == ["127.0.0.1:53"])
    #expect(ResolverConfiguration(resolvConf: "options timeout:99 attempts:99 ndots:99").timeout == .seconds(30))
  }

  @Test(
    "short names are tried under the search domains",
    arguments: [
      ("www", false, ["www.a.test.", "www.b.test.", "www."]), ("www", true, ["www."]),
      ("www.shop", false, ["www.shop.", "www.shop.a.test.", "www.shop.b.test."]),
    ])
  func search(_ name: String, _ isAbsolute: Bool, _ candidates: [String]) throws {
    let configuration = ResolverConfiguration(resolvConf: "search a.test b.test")
    #expect(
      configuration.candidates(for: try DNSName(name), isAbsolute: isAbsolute).map(\.description) == candidates)
  }

  @Test("resolv.conf is read again when it changes")
  func changed() throws {
    let resolver = resolver()
    #expect(resolver.configuration.servers.map(\.description) == ["127.0.0.1:53"])
    try TestProgram.write("nameserver 192.0.2.1\n", to: "\(folder)/resolv.conf")
    #expect(resolver.configuration.servers.map(\.description) == ["192.0.2.1:53"])
    try TestProgram.write("options rotate\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n", to: "\(folder)/resolv.conf")
    #expect(
      Set([resolver.configuration.servers[0], resolver.configuration.servers[0]].map(\.description))
        == ["192.0.2.1:53", "192.0.2.2:53"])
  }
}
