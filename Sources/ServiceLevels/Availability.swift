package import Model

/// The figures of a promise, computed from counts and nothing else.
///
/// Availability speaks only of slots that we can speak of: good (up, degraded) and bad (down). Maintenance, unknown and
/// missed slots are outside it; how much that leaves out is what coverage says.
package struct Availability: Hashable, Sendable {
  /// Good slots of good and bad ones; nil without any.
  package let availability: Ratio?
  /// Bad slots of good and bad ones; nil without any.
  package let errorRatio: Ratio?
  /// Slots that we can speak of, maintenance included, of those expected; nil when nothing is expected.
  package let coverage: Ratio?
  /// What is left of the allowed bad share: 1 when nothing was used, 0 when all was, negative beyond. Nil without
  /// availability, and for a target of 100 %, which allows nothing.
  package let budgetRemaining: Ratio?
  /// How many times faster than allowed the budget is used: 1 uses up just all of it over the window. Nil as above.
  package let burnRate: Ratio?

  /// The figures of a tally.
  ///
  /// - Parameter objective: the promised share of good slots, 0 to 1.
  package init(_ tally: SlotTally, objective: Double) {
    let good = tally.up + tally.degraded
    let judged = good + tally.down
    coverage =
      tally.expected > 0 ? Ratio(judged + tally.maintenance, of: tally.expected) : nil
    guard judged > 0 else {
      availability = nil
      errorRatio = nil
      budgetRemaining = nil
      burnRate = nil
      return
    }
    availability = Ratio(good, of: judged)
    errorRatio = Ratio(tally.down, of: judged)
    // Allowed bad share as a decimal: 1 − 0.995 in doubles is not 0.005, and would show a budget just used up as overdrawn.
    let allowed = Ratio(decimal: 1 - objective)
    guard allowed.numerator > 0 else {
      budgetRemaining = nil
      burnRate = nil
      return
    }
    // Slots that are weighted can be too many for 64 bits once they are multiplied.
    let whole = Int128(judged) * Int128(allowed.numerator)
    let used = Int128(tally.down) * Int128(allowed.denominator)
    budgetRemaining = Ratio(wide: whole - used, of: whole)
    burnRate = Ratio(wide: used, of: whole)
  }
}
