import Glibc
import Synchronization

/// A server on a loopback port that answers each connection by a script, byte for byte: what a real server never sends
/// can be sent, and every delay is the script's own.
package final class HTTPTestServer: Sendable {
  /// One thing that the script does.
  package enum Action: Sendable {
    /// Reads the request's head and body.
    case readRequest
    /// Reads this many bytes, which then stand in `received`.
    case read(Int)
    case send([UInt8])
    /// One byte after another, with this much time before each.
    case drip([UInt8], every: Duration)
    /// The same bytes again and again, until the client has gone.
    case flood([UInt8])
    case wait(Duration)
    /// Does nothing until the client has gone.
    case hold
    /// Ends the connection by RST (SO_LINGER of zero, socket(7)) in place of FIN.
    case reset

    /// Text, as UTF-8.
    package static func text(_ text: String) -> Action { .send(Array(text.utf8)) }
  }

  /// A request as it came.
  package struct Request: Sendable {
    /// "GET / HTTP/1.1".
    package var line: String
    /// All header lines, as they came.
    package var fields: [String]
    package var body: [UInt8]

    /// The value of a field; nil when it is not there.
    package func value(_ name: String) -> String? {
      for field in fields where field.lowercased().hasPrefix(name.lowercased() + ":") {
        return String(field.dropFirst(name.utf8.count + 1).drop { $0 == " " })
      }
      return nil
    }
  }

  /// The port at 127.0.0.1.
  package let port: Int
  private let listener: CInt
  private let state = Mutex(State())
  private let script: @Sendable (Request) -> [Action]
  private let isMuteFirst: Bool

  /// What `read` actions got, in order.
  package var received: [[UInt8]] { state.withLock { $0.received } }

  private struct State {
    var received: [[UInt8]] = []
    var requests: [Request] = []
    var connections: Set<CInt> = []
    var isStopped = false
  }

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - speaksFirst: whether the script begins before a request was read; it is then asked with an empty one.
  ///   - script: what is done on the connection of this request; at the end the connection is closed.
  package init(speaksFirst: Bool = false, _ script: @escaping @Sendable (Request) -> [Action]) throws {
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) == 0 && listen(listener, 512) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard listener >= 0, isBound else { throw HTTPTestError("no listening socket: errno \(errno)") }
    port = Int(UInt16(bigEndian: address.sin_port))
    self.script = script
    isMuteFirst = !speaksFirst
    startThread { [self] in acceptConnections() }
  }

  /// All requests so far, in the order in which they were read.
  package var requests: [Request] { state.withLock { $0.requests } }

  /// Ends all connections; no new ones are taken.
  package func stop() {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      shutdown(listener, CInt(SHUT_RDWR))
      for connection in state.connections { shutdown(connection, CInt(SHUT_RDWR)) }
    }
  }

  private func acceptConnections() {
    defer { close(listener) }
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { return }
      let isStopped = state.withLock { state in
        if !state.isStopped { state.connections.insert(connection) }
        return state.isStopped
      }
      guard !isStopped else {
        close(connection)
        return
      }
      startThread { [self] in
        serve(connection)
        state.withLock { _ = $0.connections.remove(connection) }
        close(connection)
      }
    }
  }

  private func serve(_ connection: CInt) {
    var one: CInt = 1
    setsockopt(connection, CInt(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<CInt>.size))
    var request = Request(line: "", fields: [], body: [])
    if isMuteFirst {
      guard let read = readRequest(connection) else { return }
      request = read
    }
    for action in script(request) {
      switch action {
      case .readRequest:
        guard readRequest(connection) != nil else { return }
      case .read(let count):
        var bytes = [UInt8](repeating: 0, count: count)
        guard recv(connection, &bytes, count, CInt(MSG_WAITALL)) == count else { return }
        state.withLock { $0.received.append(bytes) }
      case .send(let bytes):
        guard write(bytes, to: connection) else { return }
      case .drip(let bytes, let pace):
        for byte in bytes {
          guard isAlive(connection, after: pace), write([byte], to: connection) else { return }
        }
      case .flood(let bytes):
        while write(bytes, to: connection) {}
        return
      case .wait(let time):
        guard isAlive(connection, after: time) else { return }
      case .hold:
        while isAlive(connection, after: .seconds(60)) {}
        return
      case .reset:
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        return
      }
    }
    // What the client still sends is read, so that the close is a FIN and not a RST over unread bytes.
    shutdown(connection, CInt(SHUT_WR))
    _ = isAlive(connection, after: .milliseconds(200))
  }

  private func readRequest(_ connection: CInt) -> Request? {
    var bytes: [UInt8] = []
    var headEnd: Int?
    var bodyLength = 0
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while headEnd.map({ bytes.count < $0 + bodyLength }) ?? true {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      if headEnd == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        headEnd = end.upperBound
        let head = Request(head: bytes[..<end.lowerBound])
        bodyLength = head.value("Content-Length").flatMap { Int($0) } ?? 0
      }
    }
    guard let headEnd else { return nil }
    var request = Request(head: bytes[..<(headEnd - 4)])
    request.body = Array(bytes[headEnd...])
    state.withLock { $0.requests.append(request) }
    return request
  }

  private func write(_ bytes: [UInt8], to connection: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// POLLRDHUP of poll(2), which glibc shows to GNU programs alone.
  private static let peerClosed: Int16 = 0x2000

  /// Waits, or until the client has gone.
  private func isAlive(_ connection: CInt, after time: Duration) -> Bool {
    let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    var entry = pollfd(fd: connection, events: Self.peerClosed, revents: 0)
    return poll(&entry, 1, CInt(milliseconds)) == 0
  }
}

extension HTTPTestServer.Request {
  fileprivate init(head: some Collection<UInt8>) {
    var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
    let line = lines.isEmpty ? "" : lines.removeFirst()
    self.init(line: line, fields: lines, body: [])
  }
}

/// What a helper of the tests could not do.
package struct HTTPTestError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Runs `body` on a thread of its own: the servers block, which the tests' shared threads must not.
private func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Box(body))
  let code = pthread_create(
    &thread, nil,
    { pointer in
      if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
      return nil
    }, box.toOpaque())
  if code == 0 { pthread_detach(thread) } else { box.release() }
}
