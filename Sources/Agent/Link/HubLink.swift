package import Fleet
package import Model

/// The way to a hub: what is asked and what is answered. Each call ends within a bound of its own, whatever the hub does.
package protocol HubLink: Sendable {
  /// Introduces the node.
  func register(_ registration: Registration) async throws(LinkFault) -> Admission

  /// Says how the node is.
  func beat(_ beat: Beat) async throws(LinkFault) -> BeatReply

  /// Asks what there is to do, and waits for news for as long as the question says.
  func work(_ question: WorkQuestion) async throws(LinkFault) -> WorkReply

  /// Hands runs over.
  func push(_ batch: SpoolBatch) async throws(LinkFault) -> BatchReply
}

/// Why a hub did not do what it was asked for.
package enum LinkFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// Nothing answered, or something that is no hub.
  case unreachable(String)
  /// The hub says no.
  case refused(FleetProtocol.Refusal, String, acknowledged: Int64?)

  package var description: String {
    switch self {
    case .unreachable(let words): words
    case .refused(let refusal, let words, _): words.isEmpty ? "refused: \(refusal.rawValue)" : words
    }
  }
}
