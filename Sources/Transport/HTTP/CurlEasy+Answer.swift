import CCurl
import Model

// What libcurl measured and saw, read after an exchange (curl_easy_getinfo(3)).
extension CurlEasy {
  /// An answer as text; nil when there is none.
  func text(_ info: CURLINFO) -> String? {
    curlew_easy_getinfo_string(handle, info).map { String(cString: $0) }
  }

  /// The address that was connected to, or the one address that there was to connect to; else empty.
  func peerAddress(of request: HTTPRequest) -> String {
    if let ip = text(CURLINFO_PRIMARY_IP), !ip.isEmpty { return ip }
    guard case .direct(let addresses, _) = request.route, addresses.count == 1 else { return "" }
    return addresses[0].description
  }

  /// "1.0", "1.1", "2" or "3".
  var httpVersion: String {
    switch curlew_easy_getinfo_long(handle, CURLINFO_HTTP_VERSION) {
    case CURL_HTTP_VERSION_1_0: "1.0"
    case CURL_HTTP_VERSION_1_1: "1.1"
    case CURL_HTTP_VERSION_2_0: "2"
    case CURL_HTTP_VERSION_3: "3"
    default: ""
    }
  }

  /// Whether HTTP/2 is spoken, as far as that is known before there is an answer.
  func speaksHTTP2(for request: HTTPRequest) -> Bool {
    guard head.status == 0 else { return httpVersion == "2" }
    return request.version == .v2 || recorder?.facts?.alpn == "h2"
  }

  /// The last request's header fields as they were sent.
  func sentFields() -> [HeaderField] {
    var head = AnswerHead()
    sentHead.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 10) {
        _ = head.append(UnsafeRawBufferPointer(rebasing: rest[...end]))
        rest = rest[(end + 1)...]
      }
    }
    return head.fields()
  }

  private var begunTLS: Int64? { tlsStart > 0 ? tlsStart : nil }

  /// The moments at which the exchange went from one phase to the next.
  ///
  /// libcurl counts microseconds from when it begins, which is when it is handed the request
  /// (CURLINFO_CONNECT_TIME_T(3) and its kin); zero is a moment that has not come. Where it asked twice, to meet a challenge, each
  /// is the sum over both, so that what is between two of them is still the time of one phase.
  ///
  /// - Parameter isReused: whether it went over a connection that was open, so that all until the answer is waiting.
  func stamps(start: Int64, isSecure: Bool, isReused: Bool, route: HTTPRoute) -> ExchangeStamps {
    var stamps = ExchangeStamps(start: start)
    func stamp(_ info: CURLINFO, after bound: Int64 = 0) -> Int64? {
      let microseconds = Int64(curlew_easy_getinfo_offset(handle, info))
      return microseconds > bound ? start + microseconds * 1000 : nil
    }
    stamps.firstByte = stamp(CURLINFO_STARTTRANSFER_TIME_T, after: challengeTime)
    stamps.isReused = isReused
    if isReused { return stamps }
    if isSecure { stamps.secured = stamp(CURLINFO_APPCONNECT_TIME_T) }
    if case .proxy = route {
      // The connection stands when TLS begins on it, or the request: after the proxy's own answer.
      stamps.connected = isSecure ? begunTLS : stamp(CURLINFO_PRETRANSFER_TIME_T)
    } else {
      // libcurl tells it only when TLS stands too.
      stamps.connected = stamp(CURLINFO_CONNECT_TIME_T) ?? (isSecure ? begunTLS : nil)
    }
    stamps.isSecure = isSecure
    return stamps
  }
}

/// The moments of one exchange in nanoseconds of `EventLoop.now`; nil is one that has not come.
struct ExchangeStamps {
  var start: Int64
  var connected: Int64?
  var secured: Int64?
  var firstByte: Int64?
  var isSecure = false
  var isReused = false

  /// The phase that is under way when no further moment comes.
  var phase: Phase {
    if firstByte != nil { return .receive }
    if isReused { return .wait }
    if isSecure, secured != nil { return .wait }
    if connected != nil { return isSecure ? .tls : .wait }
    return .connect
  }

  /// The phases between two moments: they meet, so that they sum to what lies between, to the nanosecond.
  func phases(from begin: Int64, to end: Int64) -> Phases {
    var phases = Phases()
    var last = begin
    func leg(to moment: Int64) -> Duration {
      let moment = min(max(moment, last), end)
      defer { last = moment }
      return .nanoseconds(moment - last)
    }
    let isOver = phase
    if isReused {
      phases.wait = leg(to: isOver == .wait ? end : firstByte ?? last)
      phases.receive = leg(to: end)
      return phases
    }
    phases.resolve = leg(to: start)
    phases.connect = leg(to: isOver == .connect ? end : connected ?? start)
    if isSecure { phases.tls = leg(to: isOver == .tls ? end : secured ?? last) }
    phases.wait = leg(to: isOver == .wait ? end : firstByte ?? last)
    phases.receive = leg(to: end)
    return phases
  }
}
