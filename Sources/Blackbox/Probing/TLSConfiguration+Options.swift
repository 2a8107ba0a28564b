import Model

extension TLSConfiguration {
  /// The same for a prober. Files with an absolute path are left to it, which reads them again only when they have changed.
  ///
  /// - Throws: why a file of a relative path cannot be read.
  func options(in surroundings: ModuleSurroundings) throws(ModuleFault) -> TLSOptions {
    // Go's oldest version, whatever the system's OpenSSL is set to.
    var options = TLSOptions(verify: !skipsVerification, minVersion: minVersion ?? .v1_2, maxVersion: maxVersion)
    if let serverName, !serverName.isEmpty { options.serverName = serverName }
    if case .file(let path)? = ca, path.hasPrefix("/") {
      options.caFile = path
    } else {
      options.caText = try surroundings.text(of: ca, "ca")
    }
    if case .file(let path)? = certificate, path.hasPrefix("/") {
      options.certificate = .file(path)
    } else {
      options.certificate = try surroundings.text(of: certificate, "cert").map { .text($0) }
    }
    if case .file(let path)? = key, path.hasPrefix("/") {
      options.key = .file(path)
    } else {
      options.key = try surroundings.text(of: key, "key").map { .text($0) }
    }
    return options
  }
}
