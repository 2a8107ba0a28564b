import Calendars
import Model
import ServiceLevels

/// The pieces that an overview is put together from. Those that change while somebody looks carry an id, and `LivePage` sends
/// them in exactly the same bytes.
struct OverviewParts {
  let content: PageContent
  let wording: Wording
  let headline: Headline
  private let links: PageLinks
  private let names: [CheckID: String]

  init(_ content: PageContent) {
    self.content = content
    wording = Wording(content.definition, now: content.at)
    headline = Headline(content, in: wording.language)
    links = PageLinks(content.definition)
    names = Dictionary(content.entries.map { ($0.check, $0.name) }) { first, _ in first }
  }

  private var language: Language { wording.language }

  // MARK: Above the lists

  func writeBanner(to html: inout HTMLWriter) {
    html.markup("<div id=\"banner\" class=\"banner ")
    html.text(headline.state.rawValue)
    html.markup("\">")
    html.glyph(headline.state)
    html.markup("<h1>")
    html.text(headline.text)
    html.markup("</h1>")
    writeAsOf(to: &html)
    html.markup("</div>\n")
  }

  /// When the page was last right. The banner is not sent again for it alone.
  func writeAsOf(to html: inout HTMLWriter) {
    html.markup("<p id=\"asof\">")
    html.moment(content.at, language(.asof, ["moment": wording.fullMoment(content.at)]), wording)
    html.markup(" <span class=\"beat\"")
    html.attribute("data-on", language(.liveOn))
    html.attribute("data-off", language(.liveOff))
    html.markup(">")
    html.text(language(.liveOn))
    html.markup("</span></p>")
  }

  func writeNews(to html: inout HTMLWriter) {
    let news = content.definition.announcements.filter {
      $0.at <= content.at && content.at < $0.until ?? .distantFuture
    }
    html.markup("<div id=\"news\">")
    if !news.isEmpty {
      html.markup("<section class=\"part\"")
      html.attribute("aria-label", language(.announcements))
      html.markup(">\n")
      for announcement in news.sorted(by: { $0.at > $1.at }) { write(announcement, to: &html) }
      html.markup("</section>\n")
    }
    html.markup("</div>\n")
  }

  private func write(_ announcement: Announcement, to html: inout HTMLWriter) {
    let (state, phrase): (PageState, Phrase) =
      switch announcement.kind {
      case .information: (.maintenance, .announcementInformation)
      case .warning: (.degraded, .announcementWarning)
      case .outage: (.down, .announcementOutage)
      case .operational: (.up, .announcementOperational)
      }
    html.markup("<div class=\"news ")
    html.text(announcement.kind.rawValue)
    html.markup("\"><p")
    html.attribute("class", state.rawValue)
    html.markup(">")
    if announcement.kind == .information {
      html.markup("<svg class=\"g\" aria-hidden=\"true\"><use href=\"#g-information\"/></svg>")
    } else {
      html.glyph(state)
    }
    html.text(language(phrase))
    html.markup(" ")
    html.moment(announcement.at, wording.moment(announcement.at), wording)
    html.markup("</p><p class=\"said\"><bdi>")
    html.text(PlainText.clean(announcement.text))
    html.markup("</bdi></p></div>\n")
  }

  func writeOpenIncidents(to html: inout HTMLWriter) {
    html.markup("<div id=\"incidents\">")
    if !content.openIncidents.isEmpty {
      html.markup("<section class=\"part\" aria-labelledby=\"h-incidents\">\n<h2 id=\"h-incidents\">")
      html.text(language(.incidentsOpen))
      html.markup("</h2>\n")
      for incident in content.openIncidents {
        IncidentWords(
          incident: incident, wording: wording, showsCauses: content.definition.showsCauses, names: names
        ).write(to: &html)
      }
      html.markup("</section>\n")
    }
    html.markup("</div>\n")
  }

  func writeMaintenance(to html: inout HTMLWriter) {
    html.markup("<div id=\"maintenance\">")
    if !content.maintenance.isEmpty {
      html.markup("<section class=\"part\" aria-labelledby=\"h-maintenance\">\n<h2 id=\"h-maintenance\">")
      html.text(language(.maintenancePlanned))
      html.markup("</h2>\n<ul class=\"list\">\n")
      for occurrence in content.maintenance { write(occurrence, to: &html) }
      html.markup("</ul>\n</section>\n")
    }
    html.markup("</div>\n")
  }

  private func write(_ occurrence: MaintenanceOccurrence, to html: inout HTMLWriter) {
    let isUnderWay = occurrence.from <= content.at
    html.markup("<li><h3 class=\"st maintenance\">")
    html.glyph(.maintenance)
    html.name(occurrence.title)
    html.markup("</h3>\n<p class=\"meta\">")
    if isUnderWay {
      html.markup("<span class=\"tag maintenance\">")
      html.text(language(.maintenanceNow))
      html.markup("</span> ")
      html.moment(occurrence.until, language(.maintenanceUntil, ["moment": wording.moment(occurrence.until)]), wording)
    } else {
      html.moment(occurrence.from, wording.span(from: occurrence.from, until: occurrence.until), wording)
    }
    let affected = content.entries.filter { occurrence.scope.checks.contains($0.check) }
    if !affected.isEmpty {
      html.markup(" <span>")
      for (place, entry) in affected.enumerated() {
        if place > 0 { html.markup(", ") }
        html.name(entry.name)
      }
      html.markup("</span>")
    }
    html.markup("</p></li>\n")
  }

  // MARK: Lists

  /// - Parameter live: what changes of each entry, in the order of the page.
  func writeSections(_ live: [LivePage.EntryParts], to html: inout HTMLWriter) {
    var bars = DayBars(wording)
    var rest = live[...]
    html.markup("<div class=\"sections\">\n")
    for (number, section) in content.sections.enumerated() {
      writeSection(
        section, number: number, live: rest.prefix(section.entries.count), bars: &bars, to: &html)
      rest = rest.dropFirst(section.entries.count)
    }
    html.markup("</div>\n")
    if content.hasFigures {
      Legend(wording: wording).write(to: &html)
    } else {
      html.markup("<p class=\"soft more\">")
      html.text(language(.figuresNone))
      html.markup("</p>\n")
    }
  }

  private func writeSection(
    _ section: PageContent.Section, number: Int, live: ArraySlice<LivePage.EntryParts>, bars: inout DayBars,
    to html: inout HTMLWriter
  ) {
    let worst = PageState.allCases.first { state in section.entries.contains { $0.state == state } } ?? .up
    let title = section.title ?? language(.systems)
    if section.isFolded {
      html.markup("<details class=\"part\"")
      if worst != .up && worst != .disabled { html.markup(" open") }
      html.markup("><summary><h2>")
      html.name(title)
      html.markup("</h2> ")
      writeState(worst, id: nil, to: &html)
      html.markup("</summary>\n")
    } else {
      html.markup("<section class=\"part\" aria-labelledby=\"h-section-")
      html.number(number)
      html.markup("\">\n<div class=\"head\"><h2 id=\"h-section-")
      html.number(number)
      html.markup(section.title == nil && content.sections.count == 1 ? "\" class=\"hidden\">" : "\">")
      html.name(title)
      html.markup("</h2>")
      writeAxis(section, to: &html)
      html.markup("</div>\n")
    }
    html.markup("<ul class=\"list\">\n")
    for (entry, live) in zip(section.entries, live) { write(entry, live, bars: &bars, to: &html) }
    html.markup("</ul>\n")
    html.markup(section.isFolded ? "</details>\n" : "</section>\n")
  }

  /// How far the bars go back: on a phone only the last of them have room.
  private func writeAxis(_ section: PageContent.Section, to html: inout HTMLWriter) {
    guard content.hasFigures, let count = section.entries.map(\.days.count).max(), count > 0 else { return }
    html.markup("<p class=\"soft axis\"><span class=\"whole\">")
    html.text(language(.axis, ["count": String(count)]))
    html.markup("</span>")
    if count > Self.near {
      html.markup("<span class=\"near\">")
      html.text(language(.axis, ["count": String(Self.near)]))
      html.markup("</span>")
    }
    html.markup("</p>")
  }

  /// How many bars the style sheet shows on a phone.
  private static let near = 45

  private func write(_ entry: PageEntry, _ live: LivePage.EntryParts, bars: inout DayBars, to html: inout HTMLWriter) {
    html.markup("<li class=\"e\"><div><a class=\"n\"")
    html.attribute("href", links.check(entry.check))
    html.markup(">")
    html.name(entry.name)
    html.markup("</a>")
    html.append(live.state)
    html.markup("</div>\n")
    if content.hasFigures, !entry.days.isEmpty {
      let label = language(.bars, ["count": String(entry.days.count), "name": PlainText.isolated(entry.name)])
      bars.write(entry.days, label: label, today: live.today, to: &html)
      html.markup("\n")
    }
    if let figure = live.figure { html.append(figure) }
    html.append(live.cause)
    html.markup("</li>\n")
  }

  // MARK: Pieces of one entry

  static func todayID(_ entry: PageEntry) -> String { "t-\(entry.check.text)" }

  func writeState(_ entry: PageEntry, to html: inout HTMLWriter) {
    writeState(entry.state, id: "s-\(entry.check.text)", to: &html)
  }

  func writeState(_ state: PageState, id: String?, to html: inout HTMLWriter) {
    html.markup("<span class=\"st ")
    html.text(state.rawValue)
    html.markup("\"")
    if let id { html.attribute("id", id) }
    html.markup(">")
    html.glyph(state)
    html.text(language(state.phrase))
    html.markup("</span>")
  }

  func writeFigure(_ entry: PageEntry, to html: inout HTMLWriter) {
    html.markup("<p class=\"f\"")
    html.attribute("id", "f-\(entry.check.text)")
    html.markup("><b>")
    html.text(wording.percentage(entry.availability))
    html.markup("</b><i>")
    html.text(language(.uptimeDays, entry.days.count))
    html.markup("</i>")
    // Below this too much is missing for the figure to stand alone.
    if let coverage = entry.coverage, entry.availability != nil, coverage.numerator * 20 < coverage.denominator * 19 {
      html.markup("<span class=\"gap\">")
      html.text(language(.uptimeCoverage, ["share": wording.percentage(coverage, decimals: 0)]))
      html.markup("</span>")
    }
    html.markup("</p>\n")
  }

  /// Since when it is not up, why, and in which regions.
  func writeCause(_ entry: PageEntry, to html: inout HTMLWriter) {
    html.markup("<div class=\"c\"")
    html.attribute("id", "c-\(entry.check.text)")
    html.markup(">")
    if entry.state == .down || entry.state == .degraded || entry.state == .unknown {
      let cause = content.definition.showsCauses ? entry.cause : nil
      if let cause {
        html.name(cause)
        html.markup(" ")
      }
      if let since = entry.since {
        html.moment(since, language(.since, ["moment": wording.moment(since)]), wording)
      }
    }
    if entry.regions.count > 1, Set(entry.regions.map(\.state)).count > 1 {
      RegionList(entry.regions, language).write(to: &html)
    }
    html.markup("</div>\n")
  }

  // MARK: Below the lists

  func writePast(to html: inout HTMLWriter) {
    html.markup("<div id=\"past\"><section class=\"part\" aria-labelledby=\"h-past\">\n<h2 id=\"h-past\">")
    html.text(language(.incidentsPast))
    html.markup("</h2>\n")
    if content.pastIncidents.isEmpty {
      html.markup("<p class=\"card quiet\">")
      html.text(language(.incidentsPastNone, ["count": "14"]))
      html.markup("</p>\n")
    } else {
      IncidentDays(wording: wording, showsCauses: content.definition.showsCauses, names: names)
        .write(content.pastIncidents, to: &html)
      html.markup("<p class=\"soft more\">")
      html.text(language(.incidentsDaysNone))
      html.markup("</p>\n")
    }
    html.markup("<p class=\"more\"><a class=\"link\"")
    html.attribute("href", links.month(wording.calendar.date(at: content.at).yearMonth))
    html.markup(">")
    html.text(language(.footerHistory))
    html.markup("</a></p>\n</section></div>\n")
  }
}

extension Timestamp {
  /// Later than whatever is written.
  static let distantFuture = Timestamp(nanosecondsSinceEpoch: .max)
}

/// What each region says.
struct RegionList {
  private let regions: [PageEntry.RegionState]
  private let language: Language

  init(_ regions: [PageEntry.RegionState], _ language: Language) {
    self.regions = regions
    self.language = language
  }

  func write(to html: inout HTMLWriter) {
    html.markup("<ul class=\"rg\"")
    html.attribute("aria-label", language(.checkRegions))
    html.markup(">")
    for region in regions {
      html.markup("<li")
      html.attribute("class", region.state.rawValue)
      html.markup(">")
      html.glyph(region.state)
      html.markup("<span>")
      html.name(region.name)
      html.markup(": ")
      html.text(language(region.state.phrase))
      html.markup("</span></li>")
    }
    html.markup("</ul>")
  }
}

/// What the shapes of bars mean.
struct Legend {
  var wording: Wording

  func write(to html: inout HTMLWriter) {
    html.markup("<ul class=\"legend\"")
    html.attribute("aria-label", wording.language(.legend))
    html.markup(">")
    let shapes: [(DayBar.Shape, Phrase)] = [
      (.up, .legendUp), (.degraded, .legendDegraded), (.downLonger, .legendDown), (.maintenance, .legendMaintenance),
      (.none, .legendNone),
    ]
    for (shape, phrase) in shapes {
      html.markup("<li><span class=\"b\" aria-hidden=\"true\"><i class=\"")
      html.text(shape.rawValue)
      html.markup("\"></i></span>")
      html.text(wording.language(phrase))
      html.markup("</li>")
    }
    html.markup("</ul>\n")
  }
}
