import Documents
import Expressions
import Model

/// The keys of `http`, beside those of its client.
enum HTTPKeys {
  static let statusCodes = Key(
    "valid_status_codes", Form<[Int]>.list(of: .goInteger(Int.min...Int.max)), "200 to 299 where nothing is written")
  static let httpVersions = Key(
    "valid_http_versions", Form<[String]>.list(of: .goText), "such as HTTP/1.1 and HTTP/2.0")
  static let skipsResolve = Key(
    "skip_resolve_phase_with_proxy", .goBool, "leaves resolving the target's name to the proxy")
  static let noFollowRedirects = Key(
    "no_follow_redirects", .goBool, "deprecated: follow_redirects says it the other way")
  static let failsIfSSL = Key("fail_if_ssl", .goBool, "fails if the last answer came over TLS")
  static let failsIfNotSSL = Key("fail_if_not_ssl", .goBool, "fails if it did not")
  static let method = Key("method", .goText, "GET where nothing is written")
  static let headers = Key("headers", Form<Fields<String>>.map(of: .goTextOrNothing), "headers of the request")
  static let bodyMatches = Key(
    "fail_if_body_matches_regexp", Form<[RegularExpression]>.list(of: .regularExpression), "fails if any matches")
  static let bodyNotMatches = Key(
    "fail_if_body_not_matches_regexp", Form<[RegularExpression]>.list(of: .regularExpression),
    "fails if any does not match")
  static let jsonMatches = Key("fail_if_body_json_matches_cel", Form<Expression>.overBody, "fails if it is true")
  static let jsonNotMatches = Key(
    "fail_if_body_json_not_matches_cel", Form<Expression>.overBody, "fails if it is false")
  static let headerMatches = Key(
    "fail_if_header_matches", Form<[HTTPModule.HeaderMatch]>.list(of: .headerMatch), "fails if any matches")
  static let headerNotMatches = Key(
    "fail_if_header_not_matches", Form<[HTTPModule.HeaderMatch]>.list(of: .headerMatch), "fails if any does not match")
  static let body = Key("body", .goText, "the request's body")
  static let bodyFile = Key("body_file", .goText, "a file of it, read at each probe")
  static let compression = Key("compression", .goText, "gzip, br, deflate or identity: how the body is coded")
  static let bodySizeLimit = Key("body_size_limit", .binarySize, "the most bytes of the decoded body")
  static let usesHTTP3 = Key("enable_http3", .goBool, "speaks HTTP/3 and nothing else")

  static let table = SectionTable(
    "http",
    [statusCodes.any, httpVersions.any] + AddressKeys.all + [
      skipsResolve.any, noFollowRedirects.any, failsIfSSL.any, failsIfNotSSL.any, method.any, headers.any,
      bodyMatches.any, bodyNotMatches.any, jsonMatches.any, jsonNotMatches.any, headerMatches.any,
      headerNotMatches.any, body.any, bodyFile.any, compression.any, bodySizeLimit.any, usesHTTP3.any,
    ] + HTTPClientKeys.all)

  /// What the section says.
  static func module(_ section: Section) -> HTTPModule? {
    var http = HTTPModule()
    http.client = HTTPClientKeys.options(section)
    http.address = AddressKeys.choice(section)
    http.validStatusCodes = section.given(statusCodes) ?? []
    http.validHTTPVersions = section.given(httpVersions) ?? []
    http.skipsResolveWithProxy = section.given(skipsResolve) ?? false
    http.failsIfSSL = section.given(failsIfSSL) ?? false
    http.failsIfNotSSL = section.given(failsIfNotSSL) ?? false
    if let method = section.given(method), !method.isEmpty { http.method = method }
    http.headers = section.given(headers) ?? []
    http.failIfBodyMatches = section.given(bodyMatches) ?? []
    http.failIfBodyNotMatches = section.given(bodyNotMatches) ?? []
    http.failIfBodyJSONMatchesCEL = section.given(jsonMatches)
    http.failIfBodyJSONNotMatchesCEL = section.given(jsonNotMatches)
    http.failIfHeaderMatches = section.given(headerMatches) ?? []
    http.failIfHeaderNotMatches = section.given(headerNotMatches) ?? []
    http.body = section.given(body).flatMap { $0.isEmpty ? nil : $0 }
    http.bodyFile = section.given(bodyFile).flatMap { $0.isEmpty ? nil : $0 }
    if http.body != nil, http.bodyFile != nil {
      section.fault("setting body and body_file both are not allowed", at: body.name, bodyFile.name)
    }
    http.bodySizeLimitBytes = section.given(bodySizeLimit).flatMap { $0 == 0 ? nil : $0 }
    http.usesHTTP3 = section.given(usesHTTP3) ?? false
    if let noFollow = section.given(noFollowRedirects) {
      http.noFollowRedirects = noFollow
      http.client.followsRedirects = !noFollow
      section.warn(
        "no_follow_redirects is deprecated", at: noFollowRedirects.name, notes: ["write follow_redirects: \(!noFollow)"]
      )
    }
    checkVersions(of: http, section)
    compress(&http, section)
    return http
  }

  /// What HTTP/3 goes with.
  private static func checkVersions(of http: HTTPModule, _ section: Section) {
    guard http.usesHTTP3 else {
      if http.validHTTPVersions.contains(where: { $0.hasPrefix("HTTP/3") }) {
        section.fault("HTTP/3 cannot be used as a valid HTTP version when enable_http3 is false", at: httpVersions.name)
      }
      if http.validHTTPVersions.contains("HTTP/2") {
        section.warn("'HTTP/2' is taken for 'HTTP/2.0'", at: httpVersions.name)
      }
      return
    }
    if http.validHTTPVersions.contains(where: { $0 != "HTTP/3.0" }) {
      section.fault(
        "HTTP/3 and HTTP/2.0/1.1 cannot be used together - only HTTP/3.0 is allowed when enable_http3 is true",
        at: httpVersions.name)
    }
    if http.client.usesHTTP2 {
      section.fault("when enable_http3 is true, enable_http2 must be set to false", at: usesHTTP3.name)
    }
    if section.reader.surroundings.capabilities.http3 {
      section.warn("HTTP/3 is spoken over TLS alone: http:// targets are probed as https://", at: usesHTTP3.name)
    } else {
      section.fault("enable_http3 cannot be used: the libcurl that is installed speaks no HTTP/3", at: usesHTTP3.name)
    }
  }

  private static func compress(_ http: inout HTTPModule, _ section: Section) {
    guard let written = section.given(compression), !written.isEmpty else { return }
    switch written.lowercased() {
    case "gzip": http.compression = .gzip
    case "br": http.compression = .br
    case "deflate": http.compression = .deflate
    case "identity": http.compression = .identity
    default:
      http.compression = .unknown(written)
      section.warn(
        "compression '\(written.escaped)' is unknown: every probe fails", at: compression.name,
        allowed: ["gzip", "br", "deflate", "identity"])
    }
    guard let header = http.headers.first(where: { $0.name.lowercased() == "accept-encoding" }),
      !AcceptedCodings.accept(written, header.value)
    else { return }
    section.fault(
      "invalid configuration \"\(header.name): \(header.value.escaped)\", \"compression: \(written.escaped)\"",
      at: compression.name)
  }
}

/// `Accept-Encoding` as upstream reads it.
enum AcceptedCodings {
  /// Whether a header with that value allows a coding: the first entry by quality that names it, or `*`, decides.
  static func accept(_ coding: String, _ header: String) -> Bool {
    guard !coding.isEmpty, !header.isEmpty else { return true }
    let entries = header.split(separator: ",", omittingEmptySubsequences: false).map { entry in
      let end = entry.lastIndex(of: ";") ?? entry.endIndex
      let quality = end == entry.endIndex ? 1 : quality(entry[entry.index(after: end)...])
      return (name: entry[..<end].trimmedOfSpaces, quality: quality)
    }
    let sorted = entries.enumerated().sorted { left, right in
      (right.element.quality, left.offset) < (left.element.quality, right.offset)
    }
    let deciding = sorted.first { $0.element.name == coding || $0.element.name == "*" }
    return (deciding?.element.quality ?? 0) > 0
  }

  /// `q=0.5`, to three decimals; 0 for what is no number.
  private static func quality(_ text: Substring) -> Double {
    var text = text.trimmedOfSpaces
    if text.hasPrefix("q=") { text = String(text.dropFirst(2)) }
    return ((Double(text) ?? 0) * 1000).rounded() / 1000
  }
}

extension Substring {
  /// Without the spaces around it.
  fileprivate var trimmedOfSpaces: String {
    var text = drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}

/// The keys of an entry that looks at a header.
private enum HeaderMatchKeys {
  static let header = Key("header", .goText, "the header's name")
  static let pattern = Key("regexp", Form<RegularExpression>.regularExpression, "what its values are held against")
  static let allowsMissing = Key("allow_missing", .goBool, "whether an answer without the header is good")

  static let table = SectionTable(
    "header matcher", title: "a header matcher", [header.any, pattern.any, allowsMissing.any])
}

extension Form where Value == HTTPModule.HeaderMatch {
  fileprivate static let headerMatch = Form(.section(HeaderMatchKeys.table)) { node, reader in
    guard let section = Section(node, HeaderMatchKeys.table, reader) else { return nil }
    let header = section.given(HeaderMatchKeys.header) ?? ""
    if header.isEmpty {
      section.fault("header name must be set for HTTP header matchers", at: HeaderMatchKeys.header.name)
    }
    let written = section.entry(HeaderMatchKeys.pattern.name)?.value
    if written.map({ $0.isNothing || $0.text == "" }) ?? true {
      section.fault("regexp must be set for HTTP header matchers", at: HeaderMatchKeys.pattern.name)
    }
    guard let pattern = section.given(HeaderMatchKeys.pattern) else { return nil }
    return HTTPModule.HeaderMatch(
      header: header, pattern: pattern, allowsMissing: section.given(HeaderMatchKeys.allowsMissing) ?? false)
  }
}
