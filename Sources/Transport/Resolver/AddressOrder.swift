import CLinux
import Glibc

/// In which order addresses are tried: RFC 6724, as far as it matters to somebody who tries all of them.
///
/// Addresses of one family stay as the name server gave them, which is how it spreads the load. Of two families, an address
/// that this machine has no road to comes last (rule 1); then precedence decides (rule 6), which puts IPv6 first; then the
/// smaller scope (rule 8). Rules that compare source addresses (2, 3, 4, 5, 7, 9) are left out.
package enum AddressOrder {
  /// The addresses, the one to be tried first in front.
  package static func sorted(_ addresses: [IPAddress]) -> [IPAddress] {
    guard let first = addresses.first, addresses.contains(where: { $0.isV6 != first.isV6 }) else { return addresses }
    let ranked = addresses.enumerated().map { index, address in
      (
        rank: (hasRoute(to: address) ? 0 : 1, -precedence(of: address), scope(of: address)), index: index,
        address: address
      )
    }
    return ranked.sorted { $0.rank == $1.rank ? $0.index < $1.index : $0.rank < $1.rank }.map(\.address)
  }

  /// Connecting a datagram socket sends nothing and tells whether there is a route and a source address (udp(7)).
  private static func hasRoute(to address: IPAddress) -> Bool {
    let descriptor = socket(address.domain, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return SocketAddress(address, port: 53).withSocketAddress { connect(descriptor, $0, $1) } == 0
  }

  /// RFC 6724 section 2.1.
  package static func precedence(of address: IPAddress) -> Int {
    guard case .v6(let high, let low, _) = address else { return 35 }
    switch high {
    case 0 where low == 1: return 50
    case 0 where low >> 32 == 0xffff: return 35
    case 0 where low >> 32 == 0: return 1
    default: break
    }
    if high >> 57 == 0xfc >> 1 { return 3 }
    if high >> 48 == 0x2002 { return 30 }
    if high >> 32 == 0x2001_0000 { return 5 }
    if high >> 54 == 0xfec0 >> 6 || high >> 48 == 0x3ffe { return 1 }
    return 40
  }

  /// RFC 6724 section 3.1: link-local 2, site-local 5, global 14; loopback counts as link-local.
  package static func scope(of address: IPAddress) -> Int {
    switch address {
    case .v4(let number): number >> 24 == 127 || number >> 16 == 0xa9fe ? 2 : 14
    case .v6(let high, _, _):
      address.isLoopback || high >> 54 == 0xfe80 >> 6 ? 2 : high >> 54 == 0xfec0 >> 6 ? 5 : 14
    }
  }
}
