import Glibc

/// IP addresses as text, for who holds addresses against one another without opening sockets.
package enum AddressText {
  /// The address in network order, 4 bytes or 16; nil for what is no address (inet_pton(3)). A scope (`fe80::1%eth0`,
  /// RFC 4007 section 11) says through which door, not where to, and is left out.
  package static func bytes(of text: some StringProtocol) -> [UInt8]? {
    let plain = text.prefix { $0 != "%" }
    // inet_pton(3) reads up to a NUL, and no address has more than 45 bytes.
    guard (2...45).contains(plain.utf8.count), !plain.utf8.contains(0) else { return nil }
    let isV6 = plain.utf8.contains(UInt8(ascii: ":"))
    guard isV6 || plain.endIndex == text.endIndex else { return nil }
    var bytes = [UInt8](repeating: 0, count: isV6 ? 16 : 4)
    let isRead = String(plain).withCString { text in
      bytes.withUnsafeMutableBytes { inet_pton(isV6 ? AF_INET6 : AF_INET, text, $0.baseAddress) == 1 }
    }
    return isRead ? bytes : nil
  }

  /// The address as text, without brackets (inet_ntop(3)); empty when there are neither 4 nor 16 bytes.
  package static func text(of bytes: [UInt8]) -> String {
    guard bytes.count == 4 || bytes.count == 16 else { return "" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, buffer.baseAddress, socklen_t(buffer.count))
        .map { String(cString: $0) } ?? ""
    }
  }
}
