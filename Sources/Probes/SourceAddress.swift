import Model
import Transport

/// The local address that a user wants an exchange to come from, and what it means for the target's.
struct SourceAddress {
  /// Nil where the kernel may choose.
  let address: IPAddress?
  /// Which addresses of the target can be reached from it.
  let family: AddressFamily

  /// Reads what was written as `source_ip`.
  ///
  /// - Parameter family: which addresses were asked for.
  init(_ text: String?, for family: AddressFamily) throws(ProbeFailure) {
    guard let text else {
      address = nil
      self.family = family
      return
    }
    guard let address = IPAddress(text) else {
      throw ProbeFailure(.templateFailed, during: .resolve, "source_ip \(Words.quoted(text)) is not an IP address")
    }
    guard family != (address.isV6 ? .v4 : .v6) else {
      throw ProbeFailure(
        .templateFailed, during: .resolve, "source_ip \(Words.quoted(text)) is no IPv\(family.rawValue) address")
    }
    self.address = address
    // From an address of one family none of the other can be reached, whichever is preferred.
    self.family =
      switch family {
      case .preferV4, .preferV6: address.isV6 ? .preferV6 : .preferV4
      case .any, .v4, .v6: address.family
      }
  }
}

extension SourceAddress {
  /// Whether an address belongs to those that were asked for.
  func canReach(_ other: IPAddress) -> Bool {
    if let address { return address.isV6 == other.isV6 }
    return family != (other.isV6 ? .v4 : .v6)
  }
}
