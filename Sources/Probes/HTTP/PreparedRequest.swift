import Compression
import Model
import Transport

/// A spec that has been checked and read: what every hop of one run is made from. Nothing has been sent yet.
struct PreparedRequest: Sendable {
  let spec: HTTPSpec
  let url: HTTPURL
  let body: HTTPRequestBody
  /// All header fields of the first hop, `Authorization` too, but for `Host`, `Cookie` and the length.
  let headers: [HeaderField]
  /// The value of the `Cookie` field for the request's own cookies.
  let cookies: String?
  let proxies: ProxyChoice
  /// Where to connect in place of the URL's host.
  let address: Endpoint?

  /// Checks a spec.
  ///
  /// - Throws: what the user, or a template, wrote and that cannot be sent.
  init(
    _ spec: HTTPSpec, in context: ProbeContext, urls: HTTPURLs, userAgent: String
  ) throws(PreparationFailure) {
    self.spec = spec
    do throws(HTTPURLError) {
      url = try urls.url(spec.url)
    } catch {
      throw PreparationFailure(error.description)
    }
    if spec.version == .v3, !CurlLibrary.supportsHTTP3 {
      throw PreparationFailure(
        "HTTP/3 cannot be asked for: the installed libcurl \(CurlLibrary.version) has no HTTP/3", code: .notPermitted)
    }
    try Self.check(spec)
    proxies = if let rules = spec.proxyRules { try ProxyChoice(rules) } else { try ProxyChoice(spec.proxy) }
    if let text = spec.address {
      guard let address = Endpoint(text, defaultPort: Int(url.port)) else {
        throw PreparationFailure("address \"\(text)\" is none; write a host or an address, perhaps with :port")
      }
      self.address = address
    } else {
      address = nil
    }
    body = try Self.body(of: spec, in: context.folder)
    headers = Self.headers(of: spec, in: context, userAgent: userAgent)
    cookies =
      spec.cookies.isEmpty ? nil : spec.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
  }

  // MARK: Checks

  /// A CR, LF or NUL would end a field and begin another (RFC 9110 section 5.5).
  private static func check(_ spec: HTTPSpec) throws(PreparationFailure) {
    guard isToken(spec.method) else {
      throw PreparationFailure("method \"\(spec.method)\" is no HTTP method; write letters such as GET")
    }
    if spec.method == "HEAD" {
      // libcurl would wait for the body that the answer to another method has.
      guard case .none = spec.body else {
        throw PreparationFailure("a HEAD request carries no body; take the body away or use another method")
      }
    }
    for field in spec.headers {
      guard isToken(field.name) else {
        throw PreparationFailure("header name \"\(field.name)\" may hold letters, digits and !#$%&'*+-.^_`|~ only")
      }
      guard isOneLine(field.value) else {
        throw PreparationFailure("the value of header \"\(field.name)\" holds a CR, LF or NUL")
      }
    }
    for cookie in spec.cookies {
      guard isToken(cookie.name) else {
        throw PreparationFailure("cookie name \"\(cookie.name)\" may hold letters, digits and !#$%&'*+-.^_`|~ only")
      }
      guard isOneLine(cookie.value), !cookie.value.utf8.contains(UInt8(ascii: ";")) else {
        throw PreparationFailure("the value of cookie \"\(cookie.name)\" holds a CR, LF, NUL or semicolon")
      }
    }
    if case .multipart(let parts) = spec.body {
      for part in parts {
        for text in [part.name, part.filename ?? "", part.contentType ?? ""] where !isOneLine(text) {
          throw PreparationFailure("the multipart field \"\(part.name)\" has a name or type with a CR, LF or NUL in it")
        }
      }
    }
    let credentials: [String] =
      switch spec.auth {
      case .bearer(let token): [token]
      case .digest(let username, let password): [username, password]
      case .basic, .oauth2, nil: []
      }
    for field in spec.proxyRules?.connectHeaders ?? [] where !isToken(field.name) || !isOneLine(field.value) {
      throw PreparationFailure("proxy_connect_header \"\(field.name)\" is no header field, or holds a CR, LF or NUL")
    }
    guard credentials.allSatisfy(isOneLine) else { throw PreparationFailure("auth holds a CR, LF or NUL") }
    guard spec.proxy.map(isOneLine) ?? true, spec.tls.serverName.map(isOneLine) ?? true else {
      throw PreparationFailure("proxy or tls.server_name holds a CR, LF or NUL")
    }
  }

  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: "/"), UInt8(ascii: ":")...64,
          UInt8(ascii: "[")...UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\""):
          false
        default: byte > 32 && byte < 127
        }
      }
  }

  static func isOneLine(_ text: String) -> Bool {
    !text.utf8.contains { $0 == 13 || $0 == 10 || $0 == 0 }
  }

  // MARK: Parts

  private static func body(of spec: HTTPSpec, in folder: String) throws(PreparationFailure) -> HTTPRequestBody {
    do throws(UploadFileError) {
      switch spec.body {
      case .none: return .none
      case .bytes(let bytes, _): return .bytes(bytes)
      case .file(let path, _): return .file(try UploadFile(path: path, in: folder))
      case .multipart(let parts):
        var resolved: [MultipartPart] = []
        for var part in parts {
          if case .file(let path) = part.content {
            // The name as it was written, not the one that a symbolic link leads to.
            part.filename = part.filename ?? path.split(separator: "/").last.map(String.init)
            part.content = .file(path: try UploadFile.checkedPath(of: path, in: folder))
          }
          resolved.append(part)
        }
        return .multipart(resolved)
      }
    } catch {
      throw PreparationFailure("body: \(error.description)")
    }
  }

  private static func headers(of spec: HTTPSpec, in context: ProbeContext, userAgent: String) -> [HeaderField] {
    var headers: [HeaderField] = []
    headers.reserveCapacity(spec.headers.count + 6)
    func addUnlessGiven(_ name: String, _ value: @autoclosure () -> String) {
      if !spec.headers.contains(where: { $0.name.isSameField(as: name) }) { headers.append(HeaderField(name, value())) }
    }
    if spec.addsUsualHeaders {
      addUnlessGiven("User-Agent", userAgent)
      addUnlessGiven("Accept", "*/*")
    }
    if spec.acceptsCompression { addUnlessGiven("Accept-Encoding", ContentCodings.accepted) }
    if let traceparent = context.traceparent { addUnlessGiven("traceparent", traceparent) }
    switch spec.auth {
    case .basic(let username, let password):
      addUnlessGiven("Authorization", "Basic \(Base64.encode("\(username):\(password)".utf8))")
    case .bearer(let token): addUnlessGiven("Authorization", "Bearer \(token)")
    case .digest, .oauth2, nil: break
    }
    switch spec.body {
    case .bytes(_, let type?), .file(_, let type?): addUnlessGiven("Content-Type", type)
    case .none, .bytes, .file, .multipart: break
    }
    headers += spec.headers
    return headers
  }
}

/// What was written that cannot be sent.
struct PreparationFailure: Error {
  let code: ReasonCode
  let message: String

  init(_ message: String, code: ReasonCode = .templateFailed) {
    self.code = code
    self.message = message
  }
}
