import CLinux
import Glibc

/// A connected TCP or Unix stream socket (tcp(7), unix(7)): non-blocking, watched once, edge-triggered.
///
/// `close` has to be called, since the loop holds on to what it watches.
package final class StreamSocket: ByteStream, ReadinessHandler {
  package let peer: String
  /// The address it is connected to; nil for a path.
  package let address: IPAddress?

  /// Bytes that may be read before other exchanges of the loop get their turn: a peer that sends faster than we read
  /// must not hold the thread.
  private static let budgetBytes = 64 << 10

  private let descriptor: CInt
  private let deadline: Deadline
  private var budget = StreamSocket.budgetBytes
  private var isReadable = false
  private var isWritable = false
  private var isOpen = true

  /// Takes over a descriptor that is connected, or about to be.
  ///
  /// - Throws: a fault when the loop cannot watch it; the descriptor is closed then.
  init(
    adopting descriptor: CInt, peer: String, address: IPAddress?, deadline: Deadline
  ) throws(StreamFailure) {
    deadline.loop.preconditionOnLoop("A socket")
    self.descriptor = descriptor
    self.peer = peer
    self.address = address
    self.deadline = deadline
    do {
      try deadline.loop.watch(descriptor, for: [.readable, .writable, .edgeTriggered], handler: self)
    } catch {
      Glibc.close(descriptor)
      isOpen = false
      throw .fault(error.description)
    }
  }

  /// Ends the connection with an orderly FIN where nothing is left unread.
  package func close() {
    guard isOpen else { return }
    isOpen = false
    deadline.loop.unwatch(descriptor, isClosing: true)
    Glibc.close(descriptor)
  }

  package func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    if !readiness.isDisjoint(with: [.readable, .failed]) { isReadable = true }
    if !readiness.isDisjoint(with: [.writable, .failed]) { isWritable = true }
    deadline.wake()
  }

  /// Whether the connection attempt has ended, in success or not.
  var hasConnectEnded: Bool { isWritable }

  /// The errno of a connection attempt that has ended; 0 when it stands (SO_ERROR, socket(7)).
  func takeError() -> CInt {
    var code: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
  }

  // MARK: Reading

  package func read(into buffer: inout [UInt8], atMost count: Int) throws(StreamFailure) -> ReadResult {
    let result: (ReadResult, CInt) = withUnsafeTemporaryAllocation(byteCount: min(count, 16 << 10), alignment: 1) {
      let count = receive($0)
      if count > 0 {
        buffer.append(contentsOf: $0.prefix(count))
        return (.bytes(count), 0)
      }
      return count == 0 ? (.end, 0) : (.blocked, errno)
    }
    switch result.1 {
    case 0, EAGAIN: return result.0
    default: throw failure(result.1, while: "reading")
    }
  }

  /// recv(2) once more after a signal; also -1 with EAGAIN when this turn's budget is used up.
  func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard budget > 0 else {
      errno = EAGAIN
      return -1
    }
    var count: Int
    repeat {
      count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    } while count < 0 && errno == EINTR
    if count > 0 { budget -= count }
    // Here and not before the wait: an event that comes after this very call must not be forgotten.
    if count < 0, errno == EAGAIN { isReadable = false }
    return count
  }

  package func untilReadable() async throws(StreamFailure) {
    _ = try await untilReadable(or: nil)
  }

  /// Waits like `untilReadable`, and no longer than to a time of `EventLoop.now`; false when that came first.
  func untilReadable(or end: Int64?) async throws(StreamFailure) -> Bool {
    guard budget > 0 else {
      budget = Self.budgetBytes
      _ = try await waitOnce(until: EventLoop.now)
      return true
    }
    budget = Self.budgetBytes
    while !isReadable {
      guard try await waitOnce(until: end) else { return false }
    }
    return true
  }

  // MARK: Writing

  package func write(_ bytes: [UInt8]) async throws(StreamFailure) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
      if count >= 0 {
        offset += count
      } else if errno == EAGAIN {
        try await untilWritable()
      } else {
        throw failure(errno, while: "writing")
      }
    }
  }

  /// send(2) without SIGPIPE, once more after a signal.
  func send(_ buffer: UnsafeRawBufferPointer) -> Int {
    var count: Int
    repeat {
      count = Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL))
    } while count < 0 && errno == EINTR
    if count < 0, errno == EAGAIN { isWritable = false }
    return count
  }

  /// Waits after a write that was refused with EAGAIN.
  func untilWritable() async throws(StreamFailure) {
    while !isWritable { _ = try await waitOnce() }
  }

  // MARK: Failing

  func failure(_ code: CInt, while doing: String) -> StreamFailure {
    switch code {
    case ECONNRESET, EPIPE, ECONNABORTED: .reset("\(peer) reset the connection")
    case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH:
      .unreachable("\(peer) went out of reach while \(doing): \(SystemError.words(code))")
    default: .fault("\(doing) \(peer): \(SystemError.words(code))")
    }
  }

  private func waitOnce(until time: Int64? = nil) async throws(StreamFailure) -> Bool {
    do {
      return try await deadline.wait(until: time)
    } catch {
      throw .wait(error)
    }
  }
}
