package import Model
package import Transport

/// What the probers of one process share: threads, caches, the resolver. An object, so that a run takes it along for the
/// price of one reference.
package final class ProbeEquipment: Sendable {
  /// The threads that exchanges run on.
  package let loops: EventLoops
  /// Who turns names into addresses. Probers ask `addresses(of:…)`, so that none forgets the policy.
  private let resolver: any AddressResolver
  /// Trust stores, client certificates and TLS contexts.
  package let tls: TLSLibrary
  /// libcurl on those threads.
  package let http: HTTPEngine
  /// The `User-Agent` of HTTP requests that name none: "curlew/" and the version.
  package let userAgent: String
  /// Told of every access token that a probe obtains (RFC 6749), so that it can be masked wherever text is written.
  package let tokenObserver: @Sendable (Secret) -> Void

  /// Whether the service allows `exec` probes to run programs.
  package let allowsPrograms: Bool
  /// The `PATH` of programs, where their own environment gives none.
  package let programPath: String

  /// Compiled regular expressions.
  package let patterns = Patterns()

  /// Equipment with everything said.
  package init(
    loops: EventLoops, resolver: any AddressResolver, tls: TLSLibrary = TLSLibrary(), http: HTTPEngine? = nil,
    userAgent: String = "curlew", tokenObserver: @escaping @Sendable (Secret) -> Void = { _ in },
    allowsPrograms: Bool = false, programPath: String = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  ) {
    self.loops = loops
    self.resolver = resolver
    self.tls = tls
    self.http = http ?? HTTPEngine(loops: loops)
    self.userAgent = userAgent
    self.tokenObserver = tokenObserver
    self.allowsPrograms = allowsPrograms
    self.programPath = programPath
  }

  /// The name servers that a DNS probe asks when its spec names none.
  var resolverConfiguration: ResolverConfiguration { resolver.configuration }

  /// The addresses that a socket may connect to for a host: the one way to them, so that what is probed on somebody else's
  /// behalf is held to the policy wherever it leads. What is not resolved here again is not to be dialled.
  ///
  /// - Parameters:
  ///   - port: where it will be connected to; nil for what has none.
  ///   - policy: `ProbeContext.policy`; nil for what the module's author chose, such as a proxy.
  /// - Throws: `refused`, before anything is sent, for a host or an address that the policy does not allow.
  func addresses(
    of host: String, port: Int?, family: AddressFamily, under policy: TargetPolicy?, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] {
    guard let policy else { return try await resolver.addresses(of: host, family: family, deadline: deadline) }
    if let words = policy.refusal(ofHost: host, port: port) { throw ResolutionFailure(.refused, words) }
    let addresses = try await resolver.addresses(of: host, family: family, deadline: deadline)
    let allowed = addresses.filter { policy.allows(address: $0.bytes, port: port, host: host) }
    if allowed.isEmpty,
      let words = addresses.first.flatMap({ policy.refusal(ofAddress: $0.bytes, port: port, host: host) })
    {
      throw ResolutionFailure(.refused, words)
    }
    return allowed
  }
}
