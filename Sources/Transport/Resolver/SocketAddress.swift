package import Glibc

/// Where an internet socket connects to or is bound: an address and a port.
package struct SocketAddress: Hashable, Sendable {
  /// The host.
  package var ip: IPAddress
  /// 0 where any port will do.
  package var port: UInt16

  /// An address of both its parts.
  package init(_ ip: IPAddress, port: UInt16) {
    self.ip = ip
    self.port = port
  }

  /// Takes over what the kernel filled in; nil when the family is neither `AF_INET` nor `AF_INET6`.
  package init?(_ storage: sockaddr_storage) {
    switch CInt(storage.ss_family) {
    case AF_INET:
      let raw = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
      self.init(.v4(UInt32(bigEndian: raw.sin_addr.s_addr)), port: UInt16(bigEndian: raw.sin_port))
    case AF_INET6:
      let raw = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
      let (high, low) = withUnsafeBytes(of: raw.sin6_addr) { $0.loadUnaligned(as: (UInt64, UInt64).self) }
      let ip = IPAddress.v6(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low), scope: raw.sin6_scope_id)
      self.init(ip, port: UInt16(bigEndian: raw.sin6_port))
    default: return nil
    }
  }

  /// The address that a bound socket has (getsockname(2)), such as the port that 0 became; nil when there is none.
  package init?(boundTo descriptor: CInt) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutableBytes(of: &storage) { bytes in
      getsockname(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, &length)
    }
    guard code == 0 else { return nil }
    self.init(storage)
  }

  /// Lends it in the form that connect(2), bind(2) and sendto(2) take.
  package func withSocketAddress<Result, Failure: Error>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch ip {
    case .v4(let number):
      var raw = sockaddr_in()
      raw.sin_family = sa_family_t(AF_INET)
      raw.sin_port = port.bigEndian
      raw.sin_addr.s_addr = number.bigEndian
      return try Self.lend(&raw, to: body)
    case .v6(let high, let low, let scope):
      var raw = sockaddr_in6()
      raw.sin6_family = sa_family_t(AF_INET6)
      raw.sin6_port = port.bigEndian
      raw.sin6_scope_id = scope
      withUnsafeMutableBytes(of: &raw.sin6_addr) { bytes in
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      return try Self.lend(&raw, to: body)
    }
  }

  private static func lend<Raw, Result, Failure: Error>(
    _ raw: inout Raw, to body: (UnsafePointer<sockaddr>, socklen_t) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Every sockaddr_* begins like sockaddr, which is how the kernel tells them apart (socket(7)).
    try withUnsafePointer(to: &raw) { (pointer) throws(Failure) in
      try body(
        UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<Raw>.size))
    }
  }
}

extension SocketAddress: CustomStringConvertible {
  /// `192.0.2.1:53` or `[2001:db8::1]:53`.
  package var description: String { ip.isV6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}
