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

  /// A share of two counts that are too large for 64 bits, such as weighted ones: exact where the reduced fraction fits, and
  /// to 18 digits beyond that.
  ///
  /// - Precondition: `denominator` is above zero.
  package init(wide numerator: Int128, of denominator: Int128) {
    precondition(denominator > 0, "a share of nothing is no number")
    if let top = Int(exactly: numerator), let bottom = Int(exactly: denominator) {
      self.init(top, of: bottom)
      return
    }
    let divisor = Self.greatestDivisor(numerator.magnitude, denominator.magnitude)
    var (top, bottom) = (numerator / Int128(divisor), denominator / Int128(divisor))
    while Int(exactly: top) == nil || Int(exactly: bottom) == nil {
      // An arithmetic shift rounds towards −∞, as everything that is shown.
      (top, bottom) = (top >> 1, bottom >> 1)
    }
    self.init(Int(truncatingIfNeeded: top), of: max(1, Int(truncatingIfNeeded: bottom)))
  }

  private static func greatestDivisor(_ one: UInt128, _ other: UInt128) -> UInt128 {
    var (one, other) = (one, other)
    while other > 0 { (one, other) = (other, one % other) }
    return max(1, one)
  }

  /// The same share in the smallest counts.
  package var reduced: Ratio {
    let divisor = Int(Self.greatestDivisor(UInt128(numerator.magnitude), UInt128(denominator)))
    return Ratio(numerator / divisor, of: denominator / divisor)
  }

  /// Whether it is the other one or above, exactly.
  package func isAtLeast(_ other: Ratio) -> Bool {
    Int128(numerator) * Int128(other.denominator) >= Int128(other.numerator) * Int128(denominator)
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
