import Model

// What a module names beside its own text, read when a spec is made, as upstream reads it at each probe.
extension ModuleSurroundings {
  /// A text; that of a file without the white space around it.
  ///
  /// - Parameter key: what the text is for, in a fault: `basic_auth.username`.
  func text(of source: HTTPClientOptions.Source<String>, key: String) throws(ModuleFault) -> String {
    switch source {
    case .value(let text): return text
    case .file(let path): return try trimmedText(ofFile: path)
    case .reference(let name): throw Self.noSecretManager(name, key)
    }
  }

  /// A secret; that of a file without the white space around it.
  func text(of source: HTTPClientOptions.Source<Secret>, key: String) throws(ModuleFault) -> String {
    switch source {
    case .value(let secret): return secret.exposedValue
    case .file(let path): return try trimmedText(ofFile: path)
    case .reference(let name): throw Self.noSecretManager(name, key)
    }
  }

  /// The text of a file without the white space around it.
  func trimmedText(ofFile path: String) throws(ModuleFault) -> String {
    let text = String(decoding: try readFile(path).get(), as: UTF8.self).drop(while: \.isWhitespace)
    guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(text[...last])
  }

  private static func noSecretManager(_ name: String, _ key: String) -> ModuleFault {
    ModuleFault(.internal, "\(key)_ref \"\(name)\" asks for a secret manager, and there is none; use \(key)_file")
  }

  /// How TLS is spoken by a `tls_config`. Files are named and not read, so that what is made of them can be kept.
  func tlsOptions(of configuration: TLSConfiguration) throws(ModuleFault) -> TLSOptions {
    var options = TLSOptions(
      verify: !configuration.skipsVerification, serverName: configuration.serverName,
      // Go's oldest version where none is written.
      minVersion: configuration.minVersion ?? .v1_2, maxVersion: configuration.maxVersion)
    switch configuration.ca {
    case .file(let path)? where path.hasPrefix("/"): options.caFile = path
    case .file(let path)?: options.caText = String(decoding: try readFile(path).get(), as: UTF8.self)
    case .some(let source): options.caText = try text(of: source, key: "tls_config.ca")
    case nil: break
    }
    switch configuration.certificate {
    case .file(let path)?: options.certificate = try pem(ofFile: path)
    case .some(let source): options.certificate = .text(try text(of: source, key: "tls_config.cert"))
    case nil: break
    }
    switch configuration.key {
    case .file(let path)?: options.key = try pem(ofFile: path)
    case .some(let source): options.key = .text(try text(of: source, key: "tls_config.key"))
    case nil: break
    }
    return options
  }

  /// A relative path starts from the process's directory and not from the probe's folder, so its text goes along.
  private func pem(ofFile path: String) throws(ModuleFault) -> PEMSource {
    path.hasPrefix("/") ? .file(path) : .text(String(decoding: try readFile(path).get(), as: UTF8.self))
  }
}
