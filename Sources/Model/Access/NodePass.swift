/// By what a node proves that it may report for a region. Of a token only the digest is known.
package struct NodePass: Hashable, Sendable {
  /// What a node shows.
  package enum Proof: Hashable, Sendable {
    /// A token: SHA-256 of its text, 32 bytes.
    case token(digest: [UInt8])
    /// A client certificate (mutual TLS) whose subject has this common name.
    case commonName(String)
    /// A client certificate: SHA-256 of all of it, 32 bytes.
    case fingerprint([UInt8])
  }

  /// Unlike that of every other pass; shown in logs.
  package var name: String
  package var proof: Proof
  /// The region that it is for.
  package var region: String
  /// The only node that it is for; nil for every node of the region.
  package var node: String?
  /// From when on it is good no more; nil for never.
  package var expires: Timestamp?

  /// A pass with everything said.
  package init(name: String, proof: Proof, region: String, node: String? = nil, expires: Timestamp? = nil) {
    self.name = name
    self.proof = proof
    self.region = region
    self.node = node
    self.expires = expires
  }
}

/// What came of showing a proof.
package enum NodeAdmission: Hashable, Sendable {
  /// It is good: for the region, and for the node where one is named.
  case granted(NodePass)
  /// It was good once, until its end.
  case expired(NodePass)
  /// It is nobody's.
  case unknown
}

/// The passes in force.
package struct NodePasses: Hashable, Sendable {
  /// In written order.
  package var all: [NodePass]

  /// These passes, and none without.
  package init(_ all: [NodePass] = []) {
    self.all = all
  }

  /// Whether a token is good, by its SHA-256. All of them are compared, each in the same time wherever it differs, so that
  /// the time of an answer says nothing.
  package func admission(tokenDigest digest: [UInt8], at now: Timestamp) -> NodeAdmission {
    let found = all.reduce(nil as NodePass?) { found, pass in
      guard case .token(let own) = pass.proof, own.count == digest.count else { return found }
      let difference = zip(own, digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
      return difference == 0 ? pass : found
    }
    return admission(by: found, at: now)
  }

  /// Whether a client certificate is good, one that TLS has verified already. Its fingerprint counts before its name.
  ///
  /// - Parameter fingerprint: SHA-256 of the certificate.
  package func admission(commonName: String?, fingerprint: [UInt8], at now: Timestamp) -> NodeAdmission {
    let byName = commonName.flatMap { name in all.first { $0.proof == .commonName(name) } }
    return admission(by: all.first { $0.proof == .fingerprint(fingerprint) } ?? byName, at: now)
  }

  private func admission(by pass: NodePass?, at now: Timestamp) -> NodeAdmission {
    guard let pass else { return .unknown }
    if let end = pass.expires, end <= now { return .expired(pass) }
    return .granted(pass)
  }
}
