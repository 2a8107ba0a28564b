import Model
import ServiceLevels

/// The page of one check or service: a year of days, how fast it was, and what happened.
package struct CheckPage: Sendable {
  private let content: CheckPageContent
  private let nonce: String
  private let wording: Wording

  private var language: Language { wording.language }
  private var entry: PageEntry { content.entry }
  private var links: PageLinks { PageLinks(content.definition) }

  /// A page.
  ///
  /// - Parameter nonce: what the Content-Security-Policy of the answer allows its style by.
  package init(_ content: CheckPageContent, nonce: String) {
    self.content = content
    self.nonce = nonce
    wording = Wording(content.definition, now: content.at)
  }

  /// The whole document, as UTF-8.
  package func rendered() -> [UInt8] {
    let frame = Frame(
      definition: content.definition, wording: wording, nonce: nonce, title: PlainText.isolated(entry.name),
      state: entry.state)
    return frame.document { html in
      html.markup("<div class=\"check\">\n")
      writeTitle(to: &html)
      writeWindows(to: &html)
      writeYear(to: &html)
      writeLatency(to: &html)
      writeIncidents(to: &html)
      html.markup("</div>\n")
    }
  }

  private func writeTitle(to html: inout HTMLWriter) {
    html.markup("<p class=\"back\"><a")
    html.attribute("href", links.overview)
    html.markup("><span aria-hidden=\"true\">←</span> ")
    html.text(language(.back))
    html.markup("</a></p>\n<div class=\"banner ")
    html.text(entry.state.rawValue)
    html.markup("\">")
    html.glyph(entry.state)
    html.markup("<h1>")
    html.name(entry.name)
    html.markup("</h1><p><b>")
    html.text(language(entry.state.phrase))
    html.markup("</b>")
    if let since = entry.since {
      html.markup(" ")
      html.moment(since, language(.since, ["moment": wording.moment(since)]), wording)
    }
    if content.definition.showsCauses, let cause = entry.cause {
      html.markup(" · ")
      html.name(cause)
    }
    html.markup("</p></div>\n<div class=\"facts\"><p>")
    html.text(
      language(
        .checkObjective,
        [
          "objective": wording.percentage(Ratio(decimal: entry.objective.availability)),
          "window": WindowWords(language).text(of: entry.objective.window),
        ]))
    html.markup("</p>")
    if let latency = entry.objective.latency {
      html.markup("<p>")
      html.text(
        language(
          .checkPromise,
          [
            "share": wording.percentage(Ratio(decimal: latency.ratio)), "limit": wording.duration(latency.below),
          ]))
      html.markup("</p>")
    }
    html.markup("</div>\n")
    if !entry.regions.isEmpty {
      html.markup("<section class=\"part\" aria-labelledby=\"h-regions\">\n<h2 id=\"h-regions\">")
      html.text(language(.checkRegions))
      html.markup("</h2>\n")
      RegionList(entry.regions, language).write(to: &html)
      html.markup("</section>\n")
    }
  }

  // MARK: Figures

  private func writeWindows(to html: inout HTMLWriter) {
    guard !content.windows.isEmpty else { return }
    html.markup("<section class=\"part\" aria-labelledby=\"h-figures\">\n<h2 id=\"h-figures\">")
    html.text(language(.checkWindows))
    html.markup("</h2>\n<div class=\"card wide\"><table>\n<thead><tr><th scope=\"col\">")
    html.text(language(.columnWindow))
    html.markup("</th>")
    for column in [Phrase.columnAvailability, .columnCoverage, .columnDowntime, .columnBudget] {
      html.markup("<th scope=\"col\" class=\"r\">")
      html.text(language(column))
      html.markup("</th>")
    }
    html.markup("</tr></thead>\n<tbody>\n")
    for figures in content.windows { write(figures, to: &html) }
    html.markup("</tbody></table></div>\n</section>\n")
  }

  private func write(_ figures: CheckPageContent.WindowFigures, to html: inout HTMLWriter) {
    let availability = figures.availability
    html.markup("<tr><th scope=\"row\">")
    html.text(WindowWords(language).text(of: figures.window))
    html.markup("</th>")
    let isMissed = availability.availability.map { $0.value < entry.objective.availability } ?? false
    writeCell(.columnAvailability, wording.percentage(availability.availability), isBad: isMissed, to: &html)
    writeCell(.columnCoverage, wording.percentage(availability.coverage, decimals: 1), to: &html)
    let downtime = figures.tally.known > 0 ? wording.duration(figures.tally.downtime) : language(.noFigure)
    writeCell(.columnDowntime, downtime, to: &html)
    let left = availability.budgetRemaining
    writeCell(.columnBudget, wording.percentage(left, decimals: 1), isBad: (left?.numerator ?? 1) < 0, to: &html)
    html.markup("</tr>\n")
  }

  private func writeCell(_ label: Phrase, _ text: String, isBad: Bool = false, to html: inout HTMLWriter) {
    html.markup("<td class=\"r\"")
    html.attribute("data-label", language(label))
    html.markup(isBad ? "><span class=\"bad\">" : "><span>")
    html.text(text)
    html.markup("</span></td>")
  }

  // MARK: Days

  private func writeYear(to html: inout HTMLWriter) {
    guard !entry.days.isEmpty else { return }
    html.markup("<section class=\"part\" aria-labelledby=\"h-year\">\n<h2 id=\"h-year\">")
    html.text(language(.checkYear))
    html.markup("</h2>\n<div class=\"card\"><ul class=\"months\">\n")
    var bars = DayBars(wording)
    let months = entry.days.chunked { $0.date.yearMonth == $1.date.yearMonth }
    for days in months.reversed() {
      guard let month = days.first?.date.yearMonth else { continue }
      html.markup("<li><a class=\"link\"")
      html.attribute("href", links.month(month))
      html.markup(">")
      html.text(wording.shortMonth(month))
      html.markup("</a>")
      MonthBars(month: month, days: days, name: entry.name).write(with: &bars, wording, to: &html)
      let tally = days.reduce(SlotTally()) { $0 + $1.tally }
      html.markup("<p class=\"f\"><b>")
      html.text(wording.percentage(Availability(tally, objective: entry.objective.availability).availability))
      html.markup("</b></p></li>\n")
    }
    html.markup("</ul></div>\n")
    Legend(wording: wording).write(to: &html)
    writeDayTable(to: &html)
    html.markup("</section>\n")
  }

  private func writeDayTable(to html: inout HTMLWriter) {
    html.markup("<details class=\"inner\"><summary>")
    html.text(language(.checkDaysTable))
    html.markup("</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\"")
    html.attribute("aria-label", language(.checkDaysTable))
    html.markup("><table><thead><tr><th scope=\"col\">")
    html.text(language(.columnDate))
    html.markup("</th><th scope=\"col\">")
    html.text(language(.columnAvailability))
    html.markup("</th></tr></thead><tbody>\n")
    for day in entry.days.reversed() {
      html.markup("<tr><th scope=\"row\">")
      html.text(wording.date(day.date))
      html.markup("</th><td>")
      html.text(DayBar.words(day.tally, wording))
      html.markup("</td></tr>\n")
    }
    html.markup("</tbody></table></div></details>\n")
  }

  // MARK: Response time

  private func writeLatency(to html: inout HTMLWriter) {
    // A service is not measured by itself, and has no response time.
    guard !entry.isService || !content.latency.isEmpty else { return }
    html.markup("<section class=\"part\" aria-labelledby=\"h-latency\">\n<h2 id=\"h-latency\">")
    html.text(language(.checkLatency))
    html.markup("</h2>\n<div class=\"card\">\n")
    if let chart = LatencyChart(content.latency, wording) {
      chart.write(to: &html)
      html.markup("<p class=\"soft more\">")
      html.text(language(.checkLatencyAbout))
      html.markup("</p>\n")
      writeLatencyTable(to: &html)
    } else {
      html.markup("<p class=\"soft\">")
      html.text(language(.checkLatencyNone))
      html.markup("</p>\n")
    }
    html.markup("</div>\n</section>\n")
  }

  private func writeLatencyTable(to html: inout HTMLWriter) {
    html.markup("<details class=\"inner\"><summary>")
    html.text(language(.checkLatencyTable))
    html.markup("</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\"")
    html.attribute("aria-label", language(.checkLatencyTable))
    html.markup("><table><thead><tr><th scope=\"col\">")
    html.text(language(.columnFrom))
    html.markup("</th><th scope=\"col\" class=\"r\">p50</th><th scope=\"col\" class=\"r\">p95</th>")
    html.markup("<th scope=\"col\" class=\"r\">p99</th></tr></thead><tbody>\n")
    for point in content.latency.reversed() {
      html.markup("<tr><th scope=\"row\">")
      html.moment(point.from, wording.moment(point.from), wording)
      html.markup("</th>")
      for value in [point.p50, point.p95, point.p99] {
        html.markup("<td class=\"r\">")
        html.text(value.map(wording.duration) ?? language(.noFigure))
        html.markup("</td>")
      }
      html.markup("</tr>\n")
    }
    html.markup("</tbody></table></div></details>\n")
  }

  // MARK: Incidents

  private func writeIncidents(to html: inout HTMLWriter) {
    html.markup("<section class=\"part\" aria-labelledby=\"h-incidents\">\n<h2 id=\"h-incidents\">")
    html.text(language(.incidents))
    html.markup("</h2>\n")
    if content.incidents.isEmpty {
      html.markup("<p class=\"card quiet\">")
      html.text(language(.incidentsYearNone))
      html.markup("</p>\n")
    } else {
      var names = content.names
      names[entry.check] = entry.name
      IncidentDays(wording: wording, showsCauses: content.definition.showsCauses, names: names)
        .write(content.incidents, to: &html)
    }
    html.markup("</section>\n")
  }
}

extension Array {
  /// Runs of neighbours that belong together.
  func chunked(by belongs: (Element, Element) -> Bool) -> [[Element]] {
    var chunks: [[Element]] = []
    for element in self {
      if let last = chunks.last?.last, belongs(last, element) {
        chunks[chunks.count - 1].append(element)
      } else {
        chunks.append([element])
      }
    }
    return chunks
  }
}
