/// What a probe that anybody can ask for may reach: `/probe` is a door into the network that it stands in.
///
/// Held against every host before it is resolved and against every address before anything is sent to it, the hops of
/// redirects included.
package struct TargetPolicy: Hashable, Sendable {
  /// What is allowed; empty allows everything but what `deniesMetadata` takes away.
  package var allowed: [Rule]
  /// Whether link-local addresses (169.254.0.0/16, fe80::/10) and the metadata services of clouds are refused unless a rule
  /// allows them by address.
  package var deniesMetadata: Bool

  /// One thing that is allowed.
  package struct Rule: Hashable, Sendable {
    /// Which hosts.
    package enum Hosts: Hashable, Sendable {
      /// A network: the address's bytes (4 or 16) and the length of its prefix in bits.
      case network([UInt8], prefix: Int)
      /// A name, lower-case; with `*.` in front, all names under it.
      case name(String)
      /// A Unix socket's path, or all below it with a final `/`.
      case path(String)
      case any
    }

    package var hosts: Hosts
    /// Which ports; nil is all.
    package var ports: ClosedRange<Int>?

    /// A rule with everything said.
    package init(hosts: Hosts, ports: ClosedRange<Int>? = nil) {
      self.hosts = hosts
      self.ports = ports
    }
  }

  /// A policy with everything said.
  package init(allowed: [Rule] = [], deniesMetadata: Bool = true) {
    self.allowed = allowed
    self.deniesMetadata = deniesMetadata
  }
}
