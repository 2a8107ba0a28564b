package import Documents
import Expressions

/// Reads web configuration files: the keys of Prometheus' exporter-toolkit, everything wrong told in one pass.
package enum WebFile {
  /// The most bytes of a file.
  private static let limit = 1 << 20

  /// What is wrong with a file.
  package struct Fault: Error, CustomStringConvertible {
    package var diagnostics: [Diagnostic]

    package var description: String { diagnostics.map { $0.rendered() }.joined(separator: "\n") }
  }

  /// Reads a file. Paths in it start from its folder.
  static func read(_ path: String, files: any DocumentFiles = DiskFiles()) throws(Fault) -> WebConfiguration {
    let sink = DiagnosticSink()
    let found = configuration(path, files, sink)
    guard let found, !sink.hasErrors else { throw Fault(diagnostics: sink.finished()) }
    return found
  }

  private static func configuration(
    _ path: String, _ files: any DocumentFiles, _ sink: DiagnosticSink
  ) -> WebConfiguration? {
    let bytes: [UInt8]
    do throws(FileProblem) {
      bytes = try files.read(path, limit: limit)
    } catch {
      sink.report(Diagnostic("cannot read the web configuration '\(path)': \(error)"))
      return nil
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      sink.report(Diagnostic("the web configuration '\(path)' is not UTF-8"))
      return nil
    }
    let source = SourceText(path: path, folder: Path.folder(of: path), bytes: bytes)
    switch YAMLComposer.compose(source, sink: sink) {
    case .broken: return nil
    case .empty: return WebConfiguration()
    case .node(let root):
      let reader = Reader(
        phase: .load, sink: sink, folder: source.folder, surroundings: Surroundings(files: files))
      return Section(root, WebKeys.table, reader).map { Self.configuration($0) }
    }
  }

  private static func configuration(_ section: Section) -> WebConfiguration {
    var web = WebConfiguration()
    web.tls = section(WebKeys.tls).flatMap { $0 }
    if let server = section(WebKeys.http) {
      web.allowsHTTP2 = server.allowsHTTP2
      web.headers = server.headers
    }
    for user in section(WebKeys.users) ?? [] {
      if let hash = PasswordHash(user.value) {
        web.users[user.name] = hash
      } else {
        // Without the line that it stands in, which may hold the password itself.
        section.reader.sink.report(
          Diagnostic(
            "\(section.node.source.path): what stands for '\(user.name.escaped)' in 'basic_auth_users' is no bcrypt hash",
            notes: [.init("a hash is made by: htpasswd -nB \(user.name.escaped)")]))
      }
    }
    web.rateLimit = section(WebKeys.rateLimit).flatMap { $0 }
    return web
  }
}

/// The keys of a web configuration file.
private enum WebKeys {
  static let tls = Key("tls_server_config", .tlsServer, "TLS, and who the clients must be")
  static let http = Key("http_server_config", .httpServer, "HTTP/2 and headers")
  static let users = Key(
    "basic_auth_users", Form<Fields<String>>.map(of: .text), "who may ask, with bcrypt hashes")
  static let rateLimit = Key("rate_limit", .rateLimit, "how often may be asked")
  static let table = SectionTable(
    "web configuration", title: "the web configuration", [tls.any, http.any, users.any, rateLimit.any])
}

private struct HTTPServerForm: Sendable {
  var allowsHTTP2: Bool
  var headers: [(name: String, value: String)]
}

extension Form where Value == HTTPServerForm {
  private static let http2 = Key("http2", .bool, "whether HTTP/2 is spoken over TLS")
  private static let headers = Key(
    "headers", Form<Fields<(String, YAMLNode)>>.map(of: .textWithPlace), "headers of every answer")

  fileprivate static let httpServer = Form.section(
    SectionTable("http_server_config", [http2.any, headers.any])
  ) { section in
    var written: [(name: String, value: String)] = []
    for header in section(headers) ?? [] {
      let (value, node) = header.value
      guard let allowed = Self.allowedHeaders.first(where: { $0.key == header.name })?.value else {
        section.reader.fault(
          "HTTP header \"\(header.name.escaped)\" can not be configured", at: node,
          allowed: Self.allowedHeaders.map(\.key))
        continue
      }
      guard value.isEmpty || allowed.isEmpty || allowed.contains(value.lowercased()) else {
        section.reader.fault(
          "invalid value for \(header.name): '\(value.escaped)'", at: node, allowed: allowed)
        continue
      }
      if !value.isEmpty { written.append((header.name, value)) }
    }
    return HTTPServerForm(allowsHTTP2: section(http2) ?? true, headers: written)
  }

  /// With their values; none means any.
  private static let allowedHeaders: KeyValuePairs<String, [String]> = [
    "Content-Security-Policy": [], "Strict-Transport-Security": [], "X-Content-Type-Options": ["nosniff"],
    "X-Frame-Options": ["deny", "sameorigin"], "X-XSS-Protection": [],
  ]
}

extension Form where Value == (String, YAMLNode) {
  fileprivate static let textWithPlace = Form<String>.line.map { text, node, _ -> (String, YAMLNode)? in (text, node) }
}

extension Form where Value == WebConfiguration.RateLimit? {
  private static let interval = Key("interval", .duration(.zero ... .seconds(86_400)), "the time for one more request")
  private static let burst = Key("burst", .integer(0...1_000_000), "how many may come at once")

  fileprivate static let rateLimit = Form.section(
    SectionTable("rate_limit", [interval.any, burst.any])
  ) { section in
    guard let interval = section(interval), interval > .zero else { return .some(nil) }
    return WebConfiguration.RateLimit(interval: interval, burst: section(burst) ?? 20)
  }
}

extension Form where Value == WebConfiguration.TLS? {
  private static let certificate = Key("cert", .nonEmptyText, "the certificate with its chain, PEM")
  private static let certificateFile = Key("cert_file", .nonEmptyText, "the file that it is in")
  private static let key = Key("key", .nonEmptyText, "its key, PEM")
  private static let keyFile = Key("key_file", .nonEmptyText, "the file that it is in")
  private static let clientAuth = Key(
    "client_auth_type", Form<WebConfiguration.ClientAuthentication>.choice(GoTLSNames.clientAuthentication),
    "what is asked of clients")
  private static let clientCA = Key("client_ca", .nonEmptyText, "who issues clients' certificates, PEM")
  private static let clientCAFile = Key("client_ca_file", .nonEmptyText, "the file that they are in")
  private static let allowedNames = Key(
    "client_allowed_sans", Form<[String]>.list(of: .nonEmptyText),
    "names, one of which a client's certificate must hold")
  private static let minimum = Key(
    "min_version", Form<TLSServerVersion>.choice(GoTLSNames.versions), "the oldest version")
  private static let maximum = Key(
    "max_version", Form<TLSServerVersion>.choice(GoTLSNames.versions), "the newest version")
  private static let ciphers = Key(
    "cipher_suites", Form<[UInt16]>.list(of: .choice(GoTLSNames.ciphers)), "the suites of TLS 1.2")
  private static let prefersOwn = Key(
    "prefer_server_cipher_suites", .bool, "has had no effect since Go 1.17: the server's order counts")
  private static let curves = Key(
    "curve_preferences", Form<[UInt16]>.list(of: .choice(GoTLSNames.curves)), "the curves of the key exchange")

  private static let table = SectionTable(
    "tls_server_config",
    [
      certificate.any, certificateFile.any, key.any, keyFile.any, clientAuth.any, clientCA.any, clientCAFile.any,
      allowedNames.any, minimum.any, maximum.any, ciphers.any, prefersOwn.any, curves.any,
    ], exclusive: [["cert", "cert_file"], ["key", "key_file"], ["client_ca", "client_ca_file"]])

  fileprivate static let tlsServer = Form.section(table) { section in
    let folder = section.reader.folder
    func source(_ text: Key<String>, _ file: Key<String>) -> WebConfiguration.Source? {
      section(text).map { .text($0) } ?? section(file).map { .file(Path.join(folder, $0)) }
    }
    // Read whatever else is wrong, so that all faults are told.
    _ = section(prefersOwn)
    let authorities = source(clientCA, clientCAFile)
    let authentication = section(clientAuth) ?? .none
    let versions = (section(minimum) ?? .tls12, section(maximum) ?? .tls13)
    let (suites, curves) = (section(ciphers) ?? [], section(curves) ?? [])
    let names = section(allowedNames) ?? []
    if authorities != nil, authentication == .none {
      section.reader.fault("client CA's have been configured without a Client Auth Policy", at: section.node)
    }
    if versions.0 > versions.1 { section.reader.fault("min_version is newer than max_version", at: section.node) }
    switch (source(certificate, certificateFile), source(key, keyFile)) {
    case (nil, nil):
      if authorities != nil || authentication != .none {
        section.reader.fault("missing one of cert or cert_file", at: section.node)
      }
      return .some(nil)
    case (.some, nil): section.reader.fault("missing one of key or key_file", at: section.node)
    case (nil, .some): section.reader.fault("missing one of cert or cert_file", at: section.node)
    case (let certificate?, let key?):
      guard versions.0 <= versions.1 else { return nil }
      return WebConfiguration.TLS(
        certificate: certificate, key: key, clientAuthentication: authentication, clientAuthorities: authorities,
        allowedNames: names, versions: versions.0...versions.1, ciphers: suites, curves: curves)
    }
    return nil
  }
}
