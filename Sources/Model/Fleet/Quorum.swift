/// How many regions must agree that a check is down.
package struct Quorum: Hashable, Sendable {
  /// What brings it down.
  package enum Rule: Hashable, Sendable {
    /// At least so many regions are down: the author's word, whatever share they are.
    case count(Int)
    /// At least this share of the regions that voted, 0 to 1, is down, and at least two are. Exactly half of them never
    /// changes what was held before.
    case share(Double)
    /// An expression over the votes holds.
    case expression(QuorumExpression)
  }

  /// What brings it down.
  package var down: Rule
  /// How many regions must have voted, so that anything is held at all; nil is the majority of the regions that are
  /// expected to vote, and one where these are one or two.
  package var votes: Int?
  /// With one region or two, one that sees a check down alone is believed after so many slots in a row; at least 1.
  package var consecutive: Int

  /// A quorum with everything said.
  package init(down: Rule = .share(0.5), votes: Int? = nil, consecutive: Int = 3) {
    self.down = down
    self.votes = votes
    self.consecutive = consecutive
  }

  /// Half of the regions, at least two.
  package static let standard = Quorum()
}

/// An expression that says of the votes of a slot whether the check is down.
package struct QuorumExpression: Hashable, Sendable {
  /// As written.
  package let source: String
  private let evaluate: @Sendable ([RegionalVote]) throws -> Bool

  /// - Parameter evaluate: throws what went wrong, in words.
  package init(source: String, evaluate: @escaping @Sendable ([RegionalVote]) throws -> Bool) {
    self.source = source
    self.evaluate = evaluate
  }

  /// Whether it holds for the votes of the regions that have a say.
  package func holds(for votes: [RegionalVote]) throws -> Bool { try evaluate(votes) }

  package static func == (left: QuorumExpression, right: QuorumExpression) -> Bool { left.source == right.source }

  package func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
