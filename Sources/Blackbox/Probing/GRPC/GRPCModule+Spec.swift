import Expressions
package import Model

extension GRPCModule: ProberSection {
  package func spec(
    for request: ProbeRequest, in surroundings: ModuleSurroundings
  ) throws(ModuleFault) -> ProbeSpec {
    let tls = usesTLS ? try self.tls.options(in: surroundings) : nil
    // Upstream takes IPv6 alone where the module has no `grpc` section, since its defaults are those of a written one.
    let hasNoFallback = surroundings.compatibility == .strict && !isWritten
    return .grpc(
      GRPCSpec(
        target: try target(of: request.target), service: service, tls: tls, metadata: sentMetadata,
        family: hasNoFallback ? .v6 : address.family))
  }

  /// The host and port of a target, which may look like a URL. The scheme says nothing about TLS.
  private func target(of text: String) throws(ModuleFault) -> Endpoint {
    var rest = text[...]
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) { rest = text.dropFirst(scheme.count) }
    let authority = rest.prefix { !"/?#".contains($0) }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
    guard let endpoint = Endpoint(String(host), defaultPort: usesTLS ? 443 : 80) else {
      throw ModuleFault(
        .templateFailed, "target \"\(text)\" is no host for gRPC; write host:port, [::1]:port or a host alone")
    }
    return endpoint
  }

  /// The metadata as it goes over the wire. What belongs to the call itself stays behind, as it does upstream.
  private var sentMetadata: [HeaderField] {
    metadata.flatMap { key, values -> [HeaderField] in
      if GRPCMetadata.isReserved(key) || key == "user-agent" { return [] }
      return values.map { HeaderField(key, GRPCMetadata.isBinary(key) ? Base64.encode(Array($0.utf8)) : $0) }
    }
  }
}
