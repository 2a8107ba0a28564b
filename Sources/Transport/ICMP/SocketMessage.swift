import CLinux
import Glibc

/// A packet with what the kernel tells about it (recvmsg(2), cmsg(3)).
struct SocketMessage {
  private(set) var bytes: [UInt8]
  /// When it arrived, in nanoseconds of `EventLoop.now`.
  private(set) var received: Int64
  private(set) var hopLimit: Int?
  private(set) var report: ICMPReport?

  /// The next message; nil with errno when there is none.
  ///
  /// - Parameter capacity: what is longer is cut.
  static func receive(from descriptor: CInt, capacity: Int, flags: CInt) -> SocketMessage? {
    withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { data in
      withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { control in
        var vector = iovec(iov_base: data.baseAddress, iov_len: data.count)
        return withUnsafeMutablePointer(to: &vector) { vector in
          var header = msghdr()
          header.msg_iov = vector
          header.msg_iovlen = 1
          header.msg_control = control.baseAddress
          header.msg_controllen = control.count
          let count = recvmsg(descriptor, &header, flags)
          guard count >= 0 else { return nil }
          var message = SocketMessage(bytes: Array(data[..<count]), received: EventLoop.now)
          message.read(UnsafeRawBufferPointer(rebasing: control[..<min(control.count, Int(header.msg_controllen))]))
          return message
        }
      }
    }
  }

  private init(bytes: [UInt8], received: Int64) {
    self.bytes = bytes
    self.received = received
  }

  /// Goes through the control messages: length, level and kind, then data, each aligned to a word (cmsg(3)).
  private mutating func read(_ control: UnsafeRawBufferPointer) {
    let headerBytes = MemoryLayout<cmsghdr>.size
    var offset = 0
    while offset + headerBytes <= control.count {
      let header = control.loadUnaligned(fromByteOffset: offset, as: cmsghdr.self)
      let length = Int(header.cmsg_len)
      guard length >= headerBytes, offset + length <= control.count else { return }
      let data = UnsafeRawBufferPointer(rebasing: control[(offset + headerBytes)..<(offset + length)])
      take(data, level: header.cmsg_level, kind: header.cmsg_type)
      offset += (length + 7) & ~7
    }
  }

  private mutating func take(_ data: UnsafeRawBufferPointer, level: CInt, kind: CInt) {
    switch (level, kind) {
    case (SOL_SOCKET, SO_TIMESTAMPNS) where data.count >= MemoryLayout<timespec>.size:
      let stamp = data.loadUnaligned(as: timespec.self)
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      let age = Int64(now.tv_sec - stamp.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec - stamp.tv_nsec)
      // The stamp is on the wall clock; one that was set meanwhile tells nothing. The other clock is read after it: a thread
      // that is held up in between makes the way seem longer, and never shorter than it was.
      if age > 0, age < 1_000_000_000 { received = EventLoop.now - age }
    case (CInt(IPPROTO_IP), IP_TTL), (CInt(IPPROTO_IPV6), IPV6_HOPLIMIT):
      if data.count >= MemoryLayout<CInt>.size { hopLimit = Int(data.loadUnaligned(as: CInt.self)) }
    case (CInt(IPPROTO_IP), IP_RECVERR), (CInt(IPPROTO_IPV6), IPV6_RECVERR):
      guard data.count >= MemoryLayout<sock_extended_err>.size else { return }
      let error = data.loadUnaligned(as: sock_extended_err.self)
      let isICMP = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6
      // RFC 792: time exceeded is 11; RFC 4443: 3.
      let isHopLimit = error.ee_origin == SO_EE_ORIGIN_ICMP ? error.ee_type == 11 : isICMP && error.ee_type == 3
      report = ICMPReport(
        reporter: isICMP ? Self.offender(in: data) : nil, code: CInt(bitPattern: error.ee_errno),
        isHopLimit: isHopLimit)
    default: return
    }
  }

  /// The reporter's address, which stands behind the error (ip(7), SO_EE_OFFENDER).
  private static func offender(in data: UnsafeRawBufferPointer) -> IPAddress? {
    var storage = sockaddr_storage()
    let rest = data.dropFirst(MemoryLayout<sock_extended_err>.size)
    guard !rest.isEmpty else { return nil }
    withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: rest.prefix($0.count)) }
    return SocketAddress(storage)?.ip
  }
}
