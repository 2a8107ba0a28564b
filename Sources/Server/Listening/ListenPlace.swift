/// Where connections come in.
package enum ListenPlace: Hashable, Sendable, CustomStringConvertible {
  /// TCP.
  case address(ListenAddress)
  /// A port of the virtual machine's own address family, vsock(7): `vsock://:9115`.
  case vsock(port: UInt32)
  /// A listening socket that was inherited, as from systemd (sd_listen_fds(3)).
  case inherited(descriptor: CInt)

  /// Reads `host:port`, `:port`, or `vsock://:port`.
  ///
  /// - Returns: nil for anything else.
  package init?(_ text: String) {
    let scheme = "vsock://"
    if text.hasPrefix(scheme) {
      let rest = text.dropFirst(scheme.count)
      guard rest.first == ":", let port = UInt32(rest.dropFirst()) else { return nil }
      self = .vsock(port: port)
    } else {
      guard let address = ListenAddress(text) else { return nil }
      self = .address(address)
    }
  }

  /// The port of TCP; nil for everything else.
  package var port: UInt16? {
    if case .address(let address) = self { address.port } else { nil }
  }

  package var description: String {
    switch self {
    case .address(let address): "\(address)"
    case .vsock(let port): "vsock://:\(port)"
    case .inherited(let descriptor): "inherited socket \(descriptor)"
    }
  }
}

/// A place that cannot be listened on, in one sentence: `cannot listen on 127.0.0.1:9115: address already in use`.
package struct ListenFailure: Error, Hashable, CustomStringConvertible {
  /// As it was given.
  package var place: ListenPlace
  /// What the system said against it.
  package var reason: String

  /// A place with what was said against it.
  package init(place: ListenPlace, reason: String) {
    self.place = place
    self.reason = reason
  }

  package var description: String { "cannot listen on \(place): \(reason)" }
}
