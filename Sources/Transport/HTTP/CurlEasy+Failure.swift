import CCurl
import Glibc
import Model

// From libcurl's codes (libcurl-errors(3)) to reasons, in words that name what the user wrote.
extension CurlEasy {
  /// What ended an exchange early; nil when it went through.
  ///
  /// - Parameter deadline: what the sentence of a time-out speaks of.
  func failure(
    of request: HTTPRequest, interruption: WaitFailure?, during phase: Phase, _ deadline: Deadline
  ) -> ProbeFailure? {
    let target = Target(request)
    switch interruption {
    case .deadline: return ProbeFailure(.timeout, during: phase, Self.timeoutMessage(target, phase, deadline))
    case .cancelled: return ProbeFailure(.cancelled, during: phase, "the request to \(target.url) was cancelled")
    case nil: break
    }
    if let fault { return ProbeFailure(.internal, during: phase, fault.description) }
    if let tlsFailure { return ProbeFailure(.templateFailed, during: .tls, tlsFailure.message) }
    if headIsTooLong {
      return ProbeFailure(
        .protocolError, during: .receive,
        "\(target.url) answered with more header than \(AnswerHead.maxBytes >> 10) KiB or \(AnswerHead.maxFields) lines"
      )
    }
    if let bodyStop, bodyStop != .dropped {
      return ProbeFailure(
        bodyStop == .tooLarge ? .bodyTooLarge : .protocolError, during: .receive,
        Self.message(for: bodyStop, of: request))
    }
    guard let result, result != CURLE_OK, bodyStop != .dropped else { return incompleteness(of: request) }
    // libcurl's buffer for a header line holds 100 KiB, and it calls a longer one lack of memory.
    if result == CURLE_OUT_OF_MEMORY, phase == .receive || phase == .wait {
      return ProbeFailure(
        .protocolError, during: .receive, "\(target.url) answered with a line in its header beyond libcurl's 100 KiB")
    }
    return failure(for: result, target, during: phase, deadline)
  }

  /// What is wrong with an exchange that libcurl takes for a whole one.
  private func incompleteness(of request: HTTPRequest) -> ProbeFailure? {
    if !head.isEnded, bodyStop == nil {
      return ProbeFailure(
        .protocolError, during: .receive, "\(request.url) closed the connection in the middle of its header fields")
    }
    if let coding = request.forcedCoding, coding != .identity, bodyStop == nil, body.lacksStream, !isFollowedRedirect {
      return ProbeFailure(
        .protocolError, during: .receive, "the body of \(request.url) is empty, where \(coding.rawValue) was expected")
    }
    if let coding = body.unfinishedCoding, bodyStop == nil {
      return ProbeFailure(
        .protocolError, during: .receive, "the body of \(request.url) ends in the middle of its \(coding) stream")
    }
    if request.version == .v2, head.status > 0, httpVersion != "2" {
      return ProbeFailure(
        .protocolError, during: .receive, "\(request.url) answered in HTTP/\(httpVersion), HTTP/2 was asked for")
    }
    return nil
  }

  /// Who is spoken of in messages.
  private struct Target {
    let url: HTTPURL
    let proxy: HTTPProxy?
    /// Where the connection goes, as far as that is one place.
    let place: String

    init(_ request: HTTPRequest) {
      url = request.url
      switch request.route {
      case .direct(let addresses, let port) where addresses.count == 1:
        place = SocketAddress(addresses[0], port: port).description
      case .direct: place = url.authority
      case .proxy(let proxy, _, _): place = "the proxy \(proxy.publicText)"
      }
      proxy = if case .proxy(let proxy, _, _) = request.route { proxy } else { nil }
    }
  }

  private func failure(
    for code: CURLcode, _ target: Target, during phase: Phase, _ deadline: Deadline
  ) -> ProbeFailure {
    let url = target.url
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
      return connectFailure(target)
    case CURLE_PROXY, CURLE_COULDNT_RESOLVE_PROXY:
      return ProbeFailure(
        .connectFailed, during: .connect, "\(target.place) does not connect to \(url.authority): \(errorMessage)")
    case CURLE_COULDNT_RESOLVE_HOST:
      return ProbeFailure(.resolveFailed, during: .resolve, "\"\(url.host)\" has no address: \(errorMessage)")
    case CURLE_OPERATION_TIMEDOUT:
      return ProbeFailure(.timeout, during: phase, Self.timeoutMessage(target, phase, deadline))
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_USE_SSL_FAILED,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_CLIENTCERT, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      if let failure = recorder?.failure { return failure }
      return ProbeFailure(.tlsFailed, during: .tls, "no TLS with \(url.authority): \(errorMessage)")
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
      CURLE_NOT_BUILT_IN:
      return ProbeFailure(.internal, during: phase, "libcurl \(CurlLibrary.version): \(errorText(for: code))")
    case CURLE_READ_ERROR, CURLE_ABORTED_BY_CALLBACK, CURLE_SEND_FAIL_REWIND:
      return ProbeFailure(
        .templateFailed, during: phase, "the body of the request to \(url) could not be read: \(errorText(for: code))")
    case CURLE_GOT_NOTHING:
      return ProbeFailure(.protocolError, during: .wait, "\(url.authority) closed the connection without an answer")
    case CURLE_PARTIAL_FILE:
      return ProbeFailure(.protocolError, during: .receive, "the body of \(url) ends early: \(errorMessage)")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
      return ProbeFailure(.protocolError, during: phase, "\(url.authority) does not answer in HTTP: \(errorMessage)")
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
      return transferFailure(for: code, target, during: phase)
    default:
      return ProbeFailure(.protocolError, during: phase, "\(url): \(errorText(for: code))")
    }
  }

  private func connectFailure(_ target: Target) -> ProbeFailure {
    let socket = TransportFault(call: "connect", errno: socketErrno)
    // libcurl's errno is the one of an earlier exchange where this one had no socket; and where one of several addresses could
    // not be tried for a fault of ours, what the others did is not the whole story.
    let code =
      hasOpenedSocket && !socket.isOurs ? CInt(curlew_easy_getinfo_long(handle, CURLINFO_OS_ERRNO)) : socketErrno
    let message = "connection to \(place(target)) failed: \(code == 0 ? errorMessage : SystemError.words(code))"
    switch code {
    case ECONNREFUSED: return ProbeFailure(.connectRefused, during: .connect, "connection to \(place(target)) refused")
    // No local port is left.
    case EADDRNOTAVAIL: return ProbeFailure(.internal, during: .connect, message)
    default:
      let isOurs = TransportFault(call: "connect", errno: code).isOurs
      return ProbeFailure(isOurs ? .internal : .connectFailed, during: .connect, message)
    }
  }

  private func transferFailure(for code: CURLcode, _ target: Target, during phase: Phase) -> ProbeFailure {
    let connectStatus = curlew_easy_getinfo_long(handle, CURLINFO_HTTP_CONNECTCODE)
    if phase == .connect, target.proxy != nil {
      let answer = connectStatus > 0 ? "status \(connectStatus)" : errorText(for: code)
      return ProbeFailure(
        .connectFailed, during: .connect,
        "\(target.place) does not connect to \(target.url.authority): \(answer)")
    }
    if phase == .tls {
      return recorder?.failure
        ?? ProbeFailure(.tlsFailed, during: .tls, "no TLS with \(target.url.authority): \(errorText(for: code))")
    }
    // Not libcurl's errno, which may be of an earlier exchange.
    if head.status == 0, errorMessage.lowercased().contains(SystemError.words(ECONNRESET)) {
      return ProbeFailure(.protocolError, during: phase, "\(place(target)) reset the connection")
    }
    return ProbeFailure(.protocolError, during: phase, "\(target.url): \(errorText(for: code))")
  }

  /// The address and port that were connected to; those asked for when none was reached.
  private func place(_ target: Target) -> String {
    let port = curlew_easy_getinfo_long(handle, CURLINFO_PRIMARY_PORT)
    if let ip = text(CURLINFO_PRIMARY_IP), !ip.isEmpty, port > 0 {
      return Endpoint(host: ip, port: port).description
    }
    return target.place
  }

  /// libcurl's own words for this error, or those for its code.
  private func errorText(for code: CURLcode) -> String {
    let message = errorMessage
    return message.isEmpty ? String(cString: curl_easy_strerror(code)) : message
  }

  private static func timeoutMessage(_ target: Target, _ phase: Phase, _ deadline: Deadline) -> String {
    let what =
      switch phase {
      case .resolve, .connect: "no connection to \(target.place)"
      case .tls: "no end of the TLS handshake with \(target.url.authority)"
      case .wait: "no answer from \(target.url)"
      case .receive: "no end of the answer from \(target.url)"
      }
    return "\(what) within \(Units.text(of: .nanoseconds(deadline.end - deadline.start)))"
  }

  private static func message(for stop: AnswerBody.Stop, of request: HTTPRequest) -> String {
    switch stop {
    case .dropped: ""
    case .tooLarge: "the body of \(request.url) is larger than \(request.maxBodyBytes) bytes"
    case .unknownCoding(let name): "the body of \(request.url) has the unknown content encoding \"\(name)\""
    case .malformed(let name):
      request.forcedCoding == nil
        ? "the body of \(request.url) is not \(name), as its content encoding says"
        : "the body of \(request.url) is not \(name), which it is decoded as"
    }
  }
}
