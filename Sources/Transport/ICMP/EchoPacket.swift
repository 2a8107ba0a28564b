/// Echo requests and replies as bytes (RFC 792, RFC 4443 section 4).
package struct EchoPacket: Sendable {
  /// Which numbers mean an echo.
  package enum Version: Hashable, Sendable {
    case v4
    case v6

    var request: UInt8 { self == .v4 ? 8 : 128 }
    var reply: UInt8 { self == .v4 ? 0 : 129 }
  }

  /// Which numbers mean an echo.
  let version: Version
  /// What tells our packets from those of others. A datagram socket puts its own number in its place (icmp(7)).
  let identifier: UInt16
  /// The data of every packet: a random cookie and then a pattern, or what was asked for.
  let payload: [UInt8]

  /// How much of the data is random: enough that nobody answers a packet that he has not seen.
  private static let cookieBytes = 16

  /// Packets with a fresh identifier and cookie.
  ///
  /// - Parameters:
  ///   - size: bytes of data.
  ///   - front: what the data begins with, as far as there is room, before zeros; in place of cookie and pattern.
  package init(version: Version, size: Int, front: [UInt8]? = nil) {
    self.version = version
    identifier = .random(in: 0 ... .max)
    var payload = [UInt8](repeating: 0, count: max(0, size))
    if let front {
      payload.replaceSubrange(..<min(front.count, payload.count), with: front.prefix(payload.count))
      self.payload = payload
      return
    }
    for index in payload.indices {
      payload[index] = index < Self.cookieBytes ? .random(in: 0 ... .max) : UInt8(truncatingIfNeeded: index)
    }
    self.payload = payload
  }

  /// One request.
  package func request(_ sequence: UInt16) -> [UInt8] {
    var bytes: [UInt8] = [version.request, 0, 0, 0]
    bytes.reserveCapacity(8 + payload.count)
    for number in [identifier, sequence] { bytes += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)] }
    bytes += payload
    // For version 6 the kernel sums up, since the addresses count too (RFC 3542 section 3.1).
    if version == .v4 {
      let sum = Self.checksum(bytes)
      bytes[2] = UInt8(sum >> 8)
      bytes[3] = UInt8(truncatingIfNeeded: sum)
    }
    return bytes
  }

  /// The sequence number that a reply answers; nil for everything that is no reply to one of our packets.
  ///
  /// - Parameters:
  ///   - bytes: from the ICMP header on.
  ///   - checksIdentifier: false where the kernel has put in its own number and delivers by it.
  package func sequence(ofReply bytes: some RandomAccessCollection<UInt8>, checksIdentifier: Bool) -> UInt16? {
    guard bytes.count == 8 + payload.count, bytes.first == version.reply, bytes.dropFirst().first == 0,
      bytes.dropFirst(8).elementsEqual(payload)
    else { return nil }
    return sequence(in: bytes, checksIdentifier: checksIdentifier)
  }

  /// The sequence number of the request that an error report quotes, of which eight bytes are certain (RFC 792).
  package func sequence(ofQuoted bytes: some RandomAccessCollection<UInt8>, checksIdentifier: Bool) -> UInt16? {
    guard bytes.first == version.request else { return nil }
    return sequence(in: bytes, checksIdentifier: checksIdentifier)
  }

  private func sequence(in bytes: some RandomAccessCollection<UInt8>, checksIdentifier: Bool) -> UInt16? {
    let numbers = Array(bytes.dropFirst(4).prefix(4))
    guard numbers.count == 4 else { return nil }
    let identifier = UInt16(numbers[0]) << 8 | UInt16(numbers[1])
    guard !checksIdentifier || identifier == self.identifier else { return nil }
    return UInt16(numbers[2]) << 8 | UInt16(numbers[3])
  }

  /// The internet checksum (RFC 1071).
  package static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    var index = 0
    while index + 1 < bytes.count {
      sum += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
      index += 2
    }
    if index < bytes.count { sum += UInt32(bytes[index]) << 8 }
    while sum > 0xffff { sum = (sum >> 16) + (sum & 0xffff) }
    return ~UInt16(sum)
  }
}
