package import Model

/// Whoever turns a host into addresses for a socket to connect to.
package protocol AddressResolver: Sendable {
  /// The addresses of a name in the order in which they should be tried, at least one; an address gives itself.
  ///
  /// Called on the deadline's loop.
  func addresses(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress]

  /// The name servers that a DNS probe asks when its spec names none.
  var configuration: ResolverConfiguration { get }
}

extension AddressResolver {
  /// None, for who resolves by other means.
  package var configuration: ResolverConfiguration { ResolverConfiguration(servers: []) }
}
