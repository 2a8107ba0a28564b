import Model
import ServiceLevels

/// One check of the status page, as a row of its table.
struct CheckRow {
  var check: Check
  var standing: CheckStanding
  /// Nil when history cannot be read.
  var figures: CheckFigures?
  var strip: RunStrip
  var now: Timestamp

  func write(to html: inout HTMLWriter) {
    html.markup("<tr")
    html.attribute("id", check.id.text)
    html.attribute("class", standing.state.rawValue)
    html.markup(">")
    writeName(to: &html)
    writeStrip(to: &html)
    writeAvailability(to: &html)
    writeCoverage(to: &html)
    writeBudget(to: &html)
    writeLatency(to: &html)
    writeLastRun(to: &html)
    html.markup("</tr>\n")
  }

  // MARK: Cells

  private func writeName(to html: inout HTMLWriter) {
    html.markup("<th scope=\"row\" class=\"name\"><span class=\"head\">")
    html.glyph(standing.state)
    html.markup("<a")
    html.attribute("href", "#" + check.id.text)
    html.attribute("title", "\(check.id.text), \(check.kind.rawValue), every \(Words.duration(check.interval))")
    html.markup(">")
    html.isolated(check.name)
    html.markup("</a> <span class=\"verdict\">")
    html.text(standing.state == .waiting ? "no run yet" : standing.state.rawValue)
    if standing.isBlind { html.markup(", blind") }
    if standing.isInMaintenance { html.markup(", in maintenance") }
    html.markup("</span></span>")
    if let cause = standing.cause {
      html.markup("<span class=\"cause\">")
      html.isolated(cause.message)
      if let since = standing.since {
        html.markup("<span class=\"since\">since ")
        let moment = Words.moment(since)
        html.time(Words.since(since, at: now), title: moment, datetime: since.description)
        html.markup("</span>")
      }
      html.markup("</span>")
    }
    writeRegions(to: &html)
    html.markup("</th>")
  }

  /// Where regions disagree with the whole, which one says what.
  private func writeRegions(to html: inout HTMLWriter) {
    guard standing.regions.count > 1 else { return }
    html.markup("<span class=\"regions\">")
    for region in standing.regions {
      html.markup("<span>")
      html.glyph(region.isOverdue ? .unknown : CheckStanding.State(region.verdict))
      html.isolated(region.name)
      html.markup(" <span class=\"hidden\">")
      html.text(region.isOverdue ? "overdue" : region.verdict.rawValue)
      html.markup("</span></span>")
    }
    html.markup("</span>")
  }

  private func writeStrip(to html: inout HTMLWriter) {
    html.markup("<td class=\"slots\"><span class=\"strip\" role=\"img\"")
    html.attribute("aria-label", strip.summary)
    html.markup(">")
    for cell in strip.cells {
      html.markup("<i class=\"")
      html.text(cell.isInMaintenance ? "upkeep" : cell.verdict?.rawValue ?? "missed")
      html.markup("\"")
      html.attribute("title", title(of: cell))
      html.markup("></i>")
    }
    html.markup("</span></td>")
  }

  private func title(of cell: RunStrip.Cell) -> String {
    var parts = [Words.moment(cell.slotStart), cell.verdict?.rawValue ?? "missed: no run"]
    if let reason = cell.reason { parts.append(Words.reason(reason)) }
    if let duration = cell.duration { parts.append(Words.duration(duration)) }
    if cell.isInMaintenance { parts.append("in maintenance") }
    return parts.joined(separator: " · ")
  }

  private func writeAvailability(to html: inout HTMLWriter) {
    html.markup("<td class=\"n\" data-label=\"Availability\">")
    let ratio = figures?.availability.availability
    let isMissed = ratio.map { $0.value < check.objective.availability } ?? false
    html.markup(isMissed ? "<b class=\"missed-objective\">" : "<b>")
    html.text(Words.percentage(ratio))
    html.markup("</b><small>")
    html.text(isMissed ? "below " : "of ")
    html.text(
      "\(Words.percentage(Ratio(decimal: check.objective.availability))), \(check.objective.window.text)")
    html.markup("</small></td>")
  }

  private func writeCoverage(to html: inout HTMLWriter) {
    html.markup("<td class=\"n\" data-label=\"Coverage\">")
    html.text(Words.percentage(figures?.availability.coverage, decimals: 1))
    html.markup("</td>")
  }

  private func writeBudget(to html: inout HTMLWriter) {
    html.markup("<td class=\"n budget\" data-label=\"Budget left\">")
    let left = figures?.availability.budgetRemaining
    html.text(Words.percentage(left, decimals: 1))
    if let left = left?.value {
      // A presentation attribute, because the Content-Security-Policy refuses style attributes.
      html.markup("<svg class=\"meter")
      if left < 0.25 { html.markup(left <= 0 ? " spent" : " low") }
      html.markup("\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect height=\"4\"")
      html.attribute("width", String(Int((max(0, min(1, left)) * 100).rounded(.down))))
      html.markup("/></svg>")
    }
    html.markup("</td>")
  }

  private func writeLatency(to html: inout HTMLWriter) {
    html.markup("<td class=\"n\" data-label=\"p95\">")
    html.text(figures?.latency?.p95.map(Words.duration) ?? "–")
    if let promise = check.objective.latency {
      html.markup("<small>")
      let ratio = figures?.latency?.ratioBelowLimit
      html.text("\(Words.percentage(ratio, decimals: 1)) below \(Words.duration(promise.below))")
      html.markup("</small>")
    }
    html.markup("</td>")
  }

  private func writeLastRun(to html: inout HTMLWriter) {
    html.markup("<td class=\"n\" data-label=\"Last run\">")
    if let started = standing.lastStarted {
      html.time(Words.ago(started, at: now), title: Words.moment(started), datetime: started.description)
      if let duration = standing.regions.compactMap(\.duration).max() {
        html.markup("<small>")
        html.text(Words.duration(duration))
        html.markup("</small>")
      }
    } else {
      html.text("–")
    }
    html.markup("</td>")
  }
}
