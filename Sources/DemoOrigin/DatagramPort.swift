import CLinux
import Glibc
import Transport

/// A bound UDP socket that is closed with its last owner.
final class DatagramPort: Sendable {
  /// Where it is bound; the port is the real one where 0 was asked for.
  let address: SocketAddress
  let descriptor: CInt

  init(at address: SocketAddress) throws(TransportFault) {
    let type = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.ip.isV6 ? AF_INET6 : AF_INET, type, 0)
    guard descriptor >= 0 else { throw TransportFault(call: "socket", errno: errno) }
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
