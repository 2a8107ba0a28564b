package import Fleet

/// Why a node's request is not answered as it wishes, in words for whoever runs the node.
package struct Refused: Error, Hashable, Sendable {
  package var refusal: FleetProtocol.Refusal
  package var detail: String
  /// For a gap: everything up to this number is stored.
  package var acknowledged: Int64?
  /// When to ask again, where that is known.
  package var retryAfter: Duration?

  /// A refusal with everything said.
  package init(
    _ refusal: FleetProtocol.Refusal, _ detail: String, acknowledged: Int64? = nil, retryAfter: Duration? = nil
  ) {
    self.refusal = refusal
    self.detail = detail
    self.acknowledged = acknowledged
    self.retryAfter = retryAfter
  }
}
