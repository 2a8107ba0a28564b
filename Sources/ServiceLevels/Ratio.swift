/// A share that is kept as two counts, so that it is 1 only when it is, and can be floored exactly.
package struct Ratio: Hashable, Sendable {
  /// May be negative.
  package let numerator: Int
  /// Above zero.
  package let denominator: Int

  /// A share of two counts.
  ///
  /// - Precondition: `denominator` is above zero.
  package init(_ numerator: Int, of denominator: Int) {
    precondition(denominator > 0, "a share of nothing is no number")
    self.numerator = numerator
    self.denominator = denominator
  }

  /// A number as a person wrote it, 0.995, exact to nine decimals. Doubles cannot hold most of these.
  package init(decimal value: Double) {
    self.init(Int((value * 1e9).rounded()), of: 1_000_000_000)
  }

  /// The nearest double. Counts under 2^53 give 1 only when they are equal.
  package var value: Double { Double(numerator) / Double(denominator) }

  /// With three decimals, floored towards −∞: 99.999 % is never shown as 100 %.
  package var percentage: String {
    let (quotient, remainder) = (Int128(numerator) * 100_000).quotientAndRemainder(dividingBy: Int128(denominator))
    let thousandths = remainder < 0 ? quotient - 1 : quotient
    let digits = String(thousandths.magnitude % 1000)
    let padding = String(repeating: "0", count: 3 - digits.utf8.count)
    return "\(thousandths < 0 ? "-" : "")\(thousandths.magnitude / 1000).\(padding)\(digits)%"
  }
}

extension Ratio? {
  /// As `Ratio.percentage`; `–` where there is no figure.
  package var percentage: String { self?.percentage ?? "–" }
}
