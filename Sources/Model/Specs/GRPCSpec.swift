/// A question to a gRPC server's health service (grpc.health.v1, `Health/Check`).
package struct GRPCSpec: Hashable, Sendable {
  /// Where to connect.
  package var target: Endpoint
  /// The service that is asked about; empty means the server as a whole.
  package var service: String
  /// TLS with HTTP/2 (ALPN `h2`) when not nil; else HTTP/2 in the clear, with prior knowledge (RFC 9113 section 3.3).
  package var tls: TLSOptions?
  /// Metadata in the order in which it is sent; the value of a `-bin` key is base64, as it goes over the wire.
  package var metadata: [HeaderField]
  /// Which addresses are tried.
  package var family: AddressFamily

  /// A question in the clear about the server as a whole, unless said otherwise.
  package init(
    target: Endpoint, service: String = "", tls: TLSOptions? = nil, metadata: [HeaderField] = [],
    family: AddressFamily = .any
  ) {
    self.target = target
    self.service = service
    self.tls = tls
    self.metadata = metadata
    self.family = family
  }
}
