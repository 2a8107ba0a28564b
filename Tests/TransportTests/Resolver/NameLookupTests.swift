import Glibc
import Model
import Synchronization
import TestSupport
import Testing
import Transport

/// Name servers and machines that are not at their best.
@Suite("Name lookup")
struct NameLookupTests {
  private let folder: String

  init() throws {
    folder = try TestProgram.temporaryFolder()
    try TestProgram.write("127.0.0.1 localhost\n", to: "\(folder)/hosts")
  }

  private func resolver(_ servers: [SocketAddress]) -> Resolver {
    Resolver(servers: servers, hostsPath: "\(folder)/hosts", configurationPath: "\(folder)/resolv.conf")
  }

  private static func resolve(
    _ host: String, _ family: AddressFamily = .any, by resolver: Resolver, timeout: Duration = .seconds(60)
  ) async throws -> (result: Result<[String], ResolutionFailure>, took: Duration, threadTime: Duration) {
    let loop = try EventLoop(name: "test-loop")
    defer { loop.stop() }
    return await loop.actor.perform(within: timeout) { _, deadline in
      let begin = threadTime()
      var result: Result<[String], ResolutionFailure>
      do throws(ResolutionFailure) {
        result = .success(
          try await resolver.addresses(of: host, family: family, deadline: deadline).map(\.description))
      } catch {
        result = .failure(error)
      }
      return (result, .nanoseconds(EventLoop.now - deadline.start), threadTime() - begin)
    }
  }

  /// The processor time of the thread that asks.
  private static func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// A name server that answers A with 192.0.2.1, and AAAA as told.
  private static func server(aaaa: @escaping @Sendable (inout DNSAnswer) -> Bool) throws -> ScriptedDNSServer {
    try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      if DNSAnswer.type(in: query) == 28 { return aaaa(&answer) ? [answer.bytes] : [] }
      answer.add(type: 1, data: [192, 0, 2, 1])
      return [answer.bytes]
    })
  }

  @Test("when one family was found, the other is waited for only a moment")
  func silentFamily() async throws {
    let server = try Self.server { _ in false }
    let (result, took, _) = try await Self.resolve(
      "www.example", by: resolver([SocketAddress(.loopbackV4, port: server.port)]))
    #expect(result == .success(["192.0.2.1"]))
    #expect(took < .seconds(50))
  }

  @Test("a dead server leaves the next one its share of the time")
  func shares() async throws {
    let dead = try ScriptedDNSServer(udp: { _ in [] })
    let server = try Self.server { _ in true }
    let servers = [dead, server].map { SocketAddress(.loopbackV4, port: $0.port) }
    let (result, _, _) = try await Self.resolve("www.example", by: resolver(servers), timeout: .seconds(6))
    #expect(result == .success(["192.0.2.1"]))
  }

  @Test("an alias from a server that recurses, and has no address at its end, is not asked for again")
  func aliasWithoutAddress() async throws {
    let questions = Mutex<[[UInt8]]>([])
    let server = try ScriptedDNSServer(udp: { query in
      questions.withLock { $0.append(query) }
      var answer = DNSAnswer(to: query)
      answer.add(type: 5, data: DNSAnswer.name("edge.example"))
      if DNSAnswer.type(in: query) == 1 {
        answer.add(type: 1, data: [192, 0, 2, 1], name: DNSAnswer.name("edge.example"))
      }
      return [answer.bytes]
    })
    let resolver = resolver([SocketAddress(.loopbackV4, port: server.port)])
    #expect(try await Self.resolve("www.example", by: resolver).result == .success(["192.0.2.1"]))
    #expect(questions.withLock { $0.count } == 2)
    let (result, _, _) = try await Self.resolve("www.example", .v6, by: resolver)
    #expect(
      result
        == .failure(
          ResolutionFailure(.notFound, "\"www.example\" has no IPv6 address (asked 127.0.0.1:\(server.port))")))
  }

  @Test("while a cut answer is asked for over tcp in vain, what else came does not keep the processor busy")
  func silentTCP() async throws {
    let server = try ScriptedDNSServer(
      udp: { query in
        var answer = DNSAnswer(to: query)
        answer.flags = 0x8380
        return [answer.bytes]
      }, tcp: { _ in .init([], closes: false) })
    let (result, _, threadTime) = try await Self.resolve(
      "www.example", by: resolver([SocketAddress(.loopbackV4, port: server.port)]), timeout: .milliseconds(800))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .deadline)
    #expect(threadTime < .milliseconds(200), "\(threadTime)")
  }

  @Test("an answer that is cut over tcp too and holds no address says nothing about the name")
  func cutOverTCP() async throws {
    let server = try ScriptedDNSServer(
      udp: { query in
        var answer = DNSAnswer(to: query)
        answer.flags = 0x8380
        return [answer.bytes]
      },
      tcp: { query in
        var answer = DNSAnswer(to: query)
        answer.flags = 0x8380
        return .init(answer.framed)
      })
    let (result, _, _) = try await Self.resolve(
      "www.example", .v4, by: resolver([SocketAddress(.loopbackV4, port: server.port)]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .noAnswer)
    #expect(failure.message.contains("cut its answer over tcp too"))
  }

  // MARK: Search domains

  /// A resolver with search domains, whose questions all go to one scripted server: the hosts of resolv.conf listen on port 53,
  /// where no test may.
  private func searching(_ server: ScriptedDNSServer, _ search: [String]) -> Resolver {
    var configuration = ResolverConfiguration(servers: [SocketAddress(.loopbackV4, port: server.port)])
    configuration.search = search
    configuration.ndots = 5
    return Resolver(configuration: configuration, hostsPath: "\(folder)/hosts")
  }

  @Test("a search domain whose server fails hides neither the others nor the name itself")
  func failingSearchDomain() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      let name = query[12..<query.endIndex - 4]
      if name.elementsEqual(DNSAnswer.name("www.example")) {
        answer.add(type: 1, data: [192, 0, 2, 1])
      } else if name.elementsEqual(DNSAnswer.name("www.example.corp.test")) {
        answer.flags = 0x8182
      } else {
        answer.flags = 0x8183
      }
      return [answer.bytes]
    })
    let resolver = searching(server, ["corp.test", "other.test"])
    #expect(try await Self.resolve("www.example", .v4, by: resolver).result == .success(["192.0.2.1"]))
    let (result, _, _) = try await Self.resolve("missing.example", .v4, by: resolver)
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.message.hasPrefix("no such name: \"missing.example\""))
  }

  @Test("the first search domain that knows the name is taken")
  func searchDomain() async throws {
    let server = try ScriptedDNSServer(udp: { query in
      var answer = DNSAnswer(to: query)
      if query[12..<query.endIndex - 4].elementsEqual(DNSAnswer.name("shop.b.test")) {
        answer.add(type: 1, data: [192, 0, 2, 2])
      } else {
        answer.flags = 0x8183
      }
      return [answer.bytes]
    })
    let resolver = searching(server, ["a.test", "b.test"])
    #expect(try await Self.resolve("shop", .v4, by: resolver).result == .success(["192.0.2.2"]))
    let (absolute, _, _) = try await Self.resolve("shop.", .v4, by: resolver)
    #expect(throws: ResolutionFailure.self) { try absolute.get() }
  }

  // MARK: Faults of ours

  @Test("a server that this machine may not send to is a fault of ours, and the next is asked")
  func forbidden() async throws {
    // A broadcast address, which a socket may not send to unless it says so (EACCES, udp(7)).
    let forbidden = SocketAddress(.v4(0x7fff_ffff), port: 53)
    let (result, _, _) = try await Self.resolve("www.example", by: resolver([forbidden]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure == ResolutionFailure(.fault, "\"www.example\" could not be asked for: connect: permission denied"))
    #expect(failure.probeFailure.code == .internal)
    let server = try Self.server { _ in true }
    let both = resolver([forbidden, SocketAddress(.loopbackV4, port: server.port)])
    #expect(try await Self.resolve("www.example", by: both).result == .success(["192.0.2.1"]))
  }

  @Test("a server that refuses is not")
  func refused() async throws {
    let deaf = try DeafPort()
    let (result, _, _) = try await Self.resolve(
      "www.example", by: resolver([SocketAddress(.loopbackV4, port: UInt16(deaf.port))]))
    guard case .failure(let failure) = result else { throw TestProgram.Failure(description: "\(result)") }
    #expect(failure.kind == .noAnswer)
    #expect(failure.message.contains("connection refused"))
    withExtendedLifetime(deaf) {}
  }

  @Test("without descriptors names cannot be asked for, and that is no fault of theirs")
  func outOfDescriptors() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop(name: "test-loop")
      let resolver = Resolver(servers: [SocketAddress(.loopbackV4, port: 53)])
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let old = limit.rlim_cur
      limit.rlim_cur = 3
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let kind = await loop.actor.perform(within: .seconds(20)) { _, deadline in
        do throws(ResolutionFailure) {
          _ = try await resolver.addresses(of: "www.example", family: .any, deadline: deadline)
          return nil as ResolutionFailure.Kind?
        } catch {
          return error.kind
        }
      }
      limit.rlim_cur = old
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      #expect(kind == .fault)
    }
  }

  @Test("while resolv.conf cannot be read, what it said before holds, and it is tried again")
  func unreadable() throws {
    let path = "\(folder)/resolv.conf"
    let resolver = resolver([])
    try TestProgram.write("nameserver 192.0.2.1\n", to: path)
    #expect(resolver.configuration.servers.map(\.description) == ["192.0.2.1:53"])
    unlink(path)
    mkdir(path, 0o755)
    #expect(resolver.configuration.servers.map(\.description) == ["192.0.2.1:53"])
    rmdir(path)
    try TestProgram.write("nameserver 192.0.2.2\n", to: path)
    #expect(resolver.configuration.servers.map(\.description) == ["192.0.2.2:53"])
    unlink(path)
    #expect(resolver.configuration.servers.map(\.description) == ["127.0.0.1:53"])
  }
}
