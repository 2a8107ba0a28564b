import Model

/// The bars of one month, each at its place among 31, so that the days of several months stand under each other.
struct MonthBars {
  var month: YearMonth
  /// Days of the month, oldest first.
  var days: [DayFigures]
  /// Whose days they are.
  var name: String

  func write(with bars: inout DayBars, _ wording: Wording, to html: inout HTMLWriter) {
    html.markup("<ol class=\"b\"")
    html.attribute(
      "aria-label",
      wording.language(.barsMonth, ["name": PlainText.isolated(name), "month": wording.month(month)]))
    html.markup(">")
    writeEmpty((days.first?.date.day ?? 1) - 1, to: &html)
    bars.writeItems(days, today: nil, to: &html)
    writeEmpty(31 - (days.last?.date.day ?? 31), to: &html)
    html.markup("</ol>\n")
  }

  private func writeEmpty(_ count: Int, to html: inout HTMLWriter) {
    for _ in 0..<max(0, count) { html.markup("<li class=\"w\" aria-hidden=\"true\"></li>") }
  }
}
