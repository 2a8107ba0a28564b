/// How nodes speak to a hub: JSON over HTTPS for what is asked and told, `RunCoding` for runs. Everything is asked by the
/// node, so that it needs no address of its own.
///
/// | path | method | what |
/// |---|---|---|
/// | `/fleet/v1/register` | POST | `Registration` → `Admission` |
/// | `/fleet/v1/beats` | POST | `Beat` → `BeatReply` |
/// | `/fleet/v1/work` | POST | `WorkQuestion` → `WorkReply`; waits for news for as long as it says (long poll) |
/// | `/fleet/v1/runs` | POST | `RunCoding` of a `SpoolBatch` → `BatchReply` |
///
/// Within a version, messages only ever gain fields that may be absent, and what is not known in one is passed over: nodes and
/// hubs of one version may be of different programs.
///
/// Every request bears `Authorization: Bearer TOKEN`, or comes with a certificate of the node's. A refusal is a problem of RFC
/// 9457 whose `type` ends in a `Refusal`.
package enum FleetProtocol {
  /// The version that is spoken here, in every path and in every registration.
  package static let version = 1
  /// What every path begins with.
  package static let root = "/fleet/v1"
  /// The type of the body that `RunCoding` makes (RFC 6838 section 3.2).
  package static let runsType = "application/vnd.curlew.runs"
  /// The longest body of a batch, in bytes.
  package static let batchBytes = 4 << 20
  /// The most runs of a batch.
  package static let batchRuns = 5_000
  /// The longest time that a question for work waits.
  package static let longestWait = Duration.seconds(30)
  /// From one beat to the next.
  package static let beatInterval = Duration.seconds(3)
  /// A run whose slot begins later than now by more than this is from the future.
  package static let futureTolerance = Duration.seconds(5)
  /// A run whose slot began earlier than this before now corrects nothing any more.
  package static let latenessBound = Duration.seconds(86_400)

  /// Why a hub refuses a request: the last part of the problem's `type`, and the label of what is counted.
  package enum Refusal: String, Hashable, Sendable, CaseIterable, Codable {
    /// No token, or one that is not known.
    case wrongToken = "wrong-token"
    /// The token was good once.
    case expiredToken = "expired-token"
    /// The token is of another region, or of another node.
    case foreignRegion = "foreign-region"
    /// The node speaks a version that the hub does not.
    case protocolVersion = "protocol-version"
    /// More bytes or runs than are taken at once.
    case tooLarge = "too-large"
    /// The body is not what it should be.
    case malformed
    /// Numbers are missing before the batch.
    case gap
    /// Runs of slots that have not begun.
    case future
    /// The node is not registered.
    case unknownNode = "unknown-node"
    /// Another node of that name is alive, with another spool.
    case nameTaken = "name-taken"
    /// The clock of the node is too wrong for its runs to be believed.
    case clock
    /// The node asks more often than it may.
    case tooOften = "too-often"
    /// The hub cannot reach its store; the node tries again.
    case unavailable
  }
}
