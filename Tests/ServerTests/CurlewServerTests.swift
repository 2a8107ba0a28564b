import Server
import ServiceLifecycle
import Synchronization
import Testing

@Suite("Listening and shutting down")
struct CurlewServerTests {
  @Test("a port that is taken is one clear sentence")
  func portTaken() async throws {
    let fixture = ServerFixture()
    try await fixture.serving { client async throws in
      let second = try ServerFixture().server(listen: "127.0.0.1:\(client.port)") { _ in }
      let failure = await #expect(throws: ListenFailure.self) { try await second.run() }
      #expect(failure?.description == "cannot listen on 127.0.0.1:\(client.port): address already in use")
    }
  }

  @Test("a port that is taken on one interface is taken for all of them")
  func portTakenForAll() async throws {
    try await ServerFixture().serving { client async throws in
      let second = try ServerFixture().server(listen: ":\(client.port)") { _ in }
      let failure = await #expect(throws: ListenFailure.self) { try await second.run() }
      #expect(failure?.description == "cannot listen on :\(client.port): address already in use")
    }
  }

  @Test("an address of another machine, and a host that does not exist, are refused in words")
  func notHere() async throws {
    let elsewhere = try ServerFixture().server(listen: "192.0.2.1:0") { _ in }
    let failure = await #expect(throws: ListenFailure.self) { try await elsewhere.run() }
    #expect(failure?.description == "cannot listen on 192.0.2.1:0: this machine has no such address")
    let nowhere = try ServerFixture().server(listen: "host.invalid:0") { _ in }
    let second = await #expect(throws: ListenFailure.self) { try await nowhere.run() }
    #expect(second?.description == "cannot listen on host.invalid:0: there is no such host")
  }

  @Test("all interfaces are IPv4 and IPv6")
  func allInterfaces() async throws {
    try await ServerFixture().serving(listen: ":0") { client async throws in
      #expect(try await client.get("/-/healthy").text == "Healthy")
      var sixth = client
      sixth.isIPv6 = true
      #expect(try await sixth.get("/-/healthy").text == "Healthy")
    }
  }

  @Test("graceful shutdown ends the run")
  func gracefulShutdown() async throws {
    let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
    let server = try ServerFixture().server { port.yield($0.port ?? 0) }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: ServerFixture.logger))
    async let running: Void = group.run()
    let bound = try #require(await ports.first { _ in true })
    #expect(try await HTTPClient(port: bound).get("/health").status == 200)
    await group.triggerGracefulShutdown()
    try await running
    await #expect(throws: HTTPClient.Failure.self) { try await HTTPClient(port: bound).get("/health") }
  }

  @Test("a client that never finishes its request does not hold up shutdown beyond its bound")
  func boundedShutdown() async throws {
    let (ports, port) = AsyncStream.makeStream(of: UInt16.self)
    let server = try ServerFixture().server(shutdownGrace: .milliseconds(100)) { port.yield($0.port ?? 0) }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: server, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: ServerFixture.logger))
    async let running: Void = group.run()
    let bound = try #require(await ports.first { _ in true })
    // The first answer shows that the server reads the connection; the body of the second request never comes.
    async let stalled = HTTPClient(port: bound).exchange(
      "GET /health HTTP/1.1\r\nHost: x\r\n\r\nPOST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    #expect(try await HTTPClient(port: bound).get("/health").status == 200)
    await group.triggerGracefulShutdown()
    try await running
    _ = try await stalled
  }
}
