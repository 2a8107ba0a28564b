import Model

extension TLSConfiguration {
  /// How a prober speaks TLS by this configuration.
  ///
  /// Files under an absolute path are named, so that they are read only when they changed; others are read here, for their
  /// paths start from the process's directory and may leave it.
  ///
  /// - Parameter name: what is asked for and verified where the configuration names nothing; nil for the target's host.
  /// - Throws: why a file cannot be read, or that a secret manager would be needed.
  func options(name: String? = nil, in surroundings: ModuleSurroundings) throws(ModuleFault) -> TLSOptions {
    var options = TLSOptions(verify: !skipsVerification, minVersion: minVersion, maxVersion: maxVersion)
    let written = serverName.flatMap { $0.isEmpty ? nil : $0 }
    options.serverName = written ?? name
    switch try ca.map({ (source) throws(ModuleFault) in try Self.pem(source, "ca", surroundings, \.self) }) {
    case .file(let path): options.caFile = path
    case .text(let text): options.caText = text
    case nil: break
    }
    options.certificate = try certificate.map { (source) throws(ModuleFault) in
      try Self.pem(source, "cert", surroundings, \.self)
    }
    options.key = try key.map { (source) throws(ModuleFault) in
      try Self.pem(source, "key", surroundings, \.exposedValue)
    }
    return options
  }

  private static func pem<Value>(
    _ source: HTTPClientOptions.Source<Value>, _ key: String, _ surroundings: ModuleSurroundings,
    _ text: (Value) -> String
  ) throws(ModuleFault) -> PEMSource {
    switch source {
    case .value(let value): return .text(text(value))
    case .file(let path):
      if path.hasPrefix("/") { return .file(path) }
      let bytes = try surroundings.readFile(path).get()
      return .text(String(decoding: bytes, as: UTF8.self))
    case .reference(let name):
      throw ModuleFault(.internal, "tls_config.\(key)_ref \"\(name)\" cannot be used: there is no secret manager")
    }
  }
}
