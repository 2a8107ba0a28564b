import Dispatch
import Glibc

/// What came back over one connection.
struct HTTPAnswer: Sendable {
  var status: Int
  /// By lower-case name.
  var headers: [String: String]
  var bytes: [UInt8]

  var text: String { String(decoding: bytes, as: UTF8.self) }

  init?(_ raw: [UInt8]) {
    let end = Array("\r\n\r\n".utf8)
    guard let split = raw.indices.first(where: { raw[$0...].starts(with: end) }) else { return nil }
    let lines = String(decoding: raw[..<split], as: UTF8.self).split(separator: "\r\n")
    guard let first = lines.first, let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    self.status = status
    headers = [:]
    for line in lines.dropFirst() {
      let halves = line.split(separator: ":", maxSplits: 1)
      headers[halves[0].lowercased()] = halves.count > 1 ? String(halves[1].drop { $0 == " " }) : ""
    }
    bytes = Array(raw[(split + end.count)...])
    if headers["transfer-encoding"] == "chunked" { bytes = Self.unchunked(bytes) }
  }

  /// RFC 9112 section 7.1, without extensions and trailers; empty when the end is missing.
  private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
    var rest = bytes[...]
    var body: [UInt8] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\r")) {
      guard let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { return [] }
      if count == 0 { return body }
      body += rest[(end + 2)..<(end + 2 + count)]
      rest = rest[(end + 4 + count)...]
    }
    return []
  }
}

/// Speaks HTTP over plain sockets, so that tests can send what no library would.
struct HTTPClient: Sendable {
  struct Failure: Error { var message: String }

  var port: UInt16
  var isIPv6 = false

  func get(_ path: String, _ headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await send("GET", path, headers)
  }

  func send(_ method: String, _ path: String, _ headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await send(method, path, headers, body: nil)
  }

  /// Sends a JSON body, unless the headers say that it is something else.
  func post(_ path: String, _ body: String, _ headers: [String: String] = [:]) async throws -> HTTPAnswer {
    let type = ["Content-Type": "application/json"]
    return try await send("POST", path, type.merging(headers) { $1 }, body: body)
  }

  private func send(
    _ method: String, _ path: String, _ headers: [String: String], body: String?
  ) async throws -> HTTPAnswer {
    var headers = ["Host": "x", "Connection": "close"].merging(headers) { $1 }
    if let body { headers["Content-Length"] = "\(body.utf8.count)" }
    let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    let raw = try await exchange("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n\(body ?? "")")
    guard let answer = HTTPAnswer(raw) else { throw Failure(message: "no answer to \(path)") }
    return answer
  }

  /// Sends text as it is and reads until the server closes.
  func exchange(_ text: String) async throws -> [UInt8] {
    // Blocking calls on a thread of their own: the server under test needs those of the cooperative pool.
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "client").async {
        continuation.resume(with: Result { try blockingExchange(Array(text.utf8)) })
      }
    }
  }

  /// Asks and never reads the answer; the connection stays open until the caller closes the socket.
  func stall(_ path: String) throws -> Int32 {
    try begin("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
  }

  /// Sends text as it is, to go on with; the connection stays open until the caller closes the socket.
  func begin(_ text: String) throws -> Int32 {
    let socket = try connected()
    try more(text, on: socket)
    return socket
  }

  /// Sends more over a connection.
  func more(_ text: String, on socket: Int32) throws {
    let bytes = Array(text.utf8)
    guard Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Failure(message: "the request could not be sent")
    }
  }

  /// Reads until the server closes.
  func rest(of socket: Int32) async throws -> [UInt8] {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "client").async { continuation.resume(with: Result { try blockingRest(of: socket) }) }
    }
  }

  private func blockingExchange(_ bytes: [UInt8]) throws -> [UInt8] {
    let socket = try connected()
    defer { close(socket) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { break }
      sent += count
    }
    return try blockingRest(of: socket)
  }

  private func blockingRest(of socket: Int32) throws -> [UInt8] {
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count == 0 { return received }
      guard count > 0 else {
        if errno == ECONNRESET { return received }
        throw Failure(message: "the server neither answers nor closes")
      }
      received += buffer[..<count]
    }
  }

  private func connected() throws -> Int32 {
    let socket = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var result: Int32
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      result = withUnsafeBytes(of: &address) {
        connect(socket, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
      }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      result = withUnsafeBytes(of: &address) {
        connect(socket, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
      }
    }
    guard result == 0 else {
      let code = errno
      close(socket)
      throw Failure(message: "connect: \(code)")
    }
    return socket
  }
}
