import CLinux
import Glibc

/// A socket that sends echo requests to one address and sees what answers them (icmp(7), raw(7)).
///
/// A datagram socket, which needs no privilege but a group in `net.ipv4.ping_group_range`; else a raw one. Used on its
/// deadline's loop alone; to be closed.
package final class ICMPSocket: ReadinessHandler {
  /// What came in.
  package enum Event {
    /// An answer to the packet of that number.
    case reply(sequence: UInt16, received: Int64, hopLimit: Int?)
    /// Somebody on the way reports that the packet of that number did not arrive.
    case report(sequence: UInt16, ICMPReport)
  }

  private let deadline: Deadline
  private let packet: EchoPacket
  private let isRaw: Bool
  private var descriptor: CInt

  /// Opens a socket to an address.
  ///
  /// - Parameters:
  ///   - source: the local address to send from; the kernel's choice when nil. Where it cannot be used, the fault is one
  ///     of `bind`.
  ///   - packet: what its requests look like.
  ///   - ttl: the hop limit of requests; the system's when nil.
  ///   - dontFragment: whether a packet that is too large for the path is reported and not split.
  package init(
    to address: IPAddress, from source: IPAddress? = nil, packet: EchoPacket, ttl: Int?, dontFragment: Bool,
    deadline: Deadline
  ) throws(ICMPFailure) {
    deadline.loop.preconditionOnLoop("An ICMP socket")
    self.deadline = deadline
    self.packet = packet
    let protocolNumber = address.isV6 ? CInt(IPPROTO_ICMPV6) : CInt(IPPROTO_ICMP)
    let flags = CInt(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    var descriptor = socket(address.domain, CInt(SOCK_DGRAM.rawValue) | flags, protocolNumber)
    var isRaw = false
    if descriptor < 0, Self.isRefusal(errno) {
      descriptor = socket(address.domain, CInt(SOCK_RAW.rawValue) | flags, protocolNumber)
      isRaw = true
      if descriptor < 0, Self.isRefusal(errno) { throw .notPermitted }
    }
    guard descriptor >= 0 else { throw .socket(TransportFault(call: "socket", errno: errno)) }
    self.isRaw = isRaw
    self.descriptor = descriptor
    do throws(TransportFault) {
      try configure(isV6: address.isV6, ttl: ttl, dontFragment: dontFragment)
      if let source, SocketAddress(source, port: 0).withSocketAddress({ bind(descriptor, $0, $1) }) != 0 {
        throw TransportFault(call: "bind", errno: errno)
      }
      // The kernel then drops what comes from elsewhere, and reports what happened on the way to this address only.
      guard SocketAddress(address, port: 0).withSocketAddress({ connect(descriptor, $0, $1) }) == 0 else {
        throw TransportFault(call: "connect", errno: errno)
      }
      try deadline.loop.watch(descriptor, for: .readable, handler: self)
    } catch {
      Glibc.close(descriptor)
      self.descriptor = -1
      throw .socket(error)
    }
  }

  deinit {
    assert(descriptor < 0, "An ICMP socket was not closed.")
  }

  /// Has to be called, since the loop holds on to what it watches.
  package func close() {
    guard descriptor >= 0 else { return }
    deadline.loop.unwatch(descriptor, isClosing: true)
    Glibc.close(descriptor)
    descriptor = -1
  }

  package func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    deadline.wake()
  }

  /// EACCES: no group in the range; EPERM: no CAP_NET_RAW; EPROTONOSUPPORT: a kernel without ping sockets.
  private static func isRefusal(_ code: CInt) -> Bool {
    code == EACCES || code == EPERM || code == EPROTONOSUPPORT
  }

  private func configure(isV6: Bool, ttl: Int?, dontFragment: Bool) throws(TransportFault) {
    let level = isV6 ? CInt(IPPROTO_IPV6) : CInt(IPPROTO_IP)
    try set(level, isV6 ? IPV6_RECVERR : IP_RECVERR, 1)
    try set(level, isV6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL, 1)
    try set(SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if let ttl { try set(level, isV6 ? IPV6_UNICAST_HOPS : IP_TTL, CInt(clamping: ttl)) }
    if dontFragment {
      try set(level, isV6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, isV6 ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO)
    }
    guard isRaw else { return }
    // A raw socket sees every ICMP packet of the machine; all types but the reply are filtered out.
    if isV6 {
      var filter = icmp6_filter()
      withUnsafeMutableBytes(of: &filter) { bytes in
        for index in bytes.indices { bytes[index] = 0xff }
        let word = Int(EchoPacket.Version.v6.reply >> 5) * 4
        let old = bytes.load(fromByteOffset: word, as: UInt32.self)
        bytes.storeBytes(
          of: old & ~(1 << UInt32(EchoPacket.Version.v6.reply & 31)), toByteOffset: word, as: UInt32.self)
      }
      guard
        setsockopt(
          descriptor, CInt(IPPROTO_ICMPV6), ICMP6_FILTER, &filter, socklen_t(MemoryLayout<icmp6_filter>.size)) == 0
      else { throw TransportFault(call: "setsockopt", errno: errno) }
    } else {
      // raw(7): SOL_RAW 255, ICMP_FILTER 1, a mask of the types to drop.
      try set(255, 1, CInt(bitPattern: ~(1 << UInt32(EchoPacket.Version.v4.reply))))
    }
  }

  private func set(_ level: CInt, _ option: CInt, _ value: CInt) throws(TransportFault) {
    var value = value
    guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) == 0 else {
      throw TransportFault(call: "setsockopt", errno: errno)
    }
  }

  /// Sends the request of that number.
  ///
  /// - Returns: what the kernel has against it, such as no route; nil when it is on its way.
  package func send(_ sequence: UInt16) -> TransportFault? {
    let bytes = packet.request(sequence)
    // An error that was reported for an earlier packet comes out of the next call; it stands in the error queue too.
    for _ in 0..<2 {
      if Glibc.send(descriptor, bytes, bytes.count, 0) >= 0 { return nil }
      if errno == EAGAIN || errno == EMSGSIZE { break }
    }
    return TransportFault(call: "send", errno: errno)
  }

  /// What has arrived, at most `limit` packets of whatever kind; to be called after a wait.
  package func receive(limit: Int = 16) -> [Event] {
    var events: [Event] = []
    for isError in [true, false] {
      for _ in 0..<limit {
        guard let message = message(fromErrorQueue: isError) else { break }
        if let event = event(message, isError: isError) { events.append(event) }
      }
    }
    return events
  }

  private func event(_ message: SocketMessage, isError: Bool) -> Event? {
    var bytes = message.bytes[...]
    if isError {
      guard let report = message.report,
        let sequence = packet.sequence(ofQuoted: bytes, checksIdentifier: isRaw)
      else { return nil }
      return .report(sequence: sequence, report)
    }
    var hopLimit = message.hopLimit
    if isRaw, packet.version == .v4 {
      // A raw socket of version 4 gives the packet from the IP header on (raw(7)).
      guard bytes.count >= 20 else { return nil }
      hopLimit = hopLimit ?? Int(bytes[8])
      bytes = bytes.dropFirst(Int(bytes[0] & 15) * 4)
    }
    guard let sequence = packet.sequence(ofReply: bytes, checksIdentifier: isRaw) else { return nil }
    return .reply(sequence: sequence, received: message.received, hopLimit: hopLimit)
  }

  private func message(fromErrorQueue: Bool) -> SocketMessage? {
    let flags = fromErrorQueue ? CInt(MSG_ERRQUEUE) : 0
    // Room for the packet that is expected; a longer one is cut and thereby no answer of ours.
    let capacity = 60 + 8 + packet.payload.count + 1
    for _ in 0..<2 {
      let message = SocketMessage.receive(from: descriptor, capacity: capacity, flags: flags)
      // The error of an earlier packet, which the error queue tells in full.
      if message == nil, !fromErrorQueue, errno != EAGAIN { continue }
      return message
    }
    return nil
  }
}

/// Why there is no socket.
package enum ICMPFailure: Error, Hashable {
  /// Neither kind of socket is allowed to this process.
  case notPermitted
  /// The kernel said no: `ENETUNREACH` when there is no route.
  case socket(TransportFault)
}

/// What somebody on the way tells about a packet that did not arrive (RFC 792, RFC 4443).
package struct ICMPReport: Hashable, Sendable {
  /// Who reports it; nil for this machine.
  package var reporter: IPAddress?
  /// What the kernel makes of it, an errno(3).
  package var code: CInt
  /// Whether the hop limit was used up on the way.
  package var isHopLimit: Bool

  /// "192.0.2.1 reports: no route to host".
  package var words: String {
    let what = isHopLimit ? "the hop limit (ttl) was used up" : SystemError.words(code)
    return reporter.map { "\($0) reports: \(what)" } ?? what
  }
}
