import Documents
import Model

extension Form where Value == [NodePass] {
  /// Passes of nodes, no name and no proof twice.
  static let nodePasses = Form<[(NodePass, YAMLNode)]>.list(of: .nodePass).map { passes, _, reader -> [NodePass]? in
    for (index, (pass, node)) in passes.enumerated() {
      let before = passes[..<index].map(\.0)
      if before.contains(where: { $0.name == pass.name }) {
        reader.fault("an entry named '\(pass.name.escaped)' is written twice", at: node)
      }
      if before.contains(where: { $0.proof == pass.proof }) {
        reader.fault(
          "'\(pass.name.escaped)' has the same token or certificate as another entry", at: node,
          notes: ["a token of its own is made by: curlew token --region \(pass.region)"])
      }
    }
    return passes.map(\.0)
  }
}

extension Form where Value == (NodePass, YAMLNode) {
  private static let name = Key(
    "name", Form<String>.tokenName, "whose it is, for logs; that of the certificate without")
  private static let digest = Key("sha256", Form<[UInt8]>.digest, "SHA-256 of the token, 64 hex digits")
  private static let certificate = Key(
    "certificate", Form<NodePass.Proof>.certificate, "common name or SHA-256 fingerprint of a client certificate")
  private static let region = Key("region", Form<String>.fleetName, isRequired: true, "the region that it is for")
  private static let node = Key("node", Form<String>.fleetName, "the only node that it is for")
  private static let expires = Key("expires", Form<Timestamp>.moment, "from when on it is good no more")

  fileprivate static let nodePass = Form.section(
    SectionTable(
      "node", title: "an entry of 'nodes'",
      [name.any, digest.any, certificate.any, region.any, node.any, expires.any],
      oneOf: [digest.name, certificate.name])
  ) { section -> (NodePass, YAMLNode)? in
    let (written, region) = (section(name), section(region))
    let (node, expires) = (section(node), section(expires))
    let proof = section(digest).map { NodePass.Proof.token(digest: $0) } ?? section(certificate)
    let name: String
    if let written {
      name = written
    } else if let text = section.entry(certificate.name)?.value.scalarText {
      name = String(text.prefix(64))
    } else {
      if !section.has(Self.name), section.has(digest) {
        section.reader.fault("the entry of a token needs 'name'", at: section.node)
      }
      return nil
    }
    guard let proof, let region else { return nil }
    return (NodePass(name: name, proof: proof, region: region, node: node, expires: expires), section.node)
  }
}

extension Form where Value == NodePass.Proof {
  /// 64 hex digits, colons between them or not, are a fingerprint, and everything else a name.
  fileprivate static let certificate = Form<String>.line.map(schema: .text(pattern: ".")) {
    text, node, reader -> NodePass.Proof? in
    let digits = text.filter { $0 != ":" }.compactMap(\.hexDigitValue)
    if digits.count == 64, text.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || Character(UnicodeScalar($0)).isHexDigit })
    {
      return .fingerprint(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
    if !text.isEmpty { return .commonName(text) }
    reader.fault("a certificate is told by its common name, or by its SHA-256 in 64 hex digits", at: node)
    return nil
  }
}

extension Form where Value == Timestamp {
  /// A date, whose beginning in UTC is meant, or a time of RFC 3339.
  fileprivate static let moment = Form<String>.text.map(schema: .text(pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}")) {
    text, node, reader -> Timestamp? in
    if let moment = Timestamp(rfc3339: text) ?? Timestamp(rfc3339: text + "T00:00:00Z") { return moment }
    reader.fault(
      "'\(text.escaped)' is no time", at: node, notes: ["times are written 2027-01-31 or 2027-01-31T12:00:00Z"])
    return nil
  }
}
