package import Model

/// Who runs which check of one region: a pure function of the region's memberships, so that hubs and nodes agree on it
/// without asking each other.
///
/// Each check goes to the member with the highest hash of (check, region, member), among those that are not silent for as
/// long as the check's lease (rendezvous hashing). When a member goes, only its own checks move, evenly to the others;
/// when it returns, the same ones come back.
///
/// Where all members are silent for that long, the check stays with one of those that were heard of last: a region that the
/// hub cannot hear goes on by itself, and has nothing to hand over when it is heard again.
package struct Assignment: Hashable, Sendable {
  private struct Candidate: Hashable, Sendable {
    var node: String
    var hash: UInt64
    var silence: Duration
  }

  private struct Term: Hashable, Sendable {
    var epoch: Int64
    var since: Timestamp
    var regionHash: UInt64
    var candidates: [Candidate]
  }

  /// Newest first.
  private let terms: [Term]

  /// - Parameter memberships: those of one region, in any order: the one in force, and with it the one that begins soon.
  package init(_ memberships: [Membership]) {
    terms = memberships.sorted { $0.epoch > $1.epoch }.map { membership in
      Term(
        epoch: membership.epoch, since: membership.since, regionHash: StableHash.of(membership.region),
        candidates: membership.members.map {
          Candidate(node: $0.node, hash: StableHash.of($0.node), silence: $0.silence)
        })
    }
  }

  /// The number of the membership that is in force for a slot that starts at a moment; nil before the first one.
  package func epoch(at start: Timestamp) -> Int64? { term(at: start)?.epoch }

  /// The node that runs a slot of a check.
  ///
  /// - Parameters:
  ///   - interval: of the check; its lease follows from it.
  ///   - start: of the slot.
  /// - Returns: nil where no membership is in force yet, or the one that is has no members.
  package func node(of check: CheckID, interval: Duration, at start: Timestamp) -> String? {
    guard let term = term(at: start) else { return nil }
    let lease = CheckLease.duration(interval: interval)
    let key = StableHash.mixed(check.stableHash ^ term.regionHash)
    if let best = Self.best(of: term.candidates, for: key, where: { $0.silence < lease }) { return best }
    guard let least = term.candidates.lazy.map(\.silence).min() else { return nil }
    return Self.best(of: term.candidates, for: key) { $0.silence == least }
  }

  private func term(at start: Timestamp) -> Term? { terms.first { $0.since <= start } }

  private static func best(
    of candidates: [Candidate], for key: UInt64, where isEligible: (Candidate) -> Bool
  ) -> String? {
    var best: (score: UInt64, node: String)?
    for candidate in candidates where isEligible(candidate) {
      let score = StableHash.mixed(candidate.hash ^ key)
      // Of two equal scores the name decides, so that the order of members does not.
      if let other = best, (other.score, other.node) > (score, candidate.node) { continue }
      best = (score, candidate.node)
    }
    return best?.node
  }
}
