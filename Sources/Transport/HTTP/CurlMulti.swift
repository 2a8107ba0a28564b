import CCurl
import Glibc
import Model

/// The multi handle of one loop (libcurl-multi(3)): libcurl says which sockets and which time it waits for, the loop
/// tells it when they come (curl_multi_socket_action(3)). No thread, no poll of libcurl's own.
final class CurlMulti: ReadinessHandler, @unchecked Sendable {
  // Sendable only so that the engine can keep one a loop; every use checks the thread.
  private let loop: EventLoop
  private let handle: UnsafeMutableRawPointer
  private var idle: [CurlEasy] = []

  /// When libcurl wants to be called, in nanoseconds of `EventLoop.now`.
  private var wantedTime: Int64?
  private var timer: LoopTimer?
  private var timerTime: Int64 = .max
  private var isActing = false

  /// Entries in libcurl's cache of names whose exchanges are over; the next exchange takes them out.
  private var staleNames: [String] = []
  private var nameSerial: UInt64 = 0
  /// Whether connections stay open for the exchanges after the one that opened them, as those of one journey do.
  let keepsConnections: Bool

  /// How many handles wait for their next use; what a burst leaves beyond that is freed.
  private static let maxIdle = 128
  /// How many connections a journey keeps open that nothing is sent over; browsers keep a few more.
  private static let maxKept = 32

  /// Creates the handle of a loop, or one of a single journey on it; may be called on any thread.
  init(loop: EventLoop, keepsConnections: Bool = false) throws(TransportFault) {
    guard CurlLibrary.isReady, let handle = curl_multi_init() else {
      throw TransportFault(call: "curl_multi_init", errno: ENOMEM)
    }
    self.loop = loop
    self.handle = handle
    self.keepsConnections = keepsConnections
    let me = Unmanaged.passUnretained(self).toOpaque()
    curlew_multi_setopt_socket_function(handle, Self.watchSocket)
    curlew_multi_setopt_pointer(handle, CURLMOPT_SOCKETDATA, me)
    curlew_multi_setopt_timer_function(handle, Self.setTimer)
    curlew_multi_setopt_pointer(handle, CURLMOPT_TIMERDATA, me)
    // No exchange waits for another's connection (CURLMOPT_PIPELINING(3)).
    curlew_multi_setopt_long(handle, CURLMOPT_PIPELINING, 0)
    if keepsConnections { curlew_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, Self.maxKept) }
  }

  deinit {
    idle = []
    // With it go the connections that it kept.
    curl_multi_cleanup(handle)
  }

  // MARK: Handles

  /// A handle for one session.
  func borrow() throws(TransportFault) -> CurlEasy {
    loop.preconditionOnLoop("A libcurl handle")
    if let easy = idle.popLast() { return easy }
    return try CurlEasy()
  }

  /// Takes a handle back, cookies and all forgotten.
  func giveBack(_ easy: CurlEasy, hadCookies: Bool) {
    loop.preconditionOnLoop("A libcurl handle")
    easy.forgetSession(hadCookies: hadCookies)
    if idle.count < Self.maxIdle { idle.append(easy) }
  }

  // MARK: Exchanges

  /// Starts the exchange that a handle was prepared for; it ends with `CurlEasy.finish`.
  ///
  /// - Parameter keptName: what the connection is known by, so that it may be one that is open already; nil asks for a new one.
  func start(_ easy: CurlEasy, _ request: HTTPRequest, over keptName: String? = nil) {
    loop.preconditionOnLoop("A libcurl handle")
    setAddresses(of: easy, request, keptName)
    isActing = true
    let code = curl_multi_add_handle(handle, easy.handle)
    isActing = false
    guard code == CURLM_OK else {
      easy.finish(CURLE_FAILED_INIT)
      return
    }
    // libcurl has asked for a timer of zero: its first step can be made at once, without a turn of the loop.
    actIfDue()
  }

  /// Takes a handle out, whether its exchange is over or cut short.
  func remove(_ easy: CurlEasy) {
    loop.preconditionOnLoop("A libcurl handle")
    curl_multi_remove_handle(handle, easy.handle)
    if let name = easy.cachedName { staleNames.append(name) }
    easy.cachedName = nil
  }

  /// Puts the addresses into libcurl's cache of names, for this exchange alone, and connects to them.
  ///
  /// The name is one of our own, never used twice: another exchange with the same URL may go elsewhere at the same
  /// time, and what URLs and redirects name must not pile up in the cache (CURLOPT_RESOLVE(3), CURLOPT_CONNECT_TO(3)).
  /// libcurl uses a connection again only for the name that it was opened for, so one that may be used again has a name of its
  /// own that stays. Else one address alone needs no name, and none of this where the URL names it itself.
  private func setAddresses(of easy: CurlEasy, _ request: HTTPRequest, _ keptName: String?) {
    let url = request.url
    var resolve = staleNames.map { "-\($0)" }
    staleNames.removeAll(keepingCapacity: true)
    var connectTo: String?
    var scope: UInt32 = 0
    switch request.route {
    case .direct(let addresses, let port) where addresses.count == 1 && keptName == nil:
      scope = addresses[0].scope
      let address = addresses[0].withoutScope.description
      if url.host != address || url.port != port || request.tls?.serverName != nil {
        connectTo = "::\(Endpoint(host: address, port: Int(port)))"
      }
    case .direct(let addresses, let port):
      scope = Self.scope(of: addresses)
      let name = "\(keptName ?? nextName()):\(port)"
      resolve.append("\(name):\(Self.list(addresses))")
      connectTo = "::\(name)"
      easy.cachedName = name
    case .proxy(let proxy, let addresses, let target):
      scope = Self.scope(of: addresses)
      // The proxy's own name is the user's, so these entries are few and may stay. libcurl reads addresses itself.
      if IPAddress(proxy.host) == nil { resolve.append("\(proxy.host):\(proxy.port):\(Self.list(addresses))") }
      if let address = request.addressForProxy {
        if url.isSecure {
          connectTo = "::\(Endpoint(host: address.withoutScope.description, port: Int(url.port)))"
        }
      } else if !target.isEmpty {
        let name = "\(keptName ?? nextName()):\(url.port)"
        resolve.append("\(name):\(Self.list(target))")
        connectTo = "::\(name)"
        easy.cachedName = name
      } else if url.isSecure, request.tls?.serverName != nil {
        // The URL that libcurl has names the server's name for TLS in place of its host.
        connectTo = "::\(Endpoint(host: url.host, port: Int(url.port)))"
      }
    }
    easy.setAddresses(resolve: resolve, connectTo: connectTo, scope: scope)
  }

  /// A name that was never used before, and that no name server knows (RFC 6761 section 6.4).
  func nextName() -> String {
    nameSerial &+= 1
    return "\(nameSerial).invalid"
  }

  /// libcurl reads addresses without their interface, which it knows apart, one for all.
  private static func list(_ addresses: [IPAddress]) -> String {
    addresses.lazy.map(\.withoutScope.description).joined(separator: ",")
  }

  private static func scope(of addresses: [IPAddress]) -> UInt32 {
    for address in addresses where address.scope != 0 { return address.scope }
    return 0
  }

  // MARK: Driving

  func descriptor(_ descriptor: CInt, isReadyFor readiness: Readiness) {
    var events: CInt = 0
    if !readiness.isDisjoint(with: .readable) { events |= CURL_CSELECT_IN }
    if !readiness.isDisjoint(with: .writable) { events |= CURL_CSELECT_OUT }
    if !readiness.isDisjoint(with: .failed) { events |= CURL_CSELECT_ERR }
    act(on: descriptor, events: events)
  }

  private func act(on socket: curl_socket_t, events: CInt) {
    var running: CInt = 0
    isActing = true
    curl_multi_socket_action(handle, socket, events, &running)
    isActing = false
    armTimer()
    var left: CInt = 0
    while let message = curl_multi_info_read(handle, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      CurlEasy.owner(of: easy)?.finish(curlew_message_result(message))
    }
  }

  /// CURLMOPT_SOCKETFUNCTION(3).
  private static let watchSocket: curl_socket_callback = { easy, socket, action, me, _ in
    guard let easy, let me else { return -1 }
    Unmanaged<CurlMulti>.fromOpaque(me).takeUnretainedValue().watch(socket, for: action, of: easy)
    return 0
  }

  private func watch(_ socket: curl_socket_t, for action: CInt, of easy: UnsafeMutableRawPointer) {
    let interest: Readiness
    switch action {
    case CURL_POLL_IN: interest = .readable
    case CURL_POLL_OUT: interest = .writable
    case CURL_POLL_INOUT: interest = [.readable, .writable]
    default:
      // CURLOPT_FORBID_REUSE(3): where no connection is kept, libcurl closes the socket next.
      loop.unwatch(socket, isClosing: !keepsConnections)
      return
    }
    do throws(TransportFault) {
      try loop.watch(socket, for: interest, handler: self)
    } catch {
      // Answering -1 would end every transfer of the handle (CURLMOPT_SOCKETFUNCTION(3)); this one alone is lost.
      CurlEasy.owner(of: easy)?.finish(error)
    }
  }

  /// CURLMOPT_TIMERFUNCTION(3): one timer, which replaces the one before; -1 takes it away.
  private static let setTimer: curl_multi_timer_callback = { _, milliseconds, me in
    guard let me else { return -1 }
    Unmanaged<CurlMulti>.fromOpaque(me).takeUnretainedValue().want(milliseconds)
    return 0
  }

  private func want(_ milliseconds: Int) {
    wantedTime = milliseconds < 0 ? nil : EventLoop.now + Int64(milliseconds) * 1_000_000
    if !isActing { armTimer() }
  }

  /// Sees to it that the loop's timer comes no later than libcurl wants. One that comes too early looks again, which
  /// costs less than a timer made anew for each exchange.
  private func armTimer() {
    guard let wantedTime, wantedTime < timerTime else { return }
    timer?.cancel()
    timerTime = wantedTime
    let timer = LoopTimer { [weak self] in
      self?.timer = nil
      self?.timerTime = .max
      self?.actIfDue()
    }
    self.timer = timer
    loop.schedule(timer, at: wantedTime)
  }

  private func actIfDue() {
    guard let time = wantedTime, time <= EventLoop.now else { return armTimer() }
    wantedTime = nil
    act(on: CURL_SOCKET_TIMEOUT, events: 0)
  }
}
