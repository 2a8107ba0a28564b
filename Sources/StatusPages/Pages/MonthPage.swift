import Calendars
import Model
import ServiceLevels

/// The page of one month: what each check and service kept, and what happened.
package struct MonthPage: Sendable {
  private let content: MonthPageContent
  private let nonce: String
  private let wording: Wording

  private var language: Language { wording.language }
  private var links: PageLinks { PageLinks(content.definition) }

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ content: MonthPageContent, nonce: String) {
    self.content = content
    self.nonce = nonce
    wording = Wording(content.definition, now: content.at)
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] {
    let frame = Frame(
      definition: content.definition, wording: wording, nonce: nonce, title: wording.month(content.month),
      state: .waiting)
    return frame.document { html in
      html.markup("<p class=\"back\"><a")
      html.attribute("href", links.overview)
      html.markup("><span aria-hidden=\"true\">←</span> ")
      html.text(language(.back))
      html.markup("</a></p>\n<h1>")
      html.text(wording.month(content.month))
      html.markup("</h1>\n")
      writeTable(to: &html)
      writeIncidents(to: &html)
      writeTurns(to: &html)
    }
  }

  private func writeTable(to html: inout HTMLWriter) {
    html.markup("<section class=\"part\" aria-labelledby=\"h-systems\">\n<h2 id=\"h-systems\">")
    html.text(language(.uptime))
    html.markup("</h2>\n<div class=\"card wide month\"><table>\n<thead><tr><th scope=\"col\">")
    html.text(language(.columnSystem))
    html.markup("</th><th scope=\"col\">")
    html.text(language(.columnDays))
    html.markup("</th><th scope=\"col\" class=\"r\">")
    html.text(language(.columnAvailability))
    html.markup("</th><th scope=\"col\" class=\"r\">")
    html.text(language(.columnObjective))
    html.markup("</th></tr></thead>\n<tbody>\n")
    var bars = DayBars(wording)
    for row in content.rows { write(row, bars: &bars, to: &html) }
    html.markup("</tbody></table></div>\n")
    Legend(wording: wording).write(to: &html)
    html.markup("</section>\n")
  }

  private func write(_ row: MonthPageContent.Row, bars: inout DayBars, to html: inout HTMLWriter) {
    let availability = Availability(row.tally, objective: row.objective).availability
    let promise = Ratio(decimal: row.objective)
    html.markup("<tr><th scope=\"row\"><a")
    html.attribute("href", links.check(row.check))
    html.markup(">")
    html.name(row.name)
    html.markup("</a><br><small>")
    html.text(mark(row))
    html.markup("</small></th><td class=\"days\">")
    MonthBars(month: content.month, days: row.days, name: row.name).write(with: &bars, wording, to: &html)
    html.markup("</td><td class=\"r\"")
    html.attribute("data-label", language(.columnAvailability))
    html.markup("><b>")
    html.text(wording.percentage(availability))
    html.markup("</b></td><td class=\"r\"")
    html.attribute("data-label", language(.columnObjective))
    html.markup("><span>")
    html.text(wording.percentage(promise))
    if let availability {
      // Exactly, as it is closed: 99.5 % of a promise of 99.5 % is kept.
      let isKept =
        Int128(availability.numerator) * Int128(promise.denominator)
        >= Int128(promise.numerator) * Int128(availability.denominator)
      html.markup(isKept ? "</span><br><small class=\"good\">" : "</span><br><small class=\"bad\">")
      html.text(language(isKept ? .monthKept : .monthMissed))
      html.markup("</small></td></tr>\n")
    } else {
      html.markup("</span></td></tr>\n")
    }
  }

  /// Whether the figure can still change.
  private func mark(_ row: MonthPageContent.Row) -> String {
    guard let closedAt = row.closedAt else {
      return language(wording.calendar.date(at: content.at).yearMonth <= content.month ? .monthRunning : .monthOpen)
    }
    let date = wording.date(wording.calendar.date(at: closedAt))
    guard let revision = row.revision, revision > 1 else { return language(.monthClosed, ["date": date]) }
    return language(.monthRevision, ["date": date, "count": String(revision)])
  }

  private func writeIncidents(to html: inout HTMLWriter) {
    html.markup("<section class=\"part\" aria-labelledby=\"h-incidents\">\n<h2 id=\"h-incidents\">")
    html.text(language(.incidents))
    html.markup("</h2>\n")
    if content.incidents.isEmpty {
      html.markup("<p class=\"card quiet\">")
      html.text(language(.incidentsMonthNone))
      html.markup("</p>\n")
    } else {
      let names = Dictionary(content.rows.map { ($0.check, $0.name) }) { first, _ in first }
      IncidentDays(wording: wording, showsCauses: content.definition.showsCauses, names: names)
        .write(content.incidents, to: &html)
    }
    html.markup("</section>\n")
  }

  private func writeTurns(to html: inout HTMLWriter) {
    html.markup("<nav class=\"turn\"")
    html.attribute("aria-label", language(.history))
    html.markup(">")
    if content.month > content.firstMonth {
      writeTurn(.monthEarlier, content.month.previous, to: &html)
    } else {
      html.markup("<span></span>")
    }
    if content.month < wording.calendar.date(at: content.at).yearMonth {
      writeTurn(.monthLater, content.month.next, to: &html)
    }
    html.markup("</nav>\n")
  }

  private func writeTurn(_ phrase: Phrase, _ month: YearMonth, to html: inout HTMLWriter) {
    html.markup("<a class=\"link\"")
    html.attribute("rel", phrase == .monthEarlier ? "prev" : "next")
    html.attribute("href", links.month(month))
    html.markup(">")
    html.text(language(phrase, ["month": wording.month(month)]))
    html.markup("</a>")
  }
}
