import Calendars
import Model

extension Incident {
  /// How bad it is, as a state: the worst of its impacts.
  var severity: PageState {
    impacts.map(\.level.state).min {
      PageState.allCases.firstIndex(of: $0) ?? 0 < PageState.allCases.firstIndex(of: $1) ?? 0
    }
      ?? .unknown
  }
}

extension Impact.Level {
  /// The state whose shape and colour it has.
  var state: PageState {
    switch self {
    case .major: .down
    case .partial, .degraded: .degraded
    case .none: .up
    }
  }

  /// It as a word.
  var phrase: Phrase {
    switch self {
    case .none: .impactNone
    case .degraded: .impactDegraded
    case .partial: .impactPartial
    case .major: .impactMajor
    }
  }
}

extension IncidentState {
  /// It as a word.
  var phrase: Phrase {
    switch self {
    case .investigating: .incidentInvestigating
    case .identified: .incidentIdentified
    case .monitoring: .incidentMonitoring
    case .resolved: .incidentResolved
    }
  }
}

/// An incident in a page's words. Names of people stay inside: who wrote, who took it on and what they noted is not for everybody.
struct IncidentWords {
  var incident: Incident
  var wording: Wording
  /// Whether words of runs may be shown.
  var showsCauses: Bool
  /// What the checks of the page are called; others are not spoken of.
  var names: [CheckID: String]

  private var language: Language { wording.language }

  /// The impacts that the page may tell of, in the incident's order.
  var impacts: [(name: String, level: Impact.Level)] {
    incident.impacts.compactMap { impact in names[impact.check].map { ($0, impact.level) } }
  }

  /// What an update is called: the state that it says, or what happened.
  func heading(of update: IncidentUpdate) -> String {
    if let state = update.state, update.kind == .comment || update.kind == .resolved { return language(state.phrase) }
    return switch update.kind {
    case .opened: language(.updateOpened)
    case .changed: language(.updateChanged)
    case .comment: language(.updateComment)
    case .acknowledged: language(.updateAcknowledged)
    case .linked: language(.updateLinked)
    case .resolved: language(.updateResolved)
    }
  }

  /// What an update says. What a program wrote may tell of hosts and paths; what a person wrote was written for readers.
  func text(of update: IncidentUpdate) -> String {
    let isFromRun = update.author == nil && (update.kind == .opened || update.kind == .changed)
    if update.kind == .comment || (isFromRun && showsCauses) || (update.author != nil && update.kind == .opened) {
      return PlainText.clean(update.text)
    }
    return switch update.kind {
    case .opened, .comment: language(.updateOpenedText)
    case .changed: language(.updateChangedText)
    case .acknowledged: language(.updateAcknowledgedText)
    case .linked: language(.updateLinkedText)
    case .resolved: update.author == nil ? language(.updateResolvedText) : PlainText.clean(update.text)
    }
  }

  /// The whole card.
  ///
  /// - Parameter level: 3 under a heading of the second level, 4 under one of the third.
  func write(level: Int = 3, to html: inout HTMLWriter) {
    let severity = incident.severity
    html.markup("<article class=\"card inc ")
    html.text(severity.rawValue)
    if !incident.isOpen { html.markup(" over") }
    html.markup("\"")
    html.attribute("id", "incident-\(incident.id)")
    html.markup("><h")
    html.number(level)
    html.attribute("class", severity.rawValue)
    html.markup(">")
    html.glyph(severity)
    html.name(incident.title)
    html.markup("</h")
    html.number(level)
    html.markup(">\n<p class=\"meta\"><span class=\"tag ")
    html.text(incident.state.rawValue)
    html.markup("\">")
    html.text(language(incident.state.phrase))
    html.markup("</span> ")
    html.moment(incident.began, language(.incidentBegan, ["moment": wording.moment(incident.began)]), wording)
    if let ended = incident.ended {
      html.markup(" <span>")
      html.text(language(.incidentLasted, ["duration": wording.duration(ended - incident.began)]))
      html.markup("</span>")
    }
    if incident.consequenceOf != nil {
      html.markup(" <span>")
      html.text(language(.incidentConsequence))
      html.markup("</span>")
    }
    html.markup("</p>\n")
    writeImpacts(to: &html)
    writeStory(to: &html)
    html.markup("</article>\n")
  }

  private func writeImpacts(to html: inout HTMLWriter) {
    let impacts = impacts
    guard !impacts.isEmpty else { return }
    html.markup("<ul class=\"hurts\"")
    html.attribute("aria-label", language(.incidentAffects))
    html.markup(">")
    for impact in impacts {
      html.markup("<li")
      html.attribute("class", impact.level.state.rawValue)
      html.markup(">")
      html.glyph(impact.level.state)
      html.markup("<span>")
      html.name(impact.name)
      html.markup(": ")
      html.text(language(impact.level.phrase))
      html.markup("</span></li>")
    }
    html.markup("</ul>\n")
  }

  private func writeStory(to html: inout HTMLWriter) {
    guard !incident.updates.isEmpty else { return }
    html.markup("<ol class=\"story\" reversed>\n")
    for update in incident.updates.reversed() {
      html.markup("<li><p><b>")
      html.text(heading(of: update))
      html.markup("</b> <small>")
      html.moment(update.at, wording.moment(update.at), wording)
      html.markup("</small></p>")
      let text = text(of: update)
      if !text.isEmpty {
        html.markup("<p class=\"said\"><bdi>")
        html.text(text)
        html.markup("</bdi></p>")
      }
      html.markup("</li>\n")
    }
    html.markup("</ol>\n")
  }
}

/// Incidents under the days on which they began.
struct IncidentDays {
  var wording: Wording
  var showsCauses: Bool
  var names: [CheckID: String]

  /// - Parameter incidents: latest begin first.
  func write(_ incidents: [Incident], to html: inout HTMLWriter) {
    var day: LocalDate?
    for incident in incidents {
      let date = wording.calendar.date(at: incident.began)
      if date != day {
        html.markup(day == nil ? "<div class=\"day\"><h3>" : "</div>\n<div class=\"day\"><h3>")
        html.text(wording.longDate(date))
        html.markup("</h3>\n")
        day = date
      }
      IncidentWords(incident: incident, wording: wording, showsCauses: showsCauses, names: names).write(
        level: 4, to: &html)
    }
    if day != nil { html.markup("</div>\n") }
  }
}
