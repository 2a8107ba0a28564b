import CCurl
import CLinux
import Glibc
import Model

/// One easy handle of libcurl (libcurl-easy(3)), used for one exchange after another. It belongs to a loop.
///
/// libcurl calls back with a pointer to this object, which is sound without a reference count because every exchange
/// takes the handle out of its multi handle before it lets go of this object.
final class CurlEasy {
  let handle: UnsafeMutableRawPointer
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var mime: OpaquePointer?

  /// The entry that `CurlMulti` made in libcurl's cache of names for this exchange.
  var cachedName: String?
  /// Woken when the exchange is over.
  private(set) var deadline: Deadline?
  /// How the exchange ended; nil while it is under way.
  private(set) var result: CURLcode?
  private(set) var fault: TransportFault?

  private(set) var head = AnswerHead()
  /// When the status line of the last answer came, in nanoseconds of `EventLoop.now`; nil before. Kept for HTTP/2 alone, whose
  /// status line, which libcurl makes up, is the only line with a capital first (RFC 9113 section 8.2.1).
  private(set) var headTime: Int64?
  private(set) var body = AnswerBody()
  private(set) var bodyStop: AnswerBody.Stop?
  private(set) var headIsTooLong = false
  private(set) var sentHead: [UInt8] = []

  private var upload: Upload?
  private var uploadOffset: Int64 = 0

  /// A body that libcurl asks for piece by piece.
  private enum Upload {
    case file(UploadFile)
    case bytes([UInt8])

    var size: Int64 {
      switch self {
      case .file(let file): file.size
      case .bytes(let bytes): Int64(bytes.count)
      }
    }

    /// How many bytes were read; nil when that fails.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int? {
      switch self {
      case .file(let file): return file.read(into: buffer, at: offset)
      case .bytes(let bytes):
        bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[Int(offset)...].prefix(buffer.count))) }
        return buffer.count
      }
    }
  }

  /// From this size on a body is not copied into libcurl as a whole.
  private static let largeBody = 64 << 10
  private var dropsRedirectBody = false
  private var decodesContent = true
  private var forcedCoding: HTTPContentCoding?

  private var tls: HTTPTLS?
  private var tlsHost = ""
  private var proxyTLSHost: String?
  private(set) var recorder: TLSRecorder?
  private(set) var tlsFailure: TLSSettingsFailure?
  /// When the TLS handshake with the server, not with a proxy, began; 0 before.
  private(set) var tlsStart: Int64 = 0
  /// How many TLS handshakes the newest connection has begun: a second one is inside of that with the proxy.
  private var tlsLayers = 0
  /// Whether the exchange had a socket, so that libcurl's errno, which it never resets, may be one of this exchange.
  private(set) var hasOpenedSocket = false
  /// Why there was no socket; 0 when there was none to complain of.
  private(set) var socketErrno: CInt = 0
  /// Whether libcurl took a connection that was open, and has opened none, nor tried to.
  var wentOverOpenConnection: Bool { !hasOpenedSocket && socketErrno == 0 }
  /// When that was read which made libcurl ask once more on a new connection, in its microseconds; 0 when nothing was.
  private(set) var challengeTime: Int64 = 0

  /// Creates a handle.
  init() throws(TransportFault) {
    guard CurlLibrary.isReady, let handle = curl_easy_init() else {
      errorText.deallocate()
      throw TransportFault(call: "curl_easy_init", errno: ENOMEM)
    }
    self.handle = handle
    errorText[0] = 0
    // An empty name turns the cookie engine on without a file (CURLOPT_COOKIEFILE(3)), and at once when the files are
    // read (CURLOPT_COOKIELIST(3)); curl_easy_reset(3) keeps it on.
    set(CURLOPT_COOKIEFILE, "")
    set(CURLOPT_COOKIELIST, "RELOAD")
  }

  deinit {
    freeLists()
    curl_easy_cleanup(handle)
    errorText.deallocate()
  }

  // MARK: One exchange

  /// Takes a request over; of the one before, nothing is left since `forget`.
  ///
  /// - Parameter mayReuse: whether it may go over a connection that is open, and leaves its own open.
  func prepare(_ request: HTTPRequest, deadline: Deadline, mayReuse: Bool = false) {
    self.deadline = deadline
    body.reset(limit: request.maxBodyBytes, kept: request.keptBodyBytes)
    forcedCoding = request.forcedCoding
    dropsRedirectBody = request.dropsRedirectBody
    decodesContent = request.decodesContent
    setManners(deadline, mayReuse: mayReuse)
    setRoute(request)
    setTLS(request)
    setHead(request)
    setBody(request)
  }

  /// Ends the exchange and wakes who waits for it.
  func finish(_ code: CURLcode) {
    result = code
    deadline?.wake()
  }

  /// Ends the exchange by a fault of ours.
  func finish(_ fault: TransportFault) {
    self.fault = fault
    finish(CURLE_FAILED_INIT)
  }

  /// The object that a handle of libcurl belongs to.
  static func owner(of handle: UnsafeMutableRawPointer) -> CurlEasy? {
    curlew_easy_getinfo_pointer(handle, CURLINFO_PRIVATE).map { of($0) }
  }

  /// Lets go of everything of the exchange but the cookies.
  func forget() {
    // curl_easy_reset(3): all options; not the connections, which are the multi handle's, nor the cookies.
    curl_easy_reset(handle)
    freeLists()
    deadline = nil
    result = nil
    fault = nil
    head.reset()
    headTime = nil
    body.reset(limit: 0)
    bodyStop = nil
    headIsTooLong = false
    sentHead = []
    upload = nil
    uploadOffset = 0
    tls = nil
    recorder = nil
    tlsFailure = nil
    tlsStart = 0
    tlsLayers = 0
    hasOpenedSocket = false
    socketErrno = 0
    challengeTime = 0
    proxyTLSHost = nil
    errorText[0] = 0
  }

  /// Lets go of the cookies too, so that the next session begins with none.
  func forgetSession(hadCookies: Bool) {
    if hadCookies { set(CURLOPT_COOKIELIST, "ALL") }
  }

  /// What libcurl says about its error.
  var errorMessage: String { String(cString: errorText) }

  /// The body, decoded; taken once.
  func takeBody() -> [UInt8] {
    let bytes = body.bytes
    body.reset(limit: 0)
    return bytes
  }

  // MARK: Options

  private func setManners(_ deadline: Deadline, mayReuse: Bool) {
    set(CURLOPT_NOSIGNAL, 1)
    // What a transfer holds while it waits; two thousand may wait at a time (CURLOPT_BUFFERSIZE(3)).
    set(CURLOPT_BUFFERSIZE, 4096)
    curlew_easy_setopt_pointer(handle, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
    curlew_easy_setopt_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
    if !mayReuse {
      // A connection of its own, which is not left behind.
      set(CURLOPT_FRESH_CONNECT, 1)
      set(CURLOPT_FORBID_REUSE, 1)
    }
    // The loop's deadline ends the exchange. libcurl is told of it only because it divides what is left among several
    // addresses (CURLOPT_CONNECTTIMEOUT_MS(3)); one second more, so that it is never the first to give up.
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(deadline.remaining.nanoseconds / 1_000_000) + 1000)
    let me = Unmanaged.passUnretained(self).toOpaque()
    curlew_easy_setopt_data_function(handle, CURLOPT_HEADERFUNCTION, Self.receiveHead)
    curlew_easy_setopt_pointer(handle, CURLOPT_HEADERDATA, me)
    curlew_easy_setopt_data_function(handle, CURLOPT_WRITEFUNCTION, Self.receiveBody)
    curlew_easy_setopt_pointer(handle, CURLOPT_WRITEDATA, me)
    curlew_easy_setopt_open_socket_function(handle, Self.openSocket)
    curlew_easy_setopt_pointer(handle, CURLOPT_OPENSOCKETDATA, me)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_HTTP09_ALLOWED, 0)
  }

  private func setRoute(_ request: HTTPRequest) {
    if let address = request.addressForProxy, !request.url.isSecure {
      // An HTTP proxy is given the whole URL. With CURLOPT_CONNECT_TO(3) libcurl would open a tunnel for it.
      set(CURLOPT_URL, request.url.textReplacingHost(with: address.description) ?? request.url.text)
    } else if request.url.isSecure, let name = request.tls?.serverName {
      // libcurl asks for the URL's host (SNI) and knows no other way. Where it connects is said apart from the URL, and
      // `setHead` sends the real host.
      guard let text = request.url.textReplacingHost(with: name), name.utf8.count <= 255 else {
        tlsFailure = TLSSettingsFailure("tls.server_name \"\(name)\" cannot be asked for: it is no host name")
        finish(CURLE_URL_MALFORMAT)
        return
      }
      set(CURLOPT_URL, text)
    } else {
      set(CURLOPT_URL, request.url.text)
    }
    // What http_proxy and no_proxy of the environment say does not count (CURLOPT_PROXY(3), CURLOPT_NOPROXY(3)).
    guard case .proxy(let proxy, _, _) = request.route else {
      set(CURLOPT_PROXY, "")
      return
    }
    set(CURLOPT_PROXY, proxy.text)
    set(CURLOPT_NOPROXY, "")
    if request.url.isSecure, !request.proxyHeaders.isEmpty {
      setList(
        CURLOPT_PROXYHEADER, request.proxyHeaders.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" })
    }
    if proxy.scheme == "https" {
      proxyTLSHost = proxy.host
      set(CURLOPT_PROXY_SSL_VERIFYPEER, 0)
      set(CURLOPT_PROXY_SSL_VERIFYHOST, 0)
      curlew_easy_setopt_pointer(handle, CURLOPT_PROXY_CAINFO, nil)
      curlew_easy_setopt_pointer(handle, CURLOPT_PROXY_CAPATH, nil)
    }
  }

  /// Tells where names are: lists of CURLOPT_RESOLVE(3) and CURLOPT_CONNECT_TO(3).
  ///
  /// - Parameter scope: the interface of link-local addresses, 0 for none (CURLOPT_ADDRESS_SCOPE(3)).
  func setAddresses(resolve: [String], connectTo: String?, scope: UInt32) {
    // What is put into libcurl's cache for one exchange must not go stale before it is read, and `CurlMulti` takes it out
    // again; without a timeout the cache is not searched for stale entries at every end. The addresses that libcurl reads
    // from a URL it would keep, so they go stale at once (CURLOPT_DNS_CACHE_TIMEOUT(3)).
    set(CURLOPT_DNS_CACHE_TIMEOUT, cachedName == nil ? 0 : -1)
    setList(CURLOPT_RESOLVE, resolve)
    if scope != 0 { set(CURLOPT_ADDRESS_SCOPE, Int(scope)) }
    if let connectTo { setList(CURLOPT_CONNECT_TO, [connectTo]) }
  }

  private func setTLS(_ request: HTTPRequest) {
    guard let tls = request.tls, request.url.isSecure || proxyTLSHost != nil else { return }
    self.tls = tls
    tlsHost = tls.serverName ?? request.url.host
    // The callback below does all of it. libcurl's own way would read the system's authorities for each connection.
    set(CURLOPT_SSL_VERIFYPEER, 0)
    set(CURLOPT_SSL_VERIFYHOST, 0)
    curlew_easy_setopt_pointer(handle, CURLOPT_CAINFO, nil)
    curlew_easy_setopt_pointer(handle, CURLOPT_CAPATH, nil)
    // Full handshakes, since a resumed one shows no certificate.
    set(CURLOPT_SSL_SESSIONID_CACHE, 0)
    curlew_easy_setopt_ssl_context_function(handle, Self.beginTLS)
    curlew_easy_setopt_pointer(handle, CURLOPT_SSL_CTX_DATA, Unmanaged.passUnretained(self).toOpaque())
  }

  private func setHead(_ request: HTTPRequest) {
    let version =
      switch request.version {
      case .auto: CURL_HTTP_VERSION_2TLS
      case .v1_1: CURL_HTTP_VERSION_1_1
      case .v2: request.url.isSecure ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
      case .v3: CURL_HTTP_VERSION_3
      }
    set(CURLOPT_HTTP_VERSION, Int(version))
    var lines: [String] = []
    lines.reserveCapacity(request.headers.count + 4)
    for field in request.headers {
      // CURLOPT_HTTPHEADER(3): "Name: value" replaces libcurl's own, and "Name;" is the way to send an empty one.
      lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    if request.url.isSecure ? request.tls?.serverName != nil : request.addressForProxy != nil,
      !request.headers.contains(where: { $0.name.isSameField(as: "host") })
    {
      lines.append("Host: \(request.url.authority)")
    }
    for name in ["User-Agent", "Accept"] where !request.headers.contains(where: { $0.name.isSameField(as: name) }) {
      lines.append("\(name):")
    }
    if case .none = request.body {
    } else {
      // libcurl would wait a second for "100 Continue", which few servers send.
      if !request.headers.contains(where: { $0.name.isSameField(as: "expect") }) { lines.append("Expect:") }
      let hasType = request.headers.contains { $0.name.isSameField(as: "content-type") }
      if case .multipart = request.body {} else if !hasType { lines.append("Content-Type:") }
    }
    setList(CURLOPT_HTTPHEADER, lines)
    if let cookies = request.cookies { set(CURLOPT_COOKIE, cookies) }
    if let digest = request.digest {
      set(CURLOPT_HTTPAUTH, curlew_auth_digest)
      set(CURLOPT_USERNAME, digest.username)
      set(CURLOPT_PASSWORD, digest.password)
    }
    if request.capturesHead {
      set(CURLOPT_VERBOSE, 1)
      curlew_easy_setopt_debug_function(handle, Self.captureHead)
      curlew_easy_setopt_pointer(handle, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  private func setBody(_ request: HTTPRequest) {
    switch request.body {
    case .none:
      switch request.method {
      case "GET": return
      case "HEAD":
        set(CURLOPT_NOBODY, 1)
        return
      // RFC 9110 section 8.6: these say that they carry nothing, by a Content-Length of 0.
      case "POST", "PUT", "PATCH":
        set(CURLOPT_POSTFIELDSIZE, 0)
        set(CURLOPT_COPYPOSTFIELDS, "")
      default: break
      }
    case .bytes(let bytes) where bytes.count >= Self.largeBody: stream(.bytes(bytes))
    case .bytes(let bytes):
      curlew_easy_setopt_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
      // CURLOPT_COPYPOSTFIELDS(3) takes null for an empty body as none at all.
      if bytes.isEmpty {
        set(CURLOPT_COPYPOSTFIELDS, "")
      } else {
        bytes.withUnsafeBytes {
          _ = curlew_easy_setopt_pointer(handle, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
        }
      }
    case .file(let file): stream(.file(file))
    case .multipart(let parts):
      setMultipart(parts)
    }
    if request.method != "POST" { set(CURLOPT_CUSTOMREQUEST, request.method) }
  }

  private func stream(_ body: Upload) {
    upload = body
    set(CURLOPT_POST, 1)
    curlew_easy_setopt_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.size))
    let me = Unmanaged.passUnretained(self).toOpaque()
    curlew_easy_setopt_data_function(handle, CURLOPT_READFUNCTION, Self.sendBody)
    curlew_easy_setopt_pointer(handle, CURLOPT_READDATA, me)
    curlew_easy_setopt_seek_function(handle, Self.rewindBody)
    curlew_easy_setopt_pointer(handle, CURLOPT_SEEKDATA, me)
  }

  private func setMultipart(_ parts: [MultipartPart]) {
    mime = curl_mime_init(handle)
    for part in parts {
      let target = curl_mime_addpart(mime)
      curl_mime_name(target, part.name)
      switch part.content {
      case .text(let text):
        // curl_mime_data(3) copies.
        var text = text
        text.withUTF8 { bytes in
          bytes.withMemoryRebound(to: CChar.self) { _ = curl_mime_data(target, $0.baseAddress, $0.count) }
        }
      case .file(let path): curl_mime_filedata(target, path)
      case .bytes(let bytes):
        bytes.withUnsafeBytes { bytes in
          bytes.withMemoryRebound(to: CChar.self) { _ = curl_mime_data(target, $0.baseAddress, $0.count) }
        }
        // libcurl tells the type of data by its name as it does for files, and for a name that tells it none says nothing.
        if part.contentType == nil, !Self.tellsType(part.filename) {
          curl_mime_type(target, "application/octet-stream")
        }
      }
      if let type = part.contentType { curl_mime_type(target, type) }
      if let name = part.filename { curl_mime_filename(target, name) }
    }
    curlew_easy_setopt_pointer(handle, CURLOPT_MIMEPOST, UnsafeRawPointer(mime))
  }

  /// Whether libcurl knows a type for files of that name (`Curl_mime_contenttype` in its lib/mime.c).
  private static func tellsType(_ name: String?) -> Bool {
    guard let name = name?.lowercased() else { return false }
    return [".gif", ".jpg", ".jpeg", ".png", ".svg", ".txt", ".htm", ".html", ".pdf", ".xml"].contains(
      where: name.hasSuffix)
  }

  private func set(_ option: CURLoption, _ value: Int) {
    curlew_easy_setopt_long(handle, option, value)
  }

  private func set(_ option: CURLoption, _ value: String) {
    curlew_easy_setopt_string(handle, option, value)
  }

  private func setList(_ option: CURLoption, _ lines: [String]) {
    guard let first = lines.first, let list = curl_slist_append(nil, first) else { return }
    for line in lines.dropFirst() { curl_slist_append(list, line) }
    // CURLOPT_HTTPHEADER(3): the list must live as long as the exchange.
    lists.append(list)
    curlew_easy_setopt_pointer(handle, option, list)
  }

  private func freeLists() {
    for list in lists { curl_slist_free_all(list) }
    lists.removeAll(keepingCapacity: true)
    if let mime { curl_mime_free(mime) }
    mime = nil
  }

  // MARK: Callbacks, on the loop's thread

  private static func of(_ pointer: UnsafeMutableRawPointer?) -> CurlEasy {
    guard let pointer else { preconditionFailure("libcurl called back without the pointer that it was given.") }
    return Unmanaged<CurlEasy>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// CURLOPT_OPENSOCKETFUNCTION(3): sockets that programs started by `exec` probes do not inherit, which libcurl's own
  /// are.
  private static let openSocket: curl_opensocket_callback = { me, _, address in
    guard let address else { return CURL_SOCKET_BAD }
    let easy = of(me)
    easy.tlsLayers = 0
    if easy.head.isEnded || easy.answerTime > 0 { easy.beginAgain() }
    let descriptor = socket(
      address.pointee.family, address.pointee.socktype | CInt(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    if descriptor < 0 { easy.socketErrno = errno } else { easy.hasOpenedSocket = true }
    return descriptor
  }

  /// When libcurl first read on behalf of the exchange, in its microseconds; 0 before.
  private var answerTime: Int64 { Int64(curlew_easy_getinfo_offset(handle, CURLINFO_STARTTRANSFER_TIME_T)) }

  /// Forgets what libcurl does not take for the answer: a challenge to be met, or the end of a connection that was open and is
  /// no more. It is not told as what comes of the second request.
  private func beginAgain() {
    challengeTime = answerTime
    head.restart()
    headTime = nil
  }

  /// CURLOPT_HEADERFUNCTION(3): any other number than that of the bytes ends the exchange with CURLE_WRITE_ERROR.
  private static let receiveHead:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
      line, size, count, me in
      let easy = of(me)
      if line?.pointee == CChar(UInt8(ascii: "H")) { easy.headTime = EventLoop.now }
      if easy.head.append(UnsafeRawBufferPointer(start: line, count: size * count)) { return size * count }
      easy.headIsTooLong = true
      return 0
    }

  /// CURLOPT_WRITEFUNCTION(3).
  private static let receiveBody:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
      data, size, count, me in
      let easy = of(me)
      if !easy.body.isBegun { easy.bodyStop = easy.beginBody() }
      if easy.bodyStop == nil {
        easy.bodyStop = easy.body.append(UnsafeRawBufferPointer(start: data, count: size * count))
      }
      // CURL_WRITEFUNC_ERROR: zero would be right for an empty piece.
      return easy.bodyStop == nil ? size * count : -1
    }

  /// Whether the answer is a redirect that will be followed.
  var isFollowedRedirect: Bool { dropsRedirectBody && head.hasLocation && HTTPStatus.isRedirect(head.status) }

  private func beginBody() -> AnswerBody.Stop? {
    body.begin(
      codings: forcedCoding.map { $0 == .identity ? [] : [$0.rawValue] } ?? (decodesContent ? head.contentCodings : []),
      isDropped: isFollowedRedirect,
      expectedBytes: Int(clamping: curlew_easy_getinfo_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)))
  }

  /// CURLOPT_READFUNCTION(3).
  private static let sendBody:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
      data, size, count, me in
      let easy = of(me)
      let left = Int(clamping: (easy.upload?.size ?? 0) - easy.uploadOffset)
      let buffer = UnsafeMutableRawBufferPointer(start: data, count: min(size * count, left))
      guard !buffer.isEmpty else { return 0 }
      guard let read = easy.upload?.read(into: buffer, at: easy.uploadOffset), read > 0 else {
        // The file became shorter; its announced length cannot be kept.
        return Int(CURL_READFUNC_ABORT)
      }
      easy.uploadOffset += Int64(read)
      return read
    }

  /// CURLOPT_SEEKFUNCTION(3): a request that is sent again, after a challenge, begins at the start.
  private static let rewindBody: curl_seek_callback = { me, offset, origin in
    guard origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
    of(me).uploadOffset = Int64(offset)
    return CURL_SEEKFUNC_OK
  }

  /// CURLOPT_SSL_CTX_FUNCTION(3): called when the context of a new TLS connection is made, before its first byte; for
  /// an https proxy too, and first.
  private static let beginTLS: curl_ssl_ctx_callback = { _, context, me in
    let easy = of(me)
    guard let tls = easy.tls, let context else { return CURLE_SSL_CERTPROBLEM }
    let isProxy = easy.proxyTLSHost != nil && easy.tlsLayers == 0
    easy.tlsLayers += 1
    let recorder = TLSRecorder(
      host: isProxy ? easy.proxyTLSHost ?? "" : easy.tlsHost, verify: tls.verify)
    easy.recorder = recorder
    if !isProxy, easy.tlsStart == 0 { easy.tlsStart = EventLoop.now }
    do throws(TLSSettingsFailure) {
      try tls.settings.install(on: OpaquePointer(context), recorder: recorder)
      return CURLE_OK
    } catch {
      easy.tlsFailure = error
      return CURLE_SSL_CERTPROBLEM
    }
  }

  /// CURLOPT_DEBUGFUNCTION(3).
  private static let captureHead: curl_debug_callback = { _, kind, data, count, me in
    guard kind == CURLINFO_HEADER_OUT else { return 0 }
    of(me).sentHead = Array(UnsafeRawBufferPointer(start: data, count: count))
    return 0
  }
}

extension String {
  /// Whether two field names are the same (RFC 9110 section 5.1: without case).
  package func isSameField(as other: String) -> Bool {
    utf8.count == other.utf8.count
      && utf8.elementsEqual(other.utf8) { left, right in
        left == right || (left ^ right == 0x20 && (97...122).contains(left | 0x20))
      }
  }
}
