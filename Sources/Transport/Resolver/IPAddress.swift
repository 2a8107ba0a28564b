import Glibc
package import Model

/// An address of a host, as a value: what resolution gives and what a socket connects to.
package enum IPAddress: Hashable, Sendable {
  /// Four bytes as one number, the first byte highest.
  case v4(UInt32)
  /// Sixteen bytes as two numbers, the first byte highest, and the interface of a link-local address (RFC 4007); 0 when
  /// there is none.
  case v6(high: UInt64, low: UInt64, scope: UInt32)

  /// `127.0.0.1`
  package static let loopbackV4 = IPAddress.v4(0x7f00_0001)
  /// `::1`
  package static let loopbackV6 = IPAddress.v6(high: 0, low: 1, scope: 0)

  /// Reads `192.0.2.1`, `2001:db8::1` or `fe80::1%eth0` (inet_pton(3); RFC 4007 section 11); nil for everything else,
  /// brackets and the short forms of inet_aton(3) included.
  package init?(_ text: String) {
    // 45 bytes of address, a percent sign and the name of an interface.
    guard (2...64).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
    guard text.utf8.contains(UInt8(ascii: ":")) else {
      var address = in_addr()
      guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
      self = .v4(UInt32(bigEndian: address.s_addr))
      return
    }
    var address = in6_addr()
    var scope: UInt32 = 0
    if let percent = text.utf8.firstIndex(of: UInt8(ascii: "%")) {
      let zone = String(text[text.index(after: percent)...])
      scope = UInt32(zone) ?? if_nametoindex(zone)
      guard scope != 0, inet_pton(AF_INET6, String(text[..<percent]), &address) == 1 else { return nil }
    } else {
      guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
    }
    self = withUnsafeBytes(of: address) { IPAddress(v6: $0, scope: scope) }
  }

  /// An address as it stands in a packet: 4 or 16 bytes, in network order.
  package init?(bytes: some Collection<UInt8>) {
    switch bytes.count {
    case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    case 16:
      let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      self = .v6(high: high, low: bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }, scope: 0)
    default: return nil
    }
  }

  private init(v6 bytes: UnsafeRawBufferPointer, scope: UInt32) {
    self = .v6(
      high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), scope: scope)
  }

  /// Whether it is one of version 6.
  package var isV6: Bool {
    if case .v6 = self { true } else { false }
  }

  /// `v4` or `v6`.
  package var family: AddressFamily { isV6 ? .v6 : .v4 }

  /// The first argument of socket(2) for it: `AF_INET` or `AF_INET6`.
  package var domain: CInt { isV6 ? AF_INET6 : AF_INET }

  /// The interface of a link-local address; 0 when there is none.
  var scope: UInt32 {
    if case .v6(_, _, let scope) = self { scope } else { 0 }
  }

  /// The address without the interface.
  var withoutScope: IPAddress {
    if case .v6(let high, let low, _) = self { .v6(high: high, low: low, scope: 0) } else { self }
  }

  /// Whether packets to it never leave the machine (127.0.0.0/8, `::1`).
  package var isLoopback: Bool {
    switch self {
    case .v4(let number): number >> 24 == 127
    case .v6(let high, let low, _): high == 0 && low == 1
    }
  }

  /// The address in a packet: 4 or 16 bytes, in network order.
  package var bytes: [UInt8] {
    switch self {
    case .v4(let number): withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) }
    case .v6(let high, let low, _): withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }
  }
}

extension IPAddress: CustomStringConvertible {
  /// The canonical text (RFC 5952), without brackets; a scope by the interface's name.
  package var description: String {
    switch self {
    case .v4(let number):
      return "\(number >> 24).\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
    case .v6(let high, let low, let scope):
      var address = in6_addr()
      withUnsafeMutableBytes(of: &address) { bytes in
        bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
        bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
        inet_ntop(AF_INET6, &address, buffer.baseAddress, socklen_t(INET6_ADDRSTRLEN)).map { String(cString: $0) } ?? ""
      }
      return scope == 0 ? text : "\(text)%\(Self.interfaceName(scope))"
    }
  }

  private static func interfaceName(_ index: UInt32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
      if_indextoname(index, buffer.baseAddress).map { String(cString: $0) } ?? String(index)
    }
  }
}
