/// One exchange of a recording (HTTP Archive 1.2, https://w3c.github.io/web-performance/specs/HAR/Overview.html).
struct HAREntry: Sendable {
  struct Field: Sendable {
    var name: String
    var value: String
  }

  var line: Int
  var method: String
  var url: URLParts
  var headers: [Field]
  var cookies: [String]
  var bodyType: String
  var bodyText: String?
  var bodyParameters: [JSONValue]
  var status: Int
  var responseType: String
  var responseText: String?
  /// Cookies that the response set, by name.
  var setCookies: [String]
  /// Where a redirect leads, as it is written; empty without one.
  var redirect: String
  /// What the browser wanted it for, such as `xhr`; nil where it does not say.
  var purpose: String?

  /// Longer answers are not searched for values that later requests send.
  private static let longestResponse = 1 << 20

  /// Nil for what is no exchange over HTTP, such as `data:` URLs, WebSockets, and requests that were blocked.
  init?(_ value: JSONValue, source: SourceText) {
    guard let request = value["request"], let url = request["url"]?.text.flatMap({ URLParts($0) }),
      let method = request["method"]?.text, RequestDraft.isToken(method)
    else { return nil }
    let response = value["response"]
    line = source.line(of: request["url"]?.offset ?? value.offset)
    self.method = method
    self.url = url
    headers = Self.fields(request["headers"])
    cookies = (request["cookies"]?.elements ?? []).compactMap { $0["name"]?.text }
    let data = request["postData"]
    bodyType = data?["mimeType"]?.text ?? ""
    bodyText = data?["text"]?.text
    bodyParameters = data?["params"]?.elements ?? []
    status = response?["status"]?.int ?? 0
    let content = response?["content"]
    responseType = (content?["mimeType"]?.text ?? "").lowercased()
    responseText = Self.text(of: content)
    setCookies = (response?["cookies"]?.elements ?? []).compactMap { $0["name"]?.text }
    redirect = response?["redirectURL"]?.text ?? ""
    if redirect.isEmpty, (300..<400).contains(status) {
      redirect = Self.fields(response?["headers"]).first { $0.name.lowercased() == "location" }?.value ?? ""
    }
    purpose = value["_resourceType"]?.text?.lowercased()
  }

  private static func fields(_ value: JSONValue?) -> [Field] {
    (value?.elements ?? []).compactMap { field in
      guard let name = field["name"]?.text, let value = field["value"]?.text else { return nil }
      return Field(name: name, value: value)
    }
  }

  private static func text(of content: JSONValue?) -> String? {
    guard let text = content?["text"]?.text, text.utf8.count <= longestResponse else { return nil }
    guard content?["encoding"]?.text?.lowercased() == "base64" else { return text }
    return Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The first value of a header.
  func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

  /// Where a redirect leads, as a whole URL.
  var redirectTarget: String? {
    guard (300..<400).contains(status), status != 304, !redirect.isEmpty else { return nil }
    let target = String(redirect.prefix { $0 != "#" })
    if target.contains("://") { return target }
    if target.hasPrefix("//") { return "\(url.scheme):\(target)" }
    return target.hasPrefix("/") ? url.origin + target : nil
  }

  // MARK: What it is for

  private static let assetPurposes: Set<String> = [
    "image", "font", "stylesheet", "script", "media", "manifest", "texttrack", "ping", "csp-violation-report",
    "preflight", "websocket", "eventsource", "signed-exchange", "prefetch", "beacon",
  ]
  private static let assetEndings: Set<String> = [
    "css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif", "ico", "woff", "woff2", "ttf", "otf",
    "eot", "mp4", "webm", "mp3", "wasm", "webmanifest",
  ]

  /// Whether it loads what a page is made of, or reports something, and nobody waits for its answer.
  var isAsset: Bool {
    if let purpose, purpose != "other" { return Self.assetPurposes.contains(purpose) }
    if ["image/", "font/", "audio/", "video/"].contains(where: { responseType.hasPrefix($0) }) { return true }
    if ["text/css", "javascript", "ecmascript", "application/wasm", "application/font", "manifest+json"]
      .contains(where: { responseType.contains($0) })
    {
      return true
    }
    let ending = url.path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return method == "GET" && Self.assetEndings.contains(ending)
  }

  /// Whether the browser asked by itself whether it may ask (https://fetch.spec.whatwg.org/#cors-preflight-request).
  var isPreflight: Bool { method == "OPTIONS" && header("access-control-request-method") != nil }

  var isDocument: Bool { purpose == "document" || (purpose == nil && responseType.contains("text/html")) }

  /// The last two parts of the host's name: what a site's hosts have in common.
  var site: String { url.host.split(separator: ".").suffix(2).joined(separator: ".") }
}
