import Glibc
import Model
import TestSupport
import Testing
import Transport

@Suite("Connector") struct ConnectorTests {
  private let loop: EventLoop

  init() throws {
    loop = try EventLoop(name: "test-loop")
  }

  /// An address that never answers: the documentation's own network (RFC 5737), which nobody routes. A machine without any
  /// route says so at once instead, and the next address is tried all the same.
  private static let silent = "192.0.2.1"

  private func connect(
    _ addresses: [String], port: Int, within timeout: Duration = .seconds(60),
    attemptDelay: Duration = .milliseconds(20)
  ) async -> Result<String, StreamFailure> {
    let result = await loop.actor.perform(within: timeout) { _, deadline -> Result<String, StreamFailure> in
      do throws(StreamFailure) {
        let socket = try await Connector(deadline: deadline, attemptDelay: attemptDelay).connect(
          to: addresses.compactMap { IPAddress($0) }, port: port)
        defer { socket.close() }
        return .success(socket.peer)
      } catch {
        return .failure(error)
      }
    }
    loop.stop()
    return result
  }

  @Test("an address that refuses makes way for the next at once")
  func refusedFirst() async throws {
    let server = try SocketServer(address: "127.0.0.2") { $0.waitForEnd() }
    let result = await connect(["127.0.0.1", "127.0.0.2"], port: server.port, attemptDelay: .seconds(50))
    #expect(result == .success("127.0.0.2:\(server.port)"))
    withExtendedLifetime(server) {}
  }

  @Test("an address that does not answer is not waited for")
  func silentFirst() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let result = await connect([Self.silent, "127.0.0.1"], port: server.port)
    #expect(result == .success("127.0.0.1:\(server.port)"))
    withExtendedLifetime(server) {}
  }

  @Test("when all refuse, all are told")
  func allRefuse() async throws {
    let deaf = try DeafPort()
    let result = await connect(["127.0.0.1", "127.0.0.3"], port: deaf.port)
    #expect(
      result
        == .failure(
          .refused(
            "no address could be connected to: 127.0.0.1:\(deaf.port): connection refused, "
              + "127.0.0.3:\(deaf.port): connection refused")))
    withExtendedLifetime(deaf) {}
  }

  @Test("the deadline ends attempts that are under way")
  func deadline() async throws {
    let server = try FullBacklog()
    let result = await connect(["127.0.0.1"], port: server.port, within: .milliseconds(100))
    #expect(result == .failure(.wait(.deadline)))
    withExtendedLifetime(server) {}
  }

  @Test("an address of this machine's that is none cannot be connected from, and that is no fault of the target's")
  func foreignSource() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let port = server.port
    let failure = await loop.actor.perform(within: .seconds(60)) { _, deadline -> StreamFailure? in
      do throws(StreamFailure) {
        let connector = Connector(deadline: deadline, source: IPAddress("192.0.2.77"))
        try await connector.connect(to: [.loopbackV4], port: port).close()
        return nil
      } catch {
        return error
      }
    }
    #expect(
      failure
        == .fault(
          "source_ip \"192.0.2.77\" cannot be used to reach 127.0.0.1:\(port): cannot assign requested address"))
    loop.stop()
    withExtendedLifetime(server) {}
  }

  @Test("what connect(2) forbids this process is a fault of ours", arguments: [EACCES, EPERM, EMFILE, ENOBUFS])
  func forbidden(_ code: CInt) {
    #expect(TransportFault(call: "connect", errno: code).isOurs)
  }

  @Test("what the other side or the way to it answers is not", arguments: [ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT])
  func foreign(_ code: CInt) {
    #expect(!TransportFault(call: "connect", errno: code).isOurs)
    #expect(TransportFault(call: "epoll_ctl", errno: code).isOurs)
  }
}

/// A port whose server takes no connections, and has no room for more of them: connecting to it never ends.
private final class FullBacklog: LocalPort {
  let port: Int
  private let descriptors: [CInt]

  init() throws {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let listener = socket(AF_INET, type, 0)
    var descriptors = [listener]
    let isBound = SocketAddress(.loopbackV4, port: 0).withSocketAddress { bind(listener, $0, $1) } == 0
    guard isBound, listen(listener, 0) == 0, let address = SocketAddress(boundTo: listener) else {
      throw TestProgram.Failure(description: "no listening socket: \(errno)")
    }
    for _ in 0..<8 {
      let client = socket(AF_INET, type, 0)
      _ = address.withSocketAddress { connect(client, $0, $1) }
      descriptors.append(client)
    }
    port = Int(address.port)
    self.descriptors = descriptors
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }
}
