import Glibc
import Synchronization

/// What listens, or does not, on a port at 127.0.0.1 for as long as the object lives.
package protocol LocalPort: AnyObject, Sendable {
  var port: Int { get }
}

/// A server that does to each connection what a test wants, byte for byte, on a thread of its own: whatever a real one never
/// does can be done.
package final class SocketServer: LocalPort {
  /// The port at the address; 0 for a path.
  package let port: Int
  private let descriptor: CInt
  private let path: String?

  /// Listens on a loopback port and runs `script` for each connection, which is closed when the script ends.
  package init(address: String = "127.0.0.1", _ script: @escaping @Sendable (SocketPeer) -> Void) throws {
    let isV6 = address.contains(":")
    let descriptor = socket(
      isV6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var code: CInt
    var port: UInt16
    if isV6 {
      var name = sockaddr_in6()
      name.sin6_family = sa_family_t(AF_INET6)
      inet_pton(AF_INET6, address, &name.sin6_addr)
      code = Self.bind(descriptor, &name)
      port = UInt16(bigEndian: name.sin6_port)
    } else {
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      inet_pton(AF_INET, address, &name.sin_addr)
      code = Self.bind(descriptor, &name)
      port = UInt16(bigEndian: name.sin_port)
    }
    guard code == 0 else { throw TestProgram.Failure(description: "\(address): \(errno)") }
    self.port = Int(port)
    self.descriptor = descriptor
    path = nil
    Self.serve(descriptor, script)
  }

  /// Listens on a Unix socket.
  package init(path: String, _ script: @escaping @Sendable (SocketPeer) -> Void) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    guard Self.bind(descriptor, &name) == 0 else { throw TestProgram.Failure(description: "\(path): \(errno)") }
    port = 0
    self.path = path
    Self.serve(descriptor, script)
  }

  deinit {
    shutdown(descriptor, CInt(SHUT_RDWR))
    if let path { unlink(path) }
  }

  /// Leaves a Unix socket behind on which nobody listens.
  package static func abandon(_ path: String) throws {
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    guard bind(descriptor, &name) == 0 else { throw TestProgram.Failure(description: "\(path): \(errno)") }
  }

  private static func bind<Name>(_ descriptor: CInt, _ name: inout Name) -> CInt {
    var length = socklen_t(MemoryLayout<Name>.size)
    return withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard Glibc.bind(descriptor, $0, length) == 0, listen(descriptor, 128) == 0 else { return -1 }
        return getsockname(descriptor, $0, &length)
      }
    }
  }

  private static func serve(_ descriptor: CInt, _ script: @escaping @Sendable (SocketPeer) -> Void) {
    TestThread.start {
      while let connection = accept(from: descriptor) {
        TestThread.start {
          let peer = SocketPeer(connection)
          script(peer)
          peer.close()
        }
      }
      close(descriptor)
    }
  }

  /// The next connection, never inherited by a program that another test starts at that moment: it would hold it open.
  private static func accept(from descriptor: CInt) -> CInt? {
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, -1) >= 0 || errno == EINTR else { return nil }
      let (connection, code) = TestProgram.inheritance.withLock { _ in
        let connection = Glibc.accept(descriptor, nil, nil)
        let code = errno
        if connection >= 0 { _ = fcntl(connection, F_SETFD, FD_CLOEXEC) }
        return (connection, code)
      }
      if connection >= 0 { return connection }
      guard code == EINTR || code == EAGAIN || code == ECONNABORTED else { return nil }
      // One at a path has nothing to accept after its shutdown either, and says so for ever.
      guard waiting.revents & Int16(POLLHUP) == 0 else { return nil }
    }
  }
}

/// A port that is bound and does not listen: connections to it are refused.
package final class DeafPort: LocalPort {
  package let port: Int
  private let descriptor: CInt

  package init() throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let code = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard code == 0 else { throw TestProgram.Failure(description: "bind: \(errno)") }
    port = Int(UInt16(bigEndian: name.sin_port))
  }

  deinit { close(descriptor) }
}

/// The server's end of one connection. Calls block the connection's thread; all of them are over when the client has gone.
package final class SocketPeer: Sendable {
  private let descriptor: CInt
  private let isOpen = Mutex(true)

  fileprivate init(_ descriptor: CInt) {
    self.descriptor = descriptor
  }

  /// The client's IPv4 address as text.
  package var clientAddress: String {
    var name = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
    }
    let bytes = withUnsafeBytes(of: name.sin_addr) { Array($0) }
    return code == 0 ? bytes.map(String.init).joined(separator: ".") : ""
  }

  /// Reads a line without its end; nil when the client has gone.
  package func line() -> String? {
    var bytes: [UInt8] = []
    while let byte = read(1)?.first {
      if byte == 10 { return String(decoding: bytes.last == 13 ? bytes.dropLast() : bytes[...], as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  /// Reads exactly that many bytes; nil when the client has gone before.
  package func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(descriptor, &bytes, count, CInt(MSG_WAITALL)) == count ? bytes : nil
  }

  /// Reads up to the given end, as often as it shall come; nil when the client has gone before.
  package func text(until end: Unicode.Scalar, times: Int) -> String? {
    var bytes: [UInt8] = []
    var left = times
    while left > 0 {
      guard let byte = read(1)?.first else { return nil }
      bytes.append(byte)
      if Unicode.Scalar(byte) == end { left -= 1 }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Says no more, and waits until the client has closed: with words of the client unread, a close would be a reset that takes
  /// our last words with it.
  package func finish() {
    shutdown(descriptor, CInt(SHUT_WR))
    waitForEnd()
  }

  /// Sends bytes; false when the client has gone.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  /// Sends a text as it is.
  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Blocks until the client has closed, reading what it says.
  package func waitForEnd() {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while recv(descriptor, &bytes, bytes.count, 0) > 0 {}
  }

  /// Sends the same bytes until the client has gone.
  package func flood(_ bytes: [UInt8]) {
    while send(bytes) {}
  }

  /// Ends the connection by a reset (SO_LINGER of zero, socket(7)).
  package func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Carries bytes both ways between the client and another server until both have closed.
  package func relay(toPort port: Int) {
    let other = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { Glibc.close(other) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    let code = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return }
    let descriptor = descriptor
    let back = TestThread.start { Self.copy(from: other, to: descriptor) }
    Self.copy(from: descriptor, to: other)
    back.join()
  }

  private static func copy(from source: CInt, to target: CInt) {
    var bytes = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = recv(source, &bytes, bytes.count, 0)
      guard count > 0, Glibc.send(target, bytes, count, CInt(MSG_NOSIGNAL)) == count else { break }
    }
    shutdown(target, CInt(SHUT_WR))
  }

  /// Closes the connection; once is enough.
  package func close() {
    isOpen.withLock { isOpen in
      if isOpen { Glibc.close(descriptor) }
      isOpen = false
    }
  }
}

/// A thread of a test's own, since blocking calls must not occupy the ones that async code runs on.
package struct TestThread: Sendable {
  private let thread: pthread_t

  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }

  /// Starts a thread.
  @discardableResult
  package static func start(_ body: @escaping @Sendable () -> Void) -> TestThread {
    var thread = pthread_t()
    let pointer = Unmanaged.passRetained(Body(body)).toOpaque()
    pthread_create(
      &thread, nil,
      { pointer in
        if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
        return nil
      }, pointer)
    return TestThread(thread: thread)
  }

  /// Waits for its end.
  package func join() {
    pthread_join(thread, nil)
  }
}
