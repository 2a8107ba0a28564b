import Foundation
package import Model

/// The command line of curl(1) that makes the same request, for whoever wants to try it by hand.
///
/// Secrets are masked before anything is quoted, so a line with a secret works once `•••` is replaced.
package struct CurlLine {
  private let redactor: Redactor
  private let userAgent: String
  private let usesProxies: Bool
  private var words: [String] = []

  /// The line; nil for what is no HTTP request.
  ///
  /// - Parameters:
  ///   - attempt: what is sent.
  ///   - redactor: knows the secrets.
  ///   - userAgent: what Curlew calls itself.
  ///   - environment: of a shell that the line is pasted into; curl takes proxies from it, and Curlew does not.
  package static func text(
    for attempt: StepAttempt, redactor: Redactor, userAgent: String, environment: [String: String]
  ) -> String? {
    guard case .http(let spec) = attempt.spec else { return nil }
    var line = CurlLine(
      redactor: redactor, userAgent: userAgent,
      usesProxies: environment.contains { $0.key.lowercased().hasSuffix("_proxy") && !$0.value.isEmpty })
    line.write(spec, attempt: attempt)
    return redactor.redact(line.words.joined(separator: " "))
  }

  private init(redactor: Redactor, userAgent: String, usesProxies: Bool) {
    self.redactor = redactor
    self.userAgent = userAgent
    self.usesProxies = usesProxies
  }

  private mutating func write(_ spec: HTTPSpec, attempt: StepAttempt) {
    let names = Set(spec.headers.map { $0.name.lowercased() })
    var prefix: [String] = []
    writeMethod(spec)
    if !names.contains("user-agent"), spec.addsUsualHeaders { option("--user-agent", userAgent) }
    for header in spec.headers {
      // A field without a value is written with a semicolon; with a colon, curl would leave it out.
      option("--header", header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    if let traceparent = attempt.traceparent, !names.contains("traceparent") {
      option("--header", "traceparent: \(traceparent)")
    }
    if !spec.cookies.isEmpty {
      option("--cookie", spec.cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; "))
    }
    if let auth = spec.auth, !names.contains("authorization") { write(auth) }
    write(
      spec.body, method: spec.method, hasType: names.contains("content-type"), folder: attempt.folder, prefix: &prefix)
    if spec.acceptsCompression { words.append("--compressed") }
    if spec.maxRedirects > 0 {
      words.append("--location")
      option("--max-redirs", "\(spec.maxRedirects)")
    }
    writeRoute(spec, hasHost: names.contains("host"))
    write(spec.tls, folder: attempt.folder)
    switch spec.version {
    case .auto: break
    case .v1_1: words.append("--http1.1")
    case .v2: words.append(spec.url.hasPrefix("https:") ? "--http2" : "--http2-prior-knowledge")
    case .v3: words.append("--http3")
    }
    // Brackets and braces in a URL are a range to curl.
    if spec.url.contains(where: { "[]{}".contains($0) }) { words.append("--globoff") }
    words.append(quoted(url(of: spec)))
    words = prefix + ["curl"] + words
  }

  private mutating func option(_ name: String, _ value: String) {
    words.append(name)
    words.append(quoted(value))
  }

  private func quoted(_ text: String) -> String { ShellWord.quoted(redactor.redact(text)) }

  // MARK: Method, body and credentials

  private mutating func writeMethod(_ spec: HTTPSpec) {
    switch (spec.method, spec.body) {
    case ("GET", .none): break
    // With --request a redirect would repeat the method where browsers turn to GET.
    case ("POST", _): break
    case ("HEAD", _): words.append("--head")
    default: option("--request", spec.method)
    }
  }

  private mutating func write(
    _ body: HTTPBody, method: String, hasType: Bool, folder: String, prefix: inout [String]
  ) {
    switch body {
    case .none where method == "POST" || method == "PUT" || method == "PATCH":
      // RFC 9110 section 8.6: these say that they carry nothing, by a Content-Length of 0.
      option("--data-raw", "")
    case .none: break
    case .bytes(let bytes, let type):
      writeType(type, hasType: hasType)
      writeData(bytes, prefix: &prefix)
    case .file(let path, let type):
      writeType(type, hasType: hasType)
      option("--header", "Expect:")
      option("--data-binary", "@" + Self.path(path, in: folder))
    case .multipart(let parts):
      option("--header", "Expect:")
      for part in parts { option("--form", Self.form(part, folder: folder)) }
    }
  }

  /// curl calls every body a form unless told otherwise. What it says by itself it takes back when a redirect turns to GET,
  /// and what it was told to say it does not.
  private mutating func writeType(_ type: String?, hasType: Bool) {
    if !hasType, type != "application/x-www-form-urlencoded" {
      option("--header", type.map { "Content-Type: \($0)" } ?? "Content-Type:")
    }
  }

  private mutating func writeData(_ bytes: [UInt8], prefix: inout [String]) {
    let masked =
      String(validating: bytes, as: UTF8.self).map { Array(redactor.redact($0).utf8) }
      ?? redactor.redact(bytes, upTo: bytes.count)
    if bytes.count > 1 << 20 { option("--header", "Expect:") }
    guard masked.contains(0) else {
      words.append("--data-raw")
      words.append(ShellWord.quoted(masked))
      return
    }
    prefix = ["printf", "'\(ShellWord.escaped(masked, isFormat: true))'", "|"]
    words += ["--data-binary", "@-"]
  }

  private static func form(_ part: MultipartPart, folder: String) -> String {
    var text = part.name + "="
    switch part.content {
    case .text(let value): text += quotedInForm(value)
    case .file(let path): text += "@" + quotedInForm(self.path(path, in: folder))
    case .bytes: text += "@" + quotedInForm(part.filename ?? part.name)
    }
    if let type = part.contentType { text += ";type=\(type)" }
    if let name = part.filename { text += ";filename=\(quotedInForm(name))" }
    return text
  }

  /// In quotes, where neither `@`, `<` nor `;` means anything to curl.
  private static func quotedInForm(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private mutating func write(_ auth: HTTPAuth) {
    switch auth {
    case .basic(let username, let password): option("--user", "\(username):\(password)")
    case .digest(let username, let password):
      words.append("--digest")
      option("--user", "\(username):\(password)")
    case .bearer(let token): option("--oauth2-bearer", token)
    case .oauth2(let client):
      // A signed assertion cannot be made by hand; the token has to be put in.
      guard case .secret(let clientSecret) = client.proof else {
        option("--oauth2-bearer", Redactor.mask)
        return
      }
      // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
      var request = [
        "curl", "--silent", "--user", quoted("\(Self.encoded(client.clientID)):\(Self.encoded(clientSecret))"),
      ]
      request += ["--data", "grant_type=client_credentials"]
      if !client.scopes.isEmpty {
        request += ["--data-urlencode", quoted("scope=\(client.scopes.joined(separator: " "))")]
      }
      for field in client.parameters {
        request += ["--data-urlencode", quoted("\(Self.encoded(field.name))=\(field.value)")]
      }
      request.append(quoted(client.tokenURL))
      let extraction = #"tr -d '\n' | sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/'"#
      words += ["--oauth2-bearer", "\"$(\(request.joined(separator: " ")) | \(extraction))\""]
    }
  }

  private static func encoded(_ text: String) -> String {
    let unreserved = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
  }

  // MARK: Where to, and how

  private mutating func writeRoute(_ spec: HTTPSpec, hasHost: Bool) {
    switch spec.family {
    case .any, .preferV4, .preferV6: break
    case .v4: words.append("--ipv4")
    case .v6: words.append("--ipv6")
    }
    let rules = spec.proxyRules
    if let proxy = rules.map({ Self.isSecure(spec.url) ? $0.https : $0.http }) ?? spec.proxy {
      option("--proxy", proxy)
      if usesProxies || rules?.exceptions != nil { option("--noproxy", rules?.exceptions ?? "") }
      for field in rules?.connectHeaders ?? [] { option("--proxy-header", "\(field.name): \(field.value)") }
    } else if usesProxies {
      option("--noproxy", "*")
    }
    guard let (host, port, authority) = Self.place(of: spec.url) else { return }
    let address = spec.address.flatMap { Endpoint($0, defaultPort: port) }
    let asked = Self.isSecure(spec.url) ? spec.tls.serverName : nil
    if asked != nil || address != nil {
      let target = address ?? Endpoint(host: host, port: port)
      option("--connect-to", "\(Endpoint(host: asked ?? host, port: port)):\(target)")
    }
    // The name to ask for stands in the URL, since curl knows no other way; the host is said apart.
    if asked != nil, !hasHost { option("--header", "Host: \(authority)") }
  }

  private func url(of spec: HTTPSpec) -> String {
    guard Self.isSecure(spec.url), let name = spec.tls.serverName, var parts = URLComponents(string: spec.url) else {
      return spec.url
    }
    parts.host = name
    return parts.string ?? spec.url
  }

  private static func isSecure(_ url: String) -> Bool { url.lowercased().hasPrefix("https:") }

  private static func place(of url: String) -> (host: String, port: Int, authority: String)? {
    guard let parts = URLComponents(string: url), var host = parts.host, !host.isEmpty else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    let port = parts.port ?? (isSecure(url) ? 443 : 80)
    let bare = host.contains(":") ? "[\(host)]" : host
    return (host, port, parts.port.map { "\(bare):\($0)" } ?? bare)
  }

  private mutating func write(_ tls: TLSOptions, folder: String) {
    if !tls.verify { words.append("--insecure") }
    if let text = tls.caText {
      write(.text(text), as: "--cacert", folder: folder)
    } else if let file = tls.caFile {
      option("--cacert", Self.path(file, in: folder))
    }
    if let certificate = tls.certificate { write(certificate, as: "--cert", folder: folder) }
    if let key = tls.key { write(key, as: "--key", folder: folder) }
    if let version = tls.minVersion { words.append("--tlsv\(version.number)") }
    if let version = tls.maxVersion { option("--tls-max", version.number) }
  }

  private mutating func write(_ source: PEMSource, as name: String, folder: String) {
    words.append(name)
    switch source {
    case .file(let path): words.append(quoted(Self.path(path, in: folder)))
    case .text(let text): words.append("<(printf %s \(quoted(text)))")
    }
  }

  /// A path as it is seen from where the command was started.
  private static func path(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || folder == "." || folder.isEmpty ? path : "\(folder)/\(path)"
  }
}

extension TLSVersion {
  /// As curl writes it: `1.2`.
  fileprivate var number: String { String(rawValue.dropFirst("TLSv".count)) }
}
