package import Model
import Synchronization

/// Turns names into addresses on the event loop: /etc/hosts, then name servers.
///
/// Nothing is kept from one lookup to the next, so that a probe measures what its name servers do now; whoever wants a
/// cache runs one on the machine and names it in resolv.conf(5). The name service switch, multicast DNS and the
/// environment of the C library have no say. It never blocks, and what waits for a silent server holds one socket.
package final class Resolver: AddressResolver {
  private let explicit: ResolverConfiguration?
  private let files: Mutex<Files>
  private let turn = Atomic<UInt>(0)

  private struct Files {
    var hosts: WatchedFile<HostsFile>
    var configuration: WatchedFile<ResolverConfiguration>
  }

  /// A resolver for the whole process.
  ///
  /// - Parameters:
  ///   - servers: whom to ask in place of the servers in `configurationPath`; the other options there then do not count.
  ///   - hostsPath: a hosts(5) file, read again when it changes.
  ///   - configurationPath: a resolv.conf(5) file, read again when it changes.
  package convenience init(
    servers: [SocketAddress] = [], hostsPath: String = "/etc/hosts", configurationPath: String = "/etc/resolv.conf"
  ) {
    self.init(
      configuration: servers.isEmpty ? nil : ResolverConfiguration(servers: servers), hostsPath: hostsPath,
      configurationPath: configurationPath)
  }

  /// A resolver with a configuration of its own, in place of the one in `configurationPath` unless it is nil.
  package init(
    configuration: ResolverConfiguration?, hostsPath: String = "/etc/hosts",
    configurationPath: String = "/etc/resolv.conf"
  ) {
    explicit = configuration
    files = Mutex(
      Files(
        hosts: WatchedFile(path: hostsPath) { HostsFile($0) },
        configuration: WatchedFile(path: configurationPath) { ResolverConfiguration(resolvConf: $0) }))
  }

  /// Whom a question goes to now.
  package var configuration: ResolverConfiguration {
    var configuration = explicit ?? files.withLock { $0.configuration.value() }
    if configuration.rotate, configuration.servers.count > 1 {
      let first = turn.wrappingAdd(1, ordering: .relaxed).oldValue % UInt(configuration.servers.count)
      configuration.servers = Array(configuration.servers[Int(first)...] + configuration.servers[..<Int(first)])
    }
    return configuration
  }

  /// The addresses of a name or of an address as text, at least one, in the order in which they should be tried.
  ///
  /// `localhost` and names under it are this machine, unless /etc/hosts says otherwise (RFC 6761 section 6.3). To be called
  /// on the deadline's loop.
  package func addresses(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] {
    deadline.loop.preconditionOnLoop("The resolver")
    guard let preferred = family.preferred else {
      return AddressOrder.sorted(try await unordered(of: host, family: family, deadline: deadline))
    }
    let all = try await unordered(of: host, family: .any, deadline: deadline)
    return [all.first { $0.family == preferred } ?? all[all.count - 1]]
  }

  /// The addresses as they were found, at least one.
  private func unordered(
    of host: String, family: AddressFamily, deadline: Deadline
  ) async throws(ResolutionFailure) -> [IPAddress] {
    if let address = IPAddress(host) {
      guard family == .any || family == address.family else {
        throw ResolutionFailure(.notFound, "\(host) is no \(family.words)")
      }
      return [address]
    }
    var plain = host.lowercased()
    let isAbsolute = plain.hasSuffix(".")
    if isAbsolute { plain.removeLast() }
    if let local = localAddresses(of: plain) {
      let usable = local.filter { family == .any || $0.family == family }
      guard !usable.isEmpty else {
        throw ResolutionFailure(.notFound, "\"\(host)\" has no \(family.words) (it is in /etc/hosts)")
      }
      return usable
    }
    let name: DNSName
    do throws(DNSNameProblem) {
      guard !plain.isEmpty else { throw DNSNameProblem(host, "it is empty") }
      name = try DNSName(plain)
    } catch {
      throw ResolutionFailure(.notFound, error.description)
    }
    let configuration = configuration
    var failure: ResolutionFailure?
    for candidate in configuration.candidates(for: name, isAbsolute: isAbsolute) {
      var lookup = NameLookup(name: candidate, family: family, configuration: configuration, deadline: deadline)
      do throws(ResolutionFailure) {
        return try await lookup.addresses()
      } catch {
        // One search domain whose server fails must not hide the others, nor the name itself. Silence would be waited for
        // again with each of them.
        let isPassedOver = error.kind == .noAnswer && lookup.wasAnswered && candidate != name
        guard error.kind == .notFound || isPassedOver else { throw error }
        // What the name itself came to says more than what became of it under a search domain.
        if failure == nil || candidate == name { failure = error }
      }
    }
    throw failure ?? ResolutionFailure(.notFound, "no such name: \"\(host)\"")
  }

  private func localAddresses(of name: String) -> [IPAddress]? {
    let known = files.withLock { $0.hosts.value() }[name]
    if !known.isEmpty { return known }
    return name == "localhost" || name.hasSuffix(".localhost") ? [.loopbackV6, .loopbackV4] : nil
  }
}

extension AddressFamily {
  /// The family that is taken where there is one; nil where both count alike or one alone is asked for.
  var preferred: AddressFamily? {
    switch self {
    case .preferV4: .v4
    case .preferV6: .v6
    case .any, .v4, .v6: nil
    }
  }

  /// "IPv6 address".
  var words: String {
    switch self {
    case .any, .preferV4, .preferV6: "address"
    case .v4: "IPv4 address"
    case .v6: "IPv6 address"
    }
  }
}
