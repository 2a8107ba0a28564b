import Model
import Probes
import Transport

/// What probing needs to know from the command line and the service file.
struct ProbingSettings {
  /// Whether exec checks may run programs.
  var allowsExec = false
  /// Name servers in place of the system's.
  var nameServers: [Endpoint] = []
}

/// The part of the object graph that touches the network.
struct ProbingEngine {
  let prober: ProbeTable
  let loops: EventLoops

  /// - Parameters:
  ///   - masks: told of every access token that a probe obtains.
  ///   - expectsTLS: whether to read the system's authorities now, which takes longer than all else.
  init(settings: ProbingSettings, masks: Masks, expectsTLS: Bool = true) throws {
    DescriptorLimit.raise()
    do {
      loops = try EventLoops()
    } catch {
      throw CommandFailure("cannot start an event loop: \(error)")
    }
    let servers = try settings.nameServers.map { endpoint in
      guard let address = IPAddress(endpoint.host) else {
        throw CommandFailure("resolver server '\(endpoint)' is no address; a name server cannot be named by a name")
      }
      return SocketAddress(address, port: UInt16(endpoint.port))
    }
    let equipment = ProbeEquipment(
      loops: loops, resolver: Resolver(servers: servers), userAgent: Version.userAgent,
      tokenObserver: { masks.add($0) }, allowsPrograms: settings.allowsExec)
    // Read before anything is timed: it keeps a thread that exchanges run on from its sockets.
    if expectsTLS { _ = try? equipment.tls.settings(for: TLSOptions(), folder: ".") }
    prober = ProbeTable(equipment)
  }
}
