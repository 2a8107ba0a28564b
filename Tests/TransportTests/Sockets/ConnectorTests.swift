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
  func deadline() async {
    let result = await connect(["127.0.0.1"], port: 1, within: .zero)
    #expect([.failure(.wait(.deadline)), .failure(.refused("connection to 127.0.0.1:1 refused"))].contains(result))
  }
}
