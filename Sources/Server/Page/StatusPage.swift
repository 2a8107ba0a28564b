import Model
import Recording

/// The status page: one HTML document that needs nothing else, neither scripts nor other files.
struct StatusPage {
  var overview: Overview
  var filter: PageFilter
  var recentRuns: RecentRuns
  var configuration: ServerConfiguration
  /// What the Content-Security-Policy of the answer allows its style by.
  var nonce: String
  /// Nodes and regions; nil where this is no hub.
  var fleet: FleetStanding?

  /// The whole document.
  @concurrent
  func rendered() async -> [UInt8] {
    let everything = Array(overview.edition.checks.indices)
    let headline = Headline(overview.counts(of: everything))
    let candidates = filter.candidates(in: overview)
    let selection = PageSelection(filter, candidates: candidates, overview: overview)

    var html = HTMLWriter()
    writeHead(headline, to: &html)
    html.markup("<body>\n")
    html.markup(PageStyle.glyphs)
    writeHeader(headline, counts: overview.counts(of: candidates), to: &html)
    html.markup("<main>\n")
    if let fleet {
      FleetSection(fleet: fleet, blindChecks: overview.standings.count(where: \.isBlind)).write(to: &html)
    }
    if selection.total > 0 {
      writeTable(selection, to: &html)
    } else {
      html.markup("<p class=\"none\">")
      html.text(filter.isEverything ? "No scenario file names a check." : "No check passes this filter.")
      html.markup("</p>\n")
    }
    writePages(selection, to: &html)
    html.markup("</main>\n")
    writeFooter(to: &html)
    html.markup("</body>\n</html>\n")
    return html.bytes
  }

  // MARK: Head

  private func writeHead(_ headline: Headline, to html: inout HTMLWriter) {
    html.markup(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="robots" content="noindex">

      """)
    html.markup("<meta http-equiv=\"refresh\" content=\"")
    html.number(Int(configuration.pageRefresh.components.seconds))
    html.markup("\">\n<title>")
    html.text(headline.text)
    html.markup("</title>\n<link rel=\"icon\" href=\"")
    html.text(PageStyle.icon(headline.state))
    html.markup("\">\n<style")
    html.attribute("nonce", nonce)
    html.markup(">\n")
    html.markup(PageStyle.sheet)
    html.markup("</style>\n</head>\n")
  }

  private func writeHeader(
    _ headline: Headline, counts: [CheckStanding.State: Int], to html: inout HTMLWriter
  ) {
    html.markup("<header>\n<h1>")
    html.glyph(headline.state)
    html.text(headline.text)
    html.markup("</h1>\n<p class=\"asof\">as of ")
    html.time(Words.moment(overview.at), title: overview.at.description, datetime: overview.at.description)
    html.markup("</p>\n<nav class=\"states\" aria-label=\"States\">\n")
    writeStateLink(nil, count: counts.values.reduce(0, +), to: &html)
    for state in CheckStanding.State.allCases {
      guard let count = counts[state], count > 0 else { continue }
      writeStateLink(state, count: count, to: &html)
    }
    html.markup("</nav>\n")
    if overview.edition.checks.count > 12 || !filter.isEverything { writeForm(to: &html) }
    html.markup("</header>\n")
  }

  private func writeStateLink(_ state: CheckStanding.State?, count: Int, to html: inout HTMLWriter) {
    html.markup("<a")
    html.attribute("href", filter.with { $0.state = state }.link)
    if filter.state == state { html.markup(" aria-current=\"true\"") }
    html.markup(">")
    if let state { html.glyph(state) }
    html.text(state?.rawValue ?? "all")
    html.markup(" <b>")
    html.number(count)
    html.markup("</b></a>\n")
  }

  private func writeForm(to html: inout HTMLWriter) {
    html.markup("<form method=\"get\" action=\"/\" role=\"search\">\n")
    html.markup("<input type=\"search\" name=\"search\" placeholder=\"Name or id\" aria-label=\"Name or id\"")
    html.attribute("value", filter.search ?? "")
    html.markup(">\n")
    let groups = overview.edition.groups.compactMap(\.self)
    if !groups.isEmpty {
      html.markup("<select name=\"group\" aria-label=\"Group\">\n<option value=\"\">All groups</option>\n")
      for group in groups {
        html.markup("<option")
        html.attribute("value", group)
        if group == filter.group { html.markup(" selected") }
        html.markup(">")
        html.text(group)
        html.markup("</option>\n")
      }
      html.markup("</select>\n")
    }
    if let state = filter.state {
      html.markup("<input type=\"hidden\" name=\"state\"")
      html.attribute("value", state.rawValue)
      html.markup(">\n")
    }
    html.markup("<button>Show</button>\n")
    if !filter.isEverything { html.markup("<a class=\"reset\" href=\"/\">Show all</a>\n") }
    html.markup("</form>\n")
  }

  // MARK: Checks

  private func writeTable(_ selection: PageSelection, to html: inout HTMLWriter) {
    html.markup(
      """
      <table>
      <thead><tr><th scope="col">Check</th><th scope="col">Last slots</th>\
      <th scope="col" class="n">Availability</th><th scope="col" class="n">Coverage</th>\
      <th scope="col" class="n">Budget left</th><th scope="col" class="n">p95</th>\
      <th scope="col" class="n">Last run</th></tr></thead>

      """)
    let hasGroups = overview.edition.groups.contains { $0 != nil }
    for section in selection.sections {
      html.markup("<tbody>\n")
      if hasGroups {
        html.markup("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">")
        if let group = section.group { html.isolated(group) } else { html.text("Without a group") }
        html.markup("</th></tr>\n")
      }
      for index in section.indices {
        CheckRow(
          check: overview.edition.checks[index], standing: overview.standings[index],
          figures: overview.board?[overview.edition.checks[index].id],
          strip: RunStrip(overview.edition.checks[index], recent: recentRuns, at: overview.at),
          now: overview.at
        ).write(to: &html)
      }
      html.markup("</tbody>\n")
    }
    html.markup("</table>\n")
  }

  private func writePages(_ selection: PageSelection, to html: inout HTMLWriter) {
    guard selection.pageCount > 1 else { return }
    html.markup("<nav class=\"pages\" aria-label=\"Pages\">\n")
    if selection.page > 1 {
      html.markup("<a rel=\"prev\"")
      html.attribute("href", filter.with { $0.page = selection.page - 1 }.link)
      html.markup(">← Back</a>\n")
    }
    html.markup("<span>Page ")
    html.number(selection.page)
    html.markup(" of ")
    html.number(selection.pageCount)
    html.markup(" · ")
    html.text(Words.count(selection.total, "check"))
    html.markup("</span>\n")
    if selection.page < selection.pageCount {
      html.markup("<a rel=\"next\"")
      html.attribute("href", filter.with { $0.page = selection.page + 1 }.link)
      html.markup(">Next →</a>\n")
    }
    html.markup("</nav>\n")
  }

  // MARK: Foot

  private func writeFooter(to html: inout HTMLWriter) {
    html.markup("<footer>\n<p class=\"legend\" aria-hidden=\"true\">Slots:")
    html.markup(" <span class=\"strip\"><i class=\"up\"></i></span> up")
    html.markup(" <span class=\"strip\"><i class=\"degraded\"></i></span> degraded")
    html.markup(" <span class=\"strip\"><i class=\"down\"></i></span> down")
    html.markup(" <span class=\"strip\"><i class=\"unknown\"></i></span> unknown")
    html.markup(" <span class=\"strip\"><i class=\"upkeep\"></i></span> maintenance")
    html.markup(" <span class=\"strip\"><i class=\"missed\"></i></span> missed</p>\n<p>")
    if let board = overview.board {
      html.markup(
        "Availability counts up and degraded as good; coverage is the share of slots that can be spoken of. Figures as of "
      )
      html.text(Words.moment(board.at))
      html.markup(", percentages floored.")
    } else {
      html.markup("History cannot be read at the moment, so there are no figures.")
    }
    html.markup("</p>\n<p>Curlew ")
    html.text(configuration.version)
    html.markup(" · region ")
    html.isolated(configuration.region)
    html.markup(
      """
       · <a href="/api/v1/checks">checks</a> and <a href="/api/v1/sla">objectives</a> as JSON · \
      <a href="/metrics">metrics</a> · <a href="/health/detailed">health</a></p>
      </footer>

      """)
  }
}

/// The state of everything in one sentence.
struct Headline: Hashable {
  var text: String
  var state: CheckStanding.State

  /// The worst state that any check is in gives the sentence; disabled checks are left out.
  init(_ counts: [CheckStanding.State: Int]) {
    let total = counts.values.reduce(0, +) - (counts[.disabled] ?? 0)
    guard total > 0 else {
      text = counts.isEmpty ? "No checks are loaded" : "All checks are disabled"
      state = counts.isEmpty ? .waiting : .disabled
      return
    }
    for state in [CheckStanding.State.down, .unknown, .degraded] {
      guard let count = counts[state], count > 0 else { continue }
      self.state = state
      if count == total {
        text = total == 1 ? "The check is \(state.rawValue)" : "All \(total) checks are \(state.rawValue)"
      } else {
        text = "\(count) of \(total) checks \(count == 1 ? "is" : "are") \(state.rawValue)"
      }
      return
    }
    let up = counts[.up] ?? 0
    if up == 0 {
      text = "Waiting for the first runs"
      state = .waiting
    } else if up < total {
      text = "\(up) of \(total) checks \(up == 1 ? "is" : "are") up, the others have not run yet"
      state = .up
    } else {
      text = total == 1 ? "The check is up" : "All \(total) checks are up"
      state = .up
    }
  }
}
