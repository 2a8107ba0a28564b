import Documents
import Model

/// The keys of `grpc`.
enum GRPCKeys {
  static let target = Key("target", .endpoint, isRequired: true, "host:port to connect to")
  static let service = Key("service", .line, "service that is asked about; without it the server as a whole")
  static let tls = Key("tls", .optionalTLS, "TLS with HTTP/2: true, or its options; without it HTTP/2 in the clear")
  static let metadata = Key(
    "metadata",
    Form<Fields<[String]>>.map(of: .oneOrMore(.line), keyPattern: "^[a-z0-9_.-]+$", name: metadataFault),
    "sent along: a value, or a list of values; those of a key that ends in -bin are base64")
  static let ip = Key("ip", .family, "addresses to try")

  static let table = SectionTable(
    "grpc", [target.any, service.any, tls.any, metadata.any, ip.any] + JudgingKeys.all)

  private static func metadataFault(_ name: String) -> KeyFault? {
    GRPCMetadata.fault(inKey: name.escaped).map { KeyFault(message: $0) }
  }
}

/// Reads `grpc` into what a prober is given.
enum GRPCDecoder {
  static func decode(_ section: Section) -> ProbeSpec? {
    let service = section(GRPCKeys.service) ?? ""
    let tls = section(GRPCKeys.tls)?.options
    let metadata = (section(GRPCKeys.metadata) ?? []).flatMap { field in
      field.value.map { HeaderField(field.name, $0) }
    }
    if let fault = metadata.lazy.compactMap({ GRPCMetadata.fault(inValue: $0.value, of: $0.name) }).first,
      let entry = section.entry(GRPCKeys.metadata.name)
    {
      section.reader.fault(fault, at: entry.value)
    }
    let family = section(GRPCKeys.ip) ?? .any
    return section(GRPCKeys.target).map {
      .grpc(GRPCSpec(target: $0, service: service, tls: tls, metadata: metadata, family: family))
    }
  }
}
