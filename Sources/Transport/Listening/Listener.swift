import Glibc
import Model

/// A listening TCP socket on a loop, for the servers that Curlew brings along itself.
package final class Listener: Sendable {
  private let loop: EventLoop
  private let socket: BoundSocket
  /// How long to wait for descriptors, of which there are none left.
  private static let pause = Duration.milliseconds(100)

  /// Binds and listens.
  ///
  /// - Throws: a fault of bind(2) or listen(2), such as EADDRINUSE.
  package init(on address: SocketAddress, loop: EventLoop) throws(TransportFault) {
    socket = try BoundSocket(.stream, at: address)
    self.loop = loop
    guard listen(socket.descriptor, 1024) == 0 else { throw TransportFault(call: "listen", errno: errno) }
  }

  /// Where it listens; the port is the real one where 0 was asked for.
  package var address: SocketAddress { socket.address }

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
    await loop.actor.perform(within: .days(365)) { [descriptor = socket.descriptor] actor, deadline in
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
