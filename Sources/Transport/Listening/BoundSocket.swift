import Glibc

/// A socket that is bound to an address of this machine, does not block, and is closed with its last owner.
package final class BoundSocket: Sendable {
  /// What travels through it.
  package enum Kind: Sendable {
    case stream, datagrams
  }

  /// Where it is bound; the port is the real one where 0 was asked for.
  package let address: SocketAddress
  /// For poll(2) and the like; it is not to be closed.
  package let descriptor: CInt

  /// Binds a new socket.
  ///
  /// - Throws: a fault of bind(2), such as EADDRINUSE.
  package init(_ kind: Kind, at address: SocketAddress) throws(TransportFault) {
    let type = CInt(
      (kind == .stream ? SOCK_STREAM : SOCK_DGRAM).rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ip.domain, type, 0)
    guard descriptor >= 0 else { throw TransportFault(call: "socket", errno: errno) }
    if kind == .stream {
      // A port whose old connections are still on their way out may be taken again. Datagrams need no such leave, and
      // would be shared with whoever else has it.
      var yes: CInt = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    }
    let isBound = address.withSocketAddress { bind(descriptor, $0, $1) } == 0
    guard isBound, let bound = SocketAddress(boundTo: descriptor) else {
      let code = errno
      close(descriptor)
      throw TransportFault(call: "bind", errno: code)
    }
    self.address = bound
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
