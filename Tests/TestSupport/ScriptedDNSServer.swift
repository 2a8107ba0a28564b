import Foundation
import Glibc

/// A name server on a loopback port that does whatever a test tells it to, however wrong.
package final class ScriptedDNSServer: Sendable {
  /// What is done with a tcp connection once its question has been read.
  package struct Stream: Sendable {
    /// What is sent, as it is.
    package var bytes: [UInt8]
    /// Sent again and again behind that, until the other side goes away; nothing when empty.
    package var endless: [UInt8]
    /// Whether the connection is closed afterwards; else it stays open and silent.
    package var closes: Bool

    /// A script with everything said.
    package init(_ bytes: [UInt8], endless: [UInt8] = [], closes: Bool = true) {
      self.bytes = bytes
      self.endless = endless
      self.closes = closes
    }
  }

  /// The port of both sockets.
  package let port: UInt16
  private let datagrams: CInt
  private let listener: CInt

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - udp: the datagrams that answer one; none for silence.
  ///   - tcp: what a connection gets; connections are refused when nil.
  package init(
    udp: @escaping @Sendable ([UInt8]) -> [[UInt8]], tcp: (@Sendable ([UInt8]) -> Stream)? = nil
  ) throws {
    var (datagrams, listener, port): (CInt, CInt, UInt16) = (-1, -1, 0)
    // Both sockets want the same port; another one is tried when the second is taken.
    for _ in 0..<20 where port == 0 {
      datagrams = try Self.socket(Int32(SOCK_DGRAM.rawValue))
      port = Self.bind(datagrams, 0) ?? 0
      guard tcp != nil, port > 0 else { continue }
      listener = try Self.socket(Int32(SOCK_STREAM.rawValue))
      if Self.bind(listener, port) == nil || listen(listener, 16) != 0 {
        close(datagrams)
        close(listener)
        port = 0
      }
    }
    guard port > 0 else { throw POSIXError(.EADDRINUSE) }
    self.datagrams = datagrams
    self.listener = listener
    self.port = port
    Thread.detachNewThread { [datagrams] in Self.answer(datagrams, udp) }
    if let tcp { Thread.detachNewThread { [listener] in Self.accept(listener, tcp) } }
  }

  deinit {
    // Wakes the threads, which close what they use.
    shutdown(datagrams, Int32(SHUT_RDWR))
    if listener >= 0 { shutdown(listener, Int32(SHUT_RDWR)) }
  }

  private static func socket(_ type: Int32) throws -> CInt {
    let descriptor = Glibc.socket(AF_INET, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
    return descriptor
  }

  private static func bind(_ descriptor: CInt, _ port: UInt16) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = port.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        guard Glibc.bind(descriptor, raw, length) == 0, getsockname(descriptor, raw, &length) == 0 else { return nil }
        return UInt16(bigEndian: pointer.pointee.sin_port)
      }
    }
  }

  private static func answer(_ descriptor: CInt, _ script: @Sendable ([UInt8]) -> [[UInt8]]) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var peer = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let count = withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
          recvfrom(descriptor, &buffer, buffer.count, 0, raw, &length)
        }
      }
      guard count > 0 else { break }
      for datagram in script(Array(buffer[..<count])) {
        _ = withUnsafePointer(to: &peer) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
            sendto(descriptor, datagram, datagram.count, 0, raw, length)
          }
        }
      }
    }
    close(descriptor)
  }

  private static func accept(_ listener: CInt, _ script: @escaping @Sendable ([UInt8]) -> Stream) {
    while case let connection = Glibc.accept(listener, nil, nil), connection >= 0 {
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      Thread.detachNewThread { serve(connection, script) }
    }
    close(listener)
  }

  private static func serve(_ connection: CInt, _ script: @Sendable ([UInt8]) -> Stream) {
    defer { close(connection) }
    var query: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while query.count < 2 || query.count < 2 + Int(query[0]) * 256 + Int(query[1]) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      query += buffer[..<count]
    }
    let stream = script(Array(query.dropFirst(2)))
    var isOpen = send(stream.bytes, to: connection)
    while isOpen, !stream.endless.isEmpty { isOpen = send(stream.endless, to: connection) }
    // Until the other side closes.
    if !stream.closes { _ = recv(connection, &buffer, buffer.count, 0) }
  }

  private static func send(_ bytes: [UInt8], to connection: CInt) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes[offset...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }
}
