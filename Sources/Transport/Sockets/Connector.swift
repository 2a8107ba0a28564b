import CLinux
import Glibc
import Model

/// Makes connections: to the first of several addresses that answers ("happy eyeballs", RFC 8305), or to a path.
package struct Connector {
  /// How long one attempt has the road for itself (RFC 8305 section 5).
  package static let attemptDelay = Duration.milliseconds(250)

  private let deadline: Deadline
  /// The local address to connect from.
  private let source: IPAddress?
  private let attemptDelay: Int64

  /// A connector for one exchange.
  ///
  /// - Parameters:
  ///   - source: the local address to connect from; the kernel's choice when nil.
  ///   - attemptDelay: how long an attempt is waited for before the next address is tried beside it.
  package init(deadline: Deadline, source: IPAddress? = nil, attemptDelay: Duration = Connector.attemptDelay) {
    self.deadline = deadline
    self.source = source
    self.attemptDelay = attemptDelay.nanoseconds
  }

  /// Connects to whichever address answers first; later ones are tried when an earlier one fails or is slow.
  ///
  /// - Precondition: there is at least one address.
  package func connect(to addresses: [IPAddress], port: Int) async throws(StreamFailure) -> StreamSocket {
    precondition(!addresses.isEmpty, "There is no address to connect to.")
    var waiting = Self.interleaved(addresses)[...]
    var attempts: [StreamSocket] = []
    var failures: [(address: SocketAddress, code: CInt)] = []
    defer { for attempt in attempts { attempt.close() } }
    var nextStart: Int64 = 0
    while true {
      // The winner is looked for before another attempt begins.
      var index = attempts.startIndex
      while index < attempts.endIndex {
        guard attempts[index].hasConnectEnded else {
          index += 1
          continue
        }
        let attempt = attempts.remove(at: index)
        let code = attempt.takeError()
        if code == 0 { return attempt }
        attempt.close()
        if let ip = attempt.address { failures.append((SocketAddress(ip, port: UInt16(port)), code)) }
        nextStart = 0
      }
      if !waiting.isEmpty, EventLoop.now >= nextStart {
        let address = SocketAddress(waiting.removeFirst(), port: UInt16(port))
        switch begin(address) {
        case .success(let attempt):
          attempts.append(attempt)
          nextStart = EventLoop.now + attemptDelay
        case .failure(.code(let code)): failures.append((address, code))
        case .failure(.other(let failure)): throw failure
        }
        continue
      }
      if attempts.isEmpty && waiting.isEmpty { throw Self.failure(of: failures) }
      do {
        _ = try await deadline.wait(until: waiting.isEmpty ? nil : nextStart)
      } catch {
        throw .wait(error)
      }
    }
  }

  /// The addresses with the families taking turns, the first one's family first (RFC 8305 section 4).
  package static func interleaved(_ addresses: [IPAddress]) -> [IPAddress] {
    guard addresses.count > 2, let first = addresses.first else { return addresses }
    var leading = addresses.filter { $0.isV6 == first.isV6 }[...]
    var others = addresses.filter { $0.isV6 != first.isV6 }[...]
    var result: [IPAddress] = []
    while let next = leading.popFirst() {
      result.append(next)
      if let other = others.popFirst() { result.append(other) }
    }
    return result + others
  }

  private enum BeginFailure: Error {
    case code(CInt)
    case other(StreamFailure)
  }

  private func begin(_ address: SocketAddress) -> Result<StreamSocket, BeginFailure> {
    let descriptor = socket(
      address.ip.domain, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      // EAFNOSUPPORT: a machine without IPv6, where the next address may do.
      if errno == EAFNOSUPPORT { return .failure(.code(errno)) }
      return .failure(.other(.fault("a socket for \(address): \(SystemError.words(errno))")))
    }
    var on: CInt = 1
    // A dialogue is made of small messages, each of which is waited for (tcp(7), TCP_NODELAY).
    setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    if let source {
      // Leaves the choice of the port to connect(2), where all four parts of the connection are known (ip(7)).
      setsockopt(descriptor, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &on, socklen_t(MemoryLayout<CInt>.size))
      let code = SocketAddress(source, port: 0).withSocketAddress { bind(descriptor, $0, $1) }
      guard code == 0 else {
        let code = errno
        close(descriptor)
        return .failure(
          .other(.fault("source_ip \"\(source)\" cannot be used to reach \(address): \(SystemError.words(code))")))
      }
    }
    let code = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
    guard code == 0 || errno == EINPROGRESS else {
      let code = errno
      close(descriptor)
      if code == EADDRNOTAVAIL, !address.ip.isV6 {
        return .failure(.other(.fault("no local port is free to reach \(address): \(SystemError.words(code))")))
      }
      return .failure(.code(code))
    }
    do {
      return .success(
        try StreamSocket(adopting: descriptor, peer: address.description, address: address.ip, deadline: deadline))
    } catch {
      return .failure(.other(error))
    }
  }

  /// Whether connect(2) told of this machine alone: no memory, or a packet filter that lets this process not out.
  private static func isOurs(_ code: CInt) -> Bool { TransportFault(call: "connect", errno: code).isOurs }

  private static func failure(of failures: [(address: SocketAddress, code: CInt)]) -> StreamFailure {
    if failures.count == 1, let (address, code) = failures.first {
      if code == ECONNREFUSED { return .refused("connection to \(address) refused") }
      let message = "connection to \(address) failed: \(SystemError.words(code))"
      return isOurs(code) ? .fault(message) : .unreachable(message)
    }
    let shown = failures.prefix(4).map { "\($0.address): \(SystemError.words($0.code))" }
    let rest = failures.count > shown.count ? " and \(failures.count - shown.count) more" : ""
    let message = "no address could be connected to: \(shown.joined(separator: ", "))\(rest)"
    // An address that this machine kept from being tried might have answered.
    if failures.contains(where: { isOurs($0.code) }) { return .fault(message) }
    return failures.contains { $0.code == ECONNREFUSED } ? .refused(message) : .unreachable(message)
  }

  // MARK: Paths

  /// How long to wait before a full backlog is tried again; unix(7) gives no event for it.
  private static let backlogPause = Duration.milliseconds(10)

  /// Connects to a Unix stream socket (unix(7)).
  package func connect(toPath path: String) async throws(StreamFailure) -> StreamSocket {
    let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    guard (1...limit).contains(path.utf8.count), !path.utf8.contains(0) else {
      throw .unusable("the path \"\(path)\" cannot be a socket's: 1 to \(limit) bytes are allowed")
    }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .fault("a socket for \(path): \(SystemError.words(errno))") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    while true {
      let code = withUnsafePointer(to: &address) {
        Glibc.connect(
          descriptor, UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self),
          socklen_t(MemoryLayout<sockaddr_un>.size))
      }
      if code == 0 { return try StreamSocket(adopting: descriptor, peer: path, address: nil, deadline: deadline) }
      let failed = errno
      // EAGAIN means a full backlog, which a server that is alive will empty.
      guard failed == EAGAIN else {
        close(descriptor)
        if failed == ECONNREFUSED { throw .refused("connection to \(path) refused: nobody listens on the socket") }
        let message =
          failed == EACCES || failed == EPERM
          ? "permission denied connecting to unix socket \(path)"
          : "connection to \(path) failed: \(SystemError.words(failed))"
        throw Self.isOurs(failed) ? .fault(message) : .unreachable(message)
      }
      do {
        try await deadline.sleep(until: EventLoop.now + Self.backlogPause.nanoseconds)
      } catch {
        close(descriptor)
        throw .wait(error)
      }
    }
  }
}
