import COpenSSL

/// The name that is asked for in the handshake and that the certificate must be good for.
enum PeerName: Hashable {
  /// A DNS name without its final dot.
  case host(String)
  /// An address, which never goes into SNI (RFC 6066 section 3).
  case address(IPAddress)
  case none

  /// Reads a host as it stands in a target: a name or an address, without brackets.
  init(_ host: String) {
    if let address = IPAddress(host) {
      self = .address(address)
    } else {
      let name = host.hasSuffix(".") ? String(host.dropLast()) : host
      self = name.isEmpty || name.utf8.contains(0) ? .none : .host(name)
    }
  }

  /// For sentences.
  var text: String {
    switch self {
    case .host(let name): name
    case .address(let address): address.description
    case .none: "an unnamed host"
    }
  }

  /// Demands that the certificate is good for it (X509_VERIFY_PARAM_set1_host(3)); false when there is nothing to demand.
  func require(in parameters: OpaquePointer) -> Bool {
    switch self {
    case .host(let name):
      // RFC 9525: names are in the alternative names alone, and a wildcard is a whole label.
      X509_VERIFY_PARAM_set_hostflags(
        parameters, CUnsignedInt(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
      return X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1
    case .address(let address):
      let bytes = address.bytes
      return X509_VERIFY_PARAM_set1_ip(parameters, bytes, bytes.count) == 1
    case .none: return false
    }
  }
}
