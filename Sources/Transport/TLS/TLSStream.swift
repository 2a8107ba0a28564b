import COpenSSL
import Glibc
package import Model

/// TLS as a client over a stream socket: always a full handshake, so that every probe sees the certificates.
package final class TLSStream: ByteStream {
  /// What the handshake showed so far.
  package var facts: TLSFacts? { recorder.facts }

  private let socket: StreamSocket
  private let settings: TLSSettings
  private let recorder: TLSRecorder
  private let ssl: OpaquePointer
  private var wantsToWrite = false
  private var wasAskedForCertificate = false

  /// TLS that has yet to shake hands.
  ///
  /// - Parameters:
  ///   - socket: stays the caller's to close.
  ///   - host: what SNI asks for, unless it is an address, and what the certificate must be good for.
  ///   - protocols: what ALPN offers (RFC 7301), the favourite first; none when empty.
  package init(
    over socket: StreamSocket, settings: TLSSettings, host: String, verify: Bool, protocols: [String] = []
  ) throws(StreamFailure) {
    OpenSSLErrors.clear()
    guard let ssl = SSL_new(settings.context) else {
      throw .fault("a TLS connection: \(OpenSSLErrors.words(OpenSSLErrors.take()))")
    }
    self.socket = socket
    self.settings = settings
    self.ssl = ssl
    recorder = TLSRecorder(host: host, verify: verify)
    guard let bio = SocketBIO.make(over: socket), recorder.attach(toConnection: ssl) else {
      throw .fault("a TLS connection: out of memory")
    }
    // SSL_set_bio(3): takes over one reference when both are the same.
    SSL_set_bio(ssl, bio, bio)
    // Whole flights at a time; else each of some ten records of a handshake is two calls of recv(2). Nobody waits for the
    // socket here before reading has said that nothing is left.
    curlew_ssl_read_ahead(ssl)
    // SSL_set_cert_cb(3): called when the server asks for a certificate; 1 goes on with what the context has.
    SSL_set_cert_cb(
      ssl,
      { _, stream in
        if let stream { Unmanaged<TLSStream>.fromOpaque(stream).takeUnretainedValue().wasAskedForCertificate = true }
        return 1
      }, Unmanaged.passUnretained(self).toOpaque())
    if case .host(let name) = PeerName(host) {
      guard curlew_ssl_set_server_name(ssl, name) == 1 else {
        throw .unusable("\"\(name)\" cannot be asked for as a server name: 1 to 255 bytes are allowed")
      }
    }
    if !protocols.isEmpty {
      let list = protocols.flatMap { [UInt8(clamping: $0.utf8.count)] + $0.utf8.prefix(255) }
      // SSL_set_alpn_protos(3): unlike the other calls, 0 is success.
      guard SSL_set_alpn_protos(ssl, list, CUnsignedInt(list.count)) == 0 else {
        throw .fault("the protocols \(protocols) cannot be offered by ALPN")
      }
    }
  }

  deinit { SSL_free(ssl) }

  /// How long a server that asked for our certificate may take to refuse it.
  private static let verdictPatience = Duration.seconds(1)

  package var peer: String { socket.peer }

  /// Shakes hands.
  ///
  /// - Throws: `certificate` when it was aborted over the certificate, `tls` for everything else that the peer or we did not
  ///   like, each as a whole sentence.
  package func handshake() async throws(StreamFailure) {
    while true {
      OpenSSLErrors.clear()
      let result = SSL_connect(ssl)
      let code = errno
      if result == 1 { return }
      switch SSL_get_error(ssl, result) {
      case SSL_ERROR_WANT_READ: try await socket.untilReadable()
      case SSL_ERROR_WANT_WRITE: try await socket.untilWritable()
      case let error: throw handshakeFailure(error, errno: code)
      }
    }
  }

  /// Takes leave and waits for what the server held of our certificate, where it asked for one.
  ///
  /// In TLS 1.3 the client is done before the server has looked at it (RFC 8446 section 4.4.2.4), so a refusal only shows in
  /// what is read next. For an exchange that has nothing to read; nothing can be written after it.
  ///
  /// - Throws: `tls` with the server's alert.
  package func awaitVerdict() async throws(StreamFailure) {
    guard wasAskedForCertificate, SSL_version(ssl) == TLS1_3_VERSION else { return }
    let end = EventLoop.now + Self.verdictPatience.nanoseconds
    OpenSSLErrors.clear()
    // SSL_shutdown(3): sends our closing alert, which a server that is content answers by closing.
    SSL_shutdown(ssl)
    var ignored: [UInt8] = []
    while true {
      do {
        switch try read(into: &ignored, atMost: 1024) {
        case .bytes: ignored.removeAll(keepingCapacity: true)
        case .end: return
        case .blocked: guard try await socket.untilReadable(or: end) else { return }
        }
      } catch .reset {
        return
      }
      if EventLoop.now >= end { return }
    }
  }

  private func handshakeFailure(_ error: CInt, errno code: CInt) -> StreamFailure {
    let reason = OpenSSLErrors.take()
    if let failure = recorder.failure { return .certificate(failure.message) }
    let words: String
    if error == SSL_ERROR_SYSCALL, reason == 0 {
      words =
        switch code {
        case 0, ECONNRESET, EPIPE: "the peer \(code == 0 ? "closed" : "reset") the connection"
        default: SystemError.words(code)
        }
    } else {
      words = OpenSSLErrors.handshakeWords(reason)
    }
    return .tls("TLS handshake with \(peer) failed: \(words)")
  }

  // MARK: Bytes

  package func read(into buffer: inout [UInt8], atMost count: Int) throws(StreamFailure) -> ReadResult {
    OpenSSLErrors.clear()
    let (result, code) = withUnsafeTemporaryAllocation(byteCount: min(count, 16 << 10), alignment: 1) { bytes in
      let result = SSL_read(ssl, bytes.baseAddress, CInt(bytes.count))
      let code = errno
      if result > 0 { buffer.append(contentsOf: bytes.prefix(Int(result))) }
      return (result, code)
    }
    if result > 0 { return .bytes(Int(result)) }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .blocked
    case SSL_ERROR_WANT_WRITE:
      wantsToWrite = true
      return .blocked
    case SSL_ERROR_ZERO_RETURN: return .end
    case SSL_ERROR_SYSCALL: throw socket.failure(code == 0 ? ECONNRESET : code, while: "reading")
    default:
      let reason = OpenSSLErrors.take()
      // Many servers close without the closing alert. What was said before it counts all the same.
      if OpenSSLErrors.isEnd(reason) { return .end }
      throw .tls("TLS with \(peer) broke off: \(OpenSSLErrors.handshakeWords(reason))")
    }
  }

  package func untilReadable() async throws(StreamFailure) {
    if wantsToWrite {
      wantsToWrite = false
      try await socket.untilWritable()
    } else {
      try await socket.untilReadable()
    }
  }

  package func write(_ bytes: [UInt8]) async throws(StreamFailure) {
    // SSL_write(3) without partial writes: repeated with the same arguments until all of it is taken.
    while !bytes.isEmpty {
      OpenSSLErrors.clear()
      let result = bytes.withUnsafeBytes { SSL_write(ssl, $0.baseAddress, CInt(clamping: $0.count)) }
      let code = errno
      if result > 0 { return }
      switch SSL_get_error(ssl, result) {
      case SSL_ERROR_WANT_READ: try await socket.untilReadable()
      case SSL_ERROR_WANT_WRITE: try await socket.untilWritable()
      case SSL_ERROR_SYSCALL: throw socket.failure(code == 0 ? EPIPE : code, while: "writing")
      default:
        throw .tls("TLS with \(peer) broke off: \(OpenSSLErrors.handshakeWords(OpenSSLErrors.take()))")
      }
    }
  }
}
