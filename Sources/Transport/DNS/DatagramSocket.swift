import CLinux
import Glibc

/// A UDP socket with one peer: the kernel drops what anybody else sends (udp(7), connect(2)), picks a random port, and
/// reports an unreachable port as an error. Used on its deadline's loop alone; to be closed.
package final class DatagramSocket: ReadinessHandler {
  private let deadline: Deadline
  private var descriptor: CInt
  /// Whether something may lie there unread. Told once for each arrival: what is left alone for a while, because another wait is
  /// under way, must not wake the loop again and again.
  private var isReadable = false
  /// Whether what lay there when an earlier end had come was looked at.
  private var hasSeenLate = false

  /// A socket that talks to one address.
  ///
  /// - Parameter source: the local address to talk from; the kernel's choice when nil. Where it cannot be used, the fault
  ///   is one of `bind`.
  package init(
    to address: SocketAddress, from source: IPAddress? = nil, deadline: Deadline
  ) throws(DatagramFailure) {
    deadline.loop.preconditionOnLoop()
    self.deadline = deadline
    descriptor = socket(
      address.ip.domain, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .socket(TransportFault(call: "socket", errno: errno)) }
    do throws(TransportFault) {
      if let source {
        guard SocketAddress(source, port: 0).withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else {
          throw TransportFault(call: "bind", errno: errno)
        }
      }
      guard address.withSocketAddress({ connect(descriptor, $0, $1) }) == 0 else {
        throw TransportFault(call: "connect", errno: errno)
      }
      try deadline.loop.watch(descriptor, for: [.readable, .edgeTriggered], handler: self)
    } catch {
      Glibc.close(descriptor)
      descriptor = -1
      throw .socket(error)
    }
  }

  deinit {
    assert(descriptor < 0, "A datagram socket was not closed.")
  }

  /// Has to be called, since the loop holds on to what it watches.
  package func close() {
    guard descriptor >= 0 else { return }
    deadline.loop.unwatch(descriptor, isClosing: true)
    Glibc.close(descriptor)
    descriptor = -1
  }

  package func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    isReadable = true
    deadline.wake()
  }

  /// Sends one datagram.
  package func send(_ bytes: [UInt8]) throws(DatagramFailure) {
    while Glibc.send(descriptor, bytes, bytes.count, 0) < 0 {
      if errno == EINTR { continue }
      throw .socket(TransportFault(call: "send", errno: errno))
    }
  }

  /// Waits until something may have arrived.
  ///
  /// - Parameter soonest: an earlier end for this wait alone, in nanoseconds of `EventLoop.now`.
  /// - Returns: false when the earlier end came first.
  package func wait(until soonest: Int64? = nil) async throws(DatagramFailure) -> Bool {
    do {
      while !isReadable {
        guard try await deadline.wait(until: soonest) else { return false }
        if isReadable { return true }
      }
      // The rest of a burst, which others of the loop need not wait for; or what came before this wait. When the time is up it
      // is looked at once more, and however much more comes, for no longer.
      _ = try await deadline.wait(until: EventLoop.now)
      guard let soonest, EventLoop.now >= soonest else { return true }
      defer { hasSeenLate = true }
      return !hasSeenLate
    } catch {
      throw .wait(error)
    }
  }

  /// The next datagram that has arrived; nil when there is none yet.
  package func receive() throws(DatagramFailure) -> [UInt8]? {
    guard isReadable else { return nil }
    // Asking for the size first costs a system call; lending a large block that is mostly never touched does not.
    let capacity = 65_535
    return try withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { (buffer) throws(DatagramFailure) in
      while true {
        let count = recv(descriptor, buffer.baseAddress, capacity, 0)
        if count >= 0 { return [UInt8](buffer[..<count]) }
        switch errno {
        case EINTR: continue
        case EAGAIN:
          isReadable = false
          return nil
        default: throw .socket(TransportFault(call: "recv", errno: errno))
        }
      }
    }
  }
}

/// Why a datagram did not go out or come in.
package enum DatagramFailure: Error, Hashable {
  /// The deadline or a cancellation came first.
  case wait(WaitFailure)
  /// The kernel said no: `ECONNREFUSED` when the peer's machine told that nobody listens there.
  case socket(TransportFault)
}
