import Calendars
package import Model

/// Which times are taken out of availability, by the whole ledger: withdrawals are applied, overlaps count once, and what
/// is beyond the cap is not taken out.
///
/// The cap is used up in the order in which entries were written, so that an entry never changes what an older one took
/// out. An entry is cut off from its end.
package struct ExclusionPlan: Sendable {
  /// A time that an entry asked for and did not get.
  package struct Refusal: Hashable, Sendable {
    /// The number of the entry.
    package let entry: Int64
    package let span: Range<Timestamp>

    /// A time that an entry did not get.
    package init(entry: Int64, span: Range<Timestamp>) {
      self.entry = entry
      self.span = span
    }
  }

  /// What entries took out of one check or service.
  private struct Outcome: Sendable {
    var spans: [Range<Timestamp>] = []
    var refusals: [Refusal] = []
  }

  /// Of every check that no entry names.
  private let general: Outcome
  /// Of those that entries name.
  private let special: [CheckID: Outcome]

  /// Nothing is taken out.
  package static let none = ExclusionPlan([], cap: nil)

  /// The plan of a ledger.
  ///
  /// - Parameters:
  ///   - entries: the whole ledger; in any order.
  ///   - cap: how much may be taken out of one check in a piece of the calendar; nil for any amount.
  package init(_ entries: [Exclusion], cap: ExclusionCap?) {
    let entries = entries.sorted { $0.id < $1.id }
    let withdrawn = Set(entries.compactMap(\.withdraws))
    let inForce = entries.filter { $0.withdraws == nil && !withdrawn.contains($0.id) && $0.from < $0.until }
    let calendar = cap.map { LocalCalendar(timeZone: $0.timeZone) ?? .utc }
    func outcome(_ entries: [Exclusion]) -> Outcome { Self.outcome(of: entries, cap: cap, calendar: calendar) }
    general = outcome(inForce.filter { $0.checks == nil })
    let named = Set(inForce.flatMap { $0.checks ?? [] })
    special = Dictionary(
      uniqueKeysWithValues: named.map { id in (id, outcome(inForce.filter { $0.checks?.contains(id) ?? true })) })
  }

  /// The times that are taken out of a check or service, merged and in order.
  package func spans(of check: CheckID) -> [Range<Timestamp>] { (special[check] ?? general).spans }

  /// The times that were asked for beyond the cap, in the order of entries.
  package func refusals(of check: CheckID) -> [Refusal] { (special[check] ?? general).refusals }

  /// The times that entries for every check asked for beyond the cap.
  package var generalRefusals: [Refusal] { general.refusals }

  /// Whether nothing is taken out of anything.
  package var isEmpty: Bool { general.spans.isEmpty && special.values.allSatisfy { $0.spans.isEmpty } }

  private static func outcome(of entries: [Exclusion], cap: ExclusionCap?, calendar: LocalCalendar?) -> Outcome {
    var outcome = Outcome()
    guard let cap, let calendar else {
      outcome.spans = TimeSpans.merged(entries.map { $0.from..<$0.until })
      return outcome
    }
    /// What was used of each piece of the calendar, by its begin.
    var used: [Timestamp: Duration] = [:]
    for entry in entries {
      var granted: [Range<Timestamp>] = []
      for span in TimeSpans.outside(outcome.spans, of: entry.from..<entry.until) {
        var begin = span.lowerBound
        while begin < span.upperBound {
          let piece = calendar.begin(of: cap.unit, at: begin)
          let end = min(span.upperBound, max(calendar.end(of: cap.unit, at: begin), begin + .nanoseconds(1)))
          let left = max(.zero, cap.limit - used[piece, default: .zero])
          let granting = min(left, end - begin)
          used[piece, default: .zero] += granting
          if granting > .zero { granted.append(begin..<begin + granting) }
          if begin + granting < end {
            outcome.refusals.append(Refusal(entry: entry.id, span: begin + granting..<end))
          }
          begin = end
        }
      }
      outcome.spans = TimeSpans.merged(outcome.spans + granted)
    }
    return outcome
  }
}
