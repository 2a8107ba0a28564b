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

  /// - Parameter masks: told of every access token that a probe obtains.
  init(settings: ProbingSettings, masks: Masks) throws {
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
    // Read before anything is timed: the first exchange over TLS would show it as a time of its target.
    _ = try? equipment.tls.settings(for: TLSOptions(), folder: ".")
    prober = ProbeTable(equipment)
  }
}
