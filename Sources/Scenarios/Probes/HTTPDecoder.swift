import Documents
import Expressions
import Model

/// The keys of `http`.
enum HTTPKeys {
  static let url = Key("url", .url(["http", "https"]), isRequired: true, "absolute URL")
  static let method = Key("method", .token("method"), "GET, or POST where a body is given")
  static let query = Key(
    "query", Form<Fields<[String]>>.map(of: .oneOrMore(.text)), "added to the URL's own, percent-encoded")
  static let headers = Key(
    "headers",
    Form<Fields<[String]>>.map(of: .oneOrMore(.line), keyPattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", name: headerFault),
    "header fields: a value, or a list of values")
  static let body = Key("body", .text, "sent as it is")
  static let json = Key("json", .json, "sent as JSON")
  static let form = Key(
    "form", Form<Fields<[String]>>.map(of: .oneOrMore(.text)), "sent as application/x-www-form-urlencoded")
  static let multipart = Key("multipart", .multipart, "sent as multipart/form-data")
  static let graphql = Key("graphql", .graphql, "sent as a GraphQL request")
  static let file = Key("file", .path(allowsAbsolute: false), "file whose content is sent")
  static let auth = Key("auth", .auth, "how the request proves who sent it")
  static let followRedirects = Key(
    "follow_redirects", .redirects, "true (10 at most), false, or the most that are followed")
  static let httpVersion = Key(
    "http_version", .httpVersion, "HTTP version to speak")
  static let ip = Key("ip", .family, "addresses to try")
  static let address = Key("address", .address, "where to connect instead of resolving the URL's host")
  static let proxy = Key(
    "proxy", .url(["http", "https", "socks4", "socks4a", "socks5", "socks5h"]), "proxy to go through")
  static let compressed = Key("compressed", .bool, "whether compressed answers are asked for")
  static let maxBody = Key("max_body", .size, "most bytes of a decoded body")
  static let cookies = Key(
    "cookies", Form<Fields<String>>.map(of: .cookieValue, name: cookieFault), "cookies for this request only")
  static let tls = Key("tls", .tls, "how TLS is spoken")

  /// Those that give the request a body; only one may be written.
  static let bodies = [body.any, json.any, form.any, multipart.any, graphql.any, file.any]

  static let table = SectionTable(
    "http",
    [
      url.any, method.any, query.any, headers.any,
    ] + bodies + [
      auth.any, followRedirects.any, httpVersion.any, ip.any, address.any, proxy.any, compressed.any, maxBody.any,
      cookies.any, tls.any,
    ] + JudgingKeys.all,
    exclusive: [bodies.map(\.name)])

  private static func headerFault(_ name: String) -> KeyFault? {
    name.isToken ? nil : KeyFault(message: "'\(name.escaped)' is no header name")
  }

  private static func cookieFault(_ name: String) -> KeyFault? {
    name.isToken ? nil : KeyFault(message: "'\(name.escaped)' is no cookie name")
  }
}

extension Form where Value == HTTPVersion {
  /// A version that this program can speak. At a run the prober says what it cannot, in the same way for every door.
  static let httpVersion = choice(aliases: ["2.0": .v2, "3.0": .v3]).map { version, node, reader -> HTTPVersion? in
    if version != .v3 || reader.phase == .run || reader.surroundings.capabilities.http3 { return version }
    reader.fault(
      "HTTP/3 is not spoken here: the libcurl that is installed cannot", at: node, allowed: ["auto", "1.1", "2"])
    return nil
  }
}

/// Reads `http` into what a prober is given.
enum HTTPDecoder {
  static func decode(_ section: Section) -> ProbeSpec? {
    let url = section(HTTPKeys.url)
    let method = section(HTTPKeys.method)
    if method == "HEAD", let entry = bodyKeys.lazy.compactMap({ section.entry($0) }).first {
      section.reader.fault(
        "a HEAD request carries no body: take '\(entry.name)' away, or use another method", at: entry.key)
    }
    // All keys are read even when the URL is wrong or waits for the run, so that their faults are found too.
    let spec = HTTPSpec(
      url: append(section(HTTPKeys.query) ?? [], to: url?.text ?? ""),
      method: method ?? (hasBody(section) ? "POST" : "GET"),
      headers: fields(section(HTTPKeys.headers)), body: body(of: section), auth: section(HTTPKeys.auth),
      maxRedirects: section(HTTPKeys.followRedirects) ?? HTTPDefaults.maxRedirects,
      version: section(HTTPKeys.httpVersion) ?? .auto, family: section(HTTPKeys.ip) ?? .any,
      address: section(HTTPKeys.address), proxy: section(HTTPKeys.proxy)?.text,
      acceptsCompression: section(HTTPKeys.compressed) ?? true,
      maxBodyBytes: section(HTTPKeys.maxBody) ?? HTTPDefaults.maxBodyBytes,
      cookies: (section(HTTPKeys.cookies) ?? []).map { HeaderField($0.name, $0.value) },
      tls: section(HTTPKeys.tls) ?? TLSOptions())
    return url == nil ? nil : .http(spec)
  }

  private static let bodyKeys = HTTPKeys.bodies.map(\.name)

  private static func hasBody(_ section: Section) -> Bool {
    bodyKeys.contains { section.entry($0) != nil }
  }

  private static func body(of section: Section) -> HTTPBody {
    if let text = section(HTTPKeys.body) { return .bytes(Array(text.utf8), contentType: nil) }
    if let json = section(HTTPKeys.json) { return .bytes(Array(json.utf8), contentType: "application/json") }
    if let request = section(HTTPKeys.graphql) { return .bytes(Array(request.utf8), contentType: "application/json") }
    if let parts = section(HTTPKeys.multipart) { return .multipart(parts) }
    if let path = section(HTTPKeys.file) { return .file(path: path, contentType: nil) }
    if let fields = section(HTTPKeys.form) {
      let pairs = fields.flatMap { field in field.value.map { pair(field.name, $0, spaceAsPlus: true) } }
      return .bytes(Array(pairs.joined(separator: "&").utf8), contentType: "application/x-www-form-urlencoded")
    }
    return .none
  }

  private static func fields(_ map: Fields<[String]>?) -> [HeaderField] {
    (map ?? []).flatMap { field in field.value.map { HeaderField(field.name, $0) } }
  }

  /// The query of the URL with `query` after it, before a fragment.
  private static func append(_ query: Fields<[String]>, to url: String) -> String {
    let pairs = query.flatMap { field in field.value.map { pair(field.name, $0, spaceAsPlus: false) } }
    guard !pairs.isEmpty else { return url }
    let end = url.firstIndex(of: "#") ?? url.endIndex
    let base = url[..<end]
    let joint = !base.contains("?") ? "?" : base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&"
    return base + joint + pairs.joined(separator: "&") + url[end...]
  }

  private static func pair(_ name: String, _ value: String, spaceAsPlus: Bool) -> String {
    URLText.component(name, spaceAsPlus: spaceAsPlus) + "=" + URLText.component(value, spaceAsPlus: spaceAsPlus)
  }
}

/// What an HTTP probe does where nothing is written.
private enum HTTPDefaults {
  static let maxRedirects = HTTPSpec(url: "").maxRedirects
  static let maxBodyBytes = HTTPSpec(url: "").maxBodyBytes
}
