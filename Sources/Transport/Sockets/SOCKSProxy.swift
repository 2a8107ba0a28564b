/// A SOCKS proxy that connections are made through (RFC 1928), with a user and password perhaps (RFC 1929).
package struct SOCKSProxy: Hashable, Sendable {
  /// A name, or an address without brackets.
  package let host: String
  /// 1080 when the URL names none.
  package let port: UInt16
  /// Whether the proxy turns the target's name into an address (`socks5h`), and not we (`socks5`).
  package let resolvesNames: Bool
  private let credentials: Credentials?

  private struct Credentials: Hashable {
    var user: [UInt8]
    var password: [UInt8]
  }

  /// Where the proxy is to connect to.
  package enum Target: Hashable, Sendable {
    case address(IPAddress)
    case name(String)
  }

  /// Reads `socks5://[user:password@]host[:port]`, or the same with `socks5h`; nil when it is none.
  ///
  /// - Parameter text: user and password may stand in percent-encoding (RFC 3986 section 2.1).
  package init?(_ text: String) {
    guard let proxy = HTTPProxy(text), proxy.scheme == "socks5" || proxy.scheme == "socks5h" else { return nil }
    host = proxy.host
    port = proxy.port
    resolvesNames = proxy.scheme == "socks5h"
    let authority = text.dropFirst(proxy.scheme.count + 3).prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else {
      credentials = nil
      return
    }
    let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = Self.decoded(parts[0]), let password = Self.decoded(parts.count > 1 ? parts[1] : ""),
      (1...255).contains(user.count), password.count <= 255
    else { return nil }
    credentials = Credentials(user: user, password: password)
  }

  /// The bytes that percent-encoding stands for; nil where a percent sign begins none.
  private static func decoded(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  /// Asks the proxy at the other end of a stream for a connection; the stream carries the target's bytes from then on.
  ///
  /// No byte of the target is read, however early it comes.
  package func open(_ target: Target, port: Int, over stream: any ByteStream) async throws(StreamFailure) {
    try await logIn(over: stream)
    var request: [UInt8] = [5, 1, 0]
    switch target {
    case .address(let address): request += [address.isV6 ? 4 : 1] + address.bytes
    case .name(let name):
      let bytes = Array(name.utf8)
      guard (1...255).contains(bytes.count) else {
        throw .unusable("the name \"\(name)\" has \(bytes.count) bytes; SOCKS takes 1 to 255")
      }
      request += [3, UInt8(bytes.count)] + bytes
    }
    try await stream.write(request + [UInt8(port >> 8), UInt8(port & 0xff)])
    let reply = try await Self.read(4, from: stream)
    try check(reply, from: stream)
    guard reply[1] == 0 else { throw Self.failure(reply[1], Self.words(target, port), at: stream) }
    // The address that the proxy connects from, which tells us nothing: its length alone matters.
    let rest: Int
    switch reply[3] {
    case 1: rest = 4
    case 4: rest = 16
    case 3: rest = Int(try await Self.read(1, from: stream)[0])
    default: throw .violation("\(stream.peer) answers with an unknown kind of address (\(reply[3])) in SOCKS")
    }
    _ = try await Self.read(rest + 2, from: stream)
  }

  private func logIn(over stream: any ByteStream) async throws(StreamFailure) {
    try await stream.write(credentials == nil ? [5, 1, 0] : [5, 2, 0, 2])
    let choice = try await Self.read(2, from: stream)
    try check(choice, from: stream)
    switch (choice[1], credentials) {
    case (0, _): return
    case (2, let credentials?):
      try await stream.write(
        [1, UInt8(credentials.user.count)] + credentials.user + [UInt8(credentials.password.count)]
          + credentials.password)
      let verdict = try await Self.read(2, from: stream)
      guard verdict[1] == 0 else { throw .violation("the proxy \(stream.peer) refused the user and password") }
    case (0xff, nil): throw .violation("the proxy \(stream.peer) wants a log-in, and its URL holds none")
    default: throw .violation("the proxy \(stream.peer) takes no way to log in that we know")
    }
  }

  private func check(_ answer: [UInt8], from stream: any ByteStream) throws(StreamFailure) {
    guard answer[0] == 5 else {
      throw .violation("\(stream.peer) is no SOCKS5 proxy: its answer begins with \(answer[0])")
    }
  }

  /// RFC 1928 section 6.
  private static func failure(_ code: UInt8, _ target: String, at stream: any ByteStream) -> StreamFailure {
    let proxy = "the proxy \(stream.peer)"
    return switch code {
    case 1: .unreachable("\(proxy) failed to connect to \(target)")
    case 2: .unreachable("\(proxy) does not allow connections to \(target)")
    case 3: .unreachable("\(proxy) cannot reach \(target): network unreachable")
    case 4: .unreachable("\(proxy) cannot reach \(target): host unreachable")
    case 5: .refused("connection to \(target) by \(proxy) refused")
    case 6: .unreachable("\(proxy) cannot reach \(target): the hop limit was used up")
    case 7: .violation("\(proxy) does not make connections")
    case 8: .violation("\(proxy) does not know the kind of address that \(target) has")
    default: .violation("\(proxy) failed to connect to \(target) with an unknown code (\(code))")
    }
  }

  private static func words(_ target: Target, _ port: Int) -> String {
    switch target {
    case .address(let address): SocketAddress(address, port: UInt16(port)).description
    case .name(let name): "\(name):\(port)"
    }
  }

  private static func read(_ count: Int, from stream: any ByteStream) async throws(StreamFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      switch try stream.read(into: &bytes, atMost: count - bytes.count) {
      case .bytes: continue
      case .blocked: try await stream.untilReadable()
      case .end: throw .violation("\(stream.peer) closed the connection in the middle of SOCKS")
      }
    }
    return bytes
  }
}
