/// Who may change things over the API: a name, and what its token may do. Of the token itself only the digest is known.
package struct APIToken: Hashable, Sendable {
  /// What a token may do.
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// Write incidents, and add to their story.
    case incidents
    /// Take time out of availability.
    case exclusions
    /// Report for any job.
    case heartbeats
    /// Look at private pages.
    case pages
  }

  /// Unlike that of every other token; shown in logs.
  package var name: String
  /// SHA-256 of the token's text: 32 bytes.
  package var digest: [UInt8]
  package var scopes: Set<Scope>

  /// A token with everything said.
  package init(name: String, digest: [UInt8], scopes: Set<Scope>) {
    self.name = name
    self.digest = digest
    self.scopes = scopes
  }
}
