package import Model
import Transport

/// Connects to a Unix stream socket, perhaps begins TLS, perhaps talks.
package struct UnixProber: Sendable {
  /// What sun_path holds beside its NUL (unix(7)).
  private static let maxPathBytes = 107

  private let equipment: ProbeEquipment

  /// A prober with the equipment of its process.
  package init(_ equipment: ProbeEquipment) {
    self.equipment = equipment
  }

  /// Makes one exchange.
  package func probe(_ spec: UnixSpec, in context: ProbeContext) async -> Observation {
    await equipment.loops.currentOrNext.actor.perform(within: context.timeout) { [equipment] _, deadline in
      let session = StreamSession(to: spec.path, equipment: equipment, context: context, deadline: deadline)
      return await StreamSession.observe(session, detail: { .socket($0) }) { (session) throws(StreamSession.Stop) in
        let options = spec.tls ?? TLSOptions()
        let usesTLS = spec.tls != nil || spec.exchange.beginsTLS
        let settings = usesTLS ? try session.settings(for: options, in: context) : nil
        let path = spec.path.hasPrefix("/") ? spec.path : "\(context.folder)/\(spec.path)"
        guard path.utf8.count <= Self.maxPathBytes else {
          throw session.stop(
            .templateFailed,
            "the path \(Words.quoted(path)) has \(path.utf8.count) bytes; a socket's has at most \(Self.maxPathBytes)")
        }
        try await session.connect(toPath: path)
        if let settings, !spec.exchange.beginsTLS {
          try await session.secure(settings, options: options, host: "")
        }
        var exchange = StreamExchange(session) { () throws(StreamSession.Stop) in
          guard let settings else { throw session.stop(.internal, "TLS was not prepared") }
          try await session.secure(settings, options: options, host: "")
        }
        try await exchange.run(spec.exchange)
      }
    }
  }
}
