import Glibc

/// As much of an HTTP/1.1 client as tests of a server in another process need.
package struct PlainHTTP: Sendable {
  /// An answer.
  package struct Answer: Sendable {
    package var status: Int
    /// By lower-case name.
    package var headers: [String: String]
    package var body: String
  }

  private let port: UInt16

  /// A client of a port at 127.0.0.1.
  package init(port: Int) {
    self.port = UInt16(port)
  }

  /// Asks for a path.
  ///
  /// - Throws: when nobody listens, and when there is no whole answer within 20 seconds.
  package func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    try await send("GET", path, headers)
  }

  /// Sends a request without a body.
  package func send(_ method: String, _ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    let request = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\(lines)\r\n"
    return try await withCheckedThrowingContinuation { continuation in
      TestThread.start { continuation.resume(with: Result { try exchange(request) }) }
    }
  }

  private func exchange(_ request: String) throws -> Answer {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    let code = withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw TestProgram.Failure(description: "127.0.0.1:\(port): \(errno)") }
    let bytes = Array(request.utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
      throw TestProgram.Failure(description: "the request was not taken")
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { received += buffer[..<count] }
    return try Answer(received)
  }
}

extension PlainHTTP.Answer {
  fileprivate init(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else {
      throw TestProgram.Failure(description: "no answer, but '\(text.prefix(200))'")
    }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    headers = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    body = String(text[end.upperBound...])
    if headers["transfer-encoding"] == "chunked" { body = Self.joined(body) }
  }

  /// The content of chunks (RFC 9112 section 7.1).
  private static func joined(_ chunks: String) -> String {
    var rest = Array(chunks.utf8)[...]
    var content: [UInt8] = []
    while let end = rest.firstRange(of: Array("\r\n".utf8)),
      let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
    {
      content += rest[end.upperBound...].prefix(size)
      rest = rest[end.upperBound...].dropFirst(size + 2)
    }
    return String(decoding: content, as: UTF8.self)
  }
}
