/// A month of the Gregorian calendar.
package struct YearMonth: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var year: Int
  /// 1 to 12.
  package var month: Int

  /// A month.
  package init(year: Int, month: Int) {
    self.year = year
    self.month = month
  }

  /// Reads `2026-10`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count == 7, parts.count == 2, parts[0].utf8.count == 4,
      text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 }), let year = Int(parts[0]), year > 0,
      let month = Int(parts[1]), (1...12).contains(month)
    else { return nil }
    self.init(year: year, month: month)
  }

  package var description: String {
    let year = String(year)
    return String(repeating: "0", count: max(0, 4 - year.count)) + year + (month < 10 ? "-0" : "-") + String(month)
  }

  /// The month after it.
  package var next: YearMonth {
    month == 12 ? YearMonth(year: year + 1, month: 1) : YearMonth(year: year, month: month + 1)
  }

  /// The month before it.
  package var previous: YearMonth {
    month == 1 ? YearMonth(year: year - 1, month: 12) : YearMonth(year: year, month: month - 1)
  }

  package static func < (left: YearMonth, right: YearMonth) -> Bool {
    (left.year, left.month) < (right.year, right.month)
  }

  /// Its first day.
  package var firstDay: LocalDate { LocalDate(year: year, month: month, day: 1) }

  /// How many days it has.
  package var dayCount: Int { next.firstDay.daysSinceEpoch - firstDay.daysSinceEpoch }
}
