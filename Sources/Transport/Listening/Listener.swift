import CLinux
import Glibc
import Model

/// A listening TCP socket on a loop, for the servers that Curlew brings along itself.
package final class Listener: Sendable {
  /// Where it listens; the port is the real one where 0 was asked for.
  package let address: SocketAddress
  private let loop: EventLoop
  private let descriptor: CInt
  /// How long to wait for descriptors, of which there are none left.
  private static let pause = Duration.milliseconds(100)

  /// Binds and listens.
  ///
  /// - Throws: a fault of bind(2), such as EADDRINUSE.
  package init(on address: SocketAddress, loop: EventLoop) throws(TransportFault) {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ip.domain, type, 0)
    guard descriptor >= 0 else { throw TransportFault(call: "socket", errno: errno) }
    var yes: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    let isBound = address.withSocketAddress { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 1024) == 0
    guard isBound, let bound = SocketAddress(boundTo: descriptor) else {
      let code = errno
      close(descriptor)
      throw TransportFault(call: "bind", errno: code)
    }
    self.address = bound
    self.loop = loop
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Serves every connection until the task is cancelled.
  ///
  /// - Parameters:
  ///   - timeout: what bounds one connection.
  ///   - handle: speaks with the peer, on the loop's thread; the socket is closed when it returns.
  package func serve(
    within timeout: Duration = .seconds(10), _ handle: @escaping @Sendable (StreamSocket) async -> Void
  ) async {
    await withDiscardingTaskGroup { group in
      while let connection = await accept() {
        group.addTask { [loop] in
          await loop.actor.perform(within: timeout) { _, deadline in
            let adopted = try? StreamSocket(
              adopting: connection, peer: "a client", address: nil, deadline: deadline)
            guard let socket = adopted else { return }
            await handle(socket)
            socket.close()
          }
        }
      }
      group.cancelAll()
    }
  }

  /// The next connection's descriptor; nil once the task is cancelled.
  private func accept() async -> CInt? {
    await loop.actor.perform(within: .days(365)) { [descriptor] actor, deadline in
      let handler = AcceptHandler(deadline: deadline)
      defer { actor.loop.unwatch(descriptor) }
      while true {
        // accept(2) passes on errors of the new connection; the next one may be well.
        let connection = Glibc.accept(descriptor, nil, nil)
        if connection >= 0 {
          _ = fcntl(connection, F_SETFL, O_NONBLOCK)
          _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
          return connection
        }
        let code = errno
        do {
          guard [EAGAIN, EINTR, ECONNABORTED].contains(code) else {
            // Without a descriptor the connection stays where it is, and the socket ready: told again and again of it, the loop
            // would do nothing else.
            actor.loop.unwatch(descriptor)
            try await deadline.sleep(until: EventLoop.now + Self.pause.nanoseconds)
            continue
          }
          try actor.loop.watch(descriptor, for: .readable, handler: handler)
          _ = try await deadline.wait()
        } catch {
          return nil
        }
      }
    }
  }
}

/// Wakes whoever waits for a connection.
private final class AcceptHandler: ReadinessHandler {
  private let deadline: Deadline

  init(deadline: Deadline) {
    self.deadline = deadline
  }

  func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    deadline.wake()
  }
}
