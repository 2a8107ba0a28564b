import Calendars
import Model

/// A page as feeds, for readers that ask again and again.
package struct Feeds: Sendable {
  private let content: PageContent
  private let origin: String
  private let wording: Wording
  private let links: PageLinks
  private let names: [CheckID: String]

  private var definition: PageDefinition { content.definition }
  private var language: Language { wording.language }
  private var title: String { PlainText.line(definition.title) }

  /// The feeds of a page.
  ///
  /// - Parameters:
  ///   - content: its incidents make the entries of `atom` and `rss`, its maintenance the events of `calendar`.
  ///   - origin: scheme, host and port that the reader knows the page by, without a slash at the end: `https://status.example.org`.
  package init(_ content: PageContent, origin: String) {
    self.content = content
    self.origin = origin
    wording = Wording(content.definition, now: content.at)
    links = PageLinks(content.definition)
    names = Dictionary(content.entries.map { ($0.check, $0.name) }) { first, _ in first }
  }

  /// The same for the same page and thing for ever, by whatever name the page was asked for (RFC 4151).
  private func tag(_ kind: String, _ id: String) -> String {
    "tag:\(host),2026:curlew:\(definition.id):\(kind):\(id)"
  }

  private var host: String {
    if let host = definition.host { return host }
    guard let scheme = origin.firstRange(of: "://") else { return "localhost" }
    let rest = origin[scheme.upperBound...]
    // An address of IPv6 stands in brackets, which no tag may have.
    if rest.hasPrefix("[") { return "localhost" }
    let host = rest.prefix { $0 != ":" && $0 != "/" }
    return host.isEmpty ? "localhost" : String(host)
  }

  // MARK: Incidents

  /// Those that last and those that are over, latest begin first.
  private var incidents: [Incident] {
    (content.openIncidents + content.pastIncidents).sorted { $0.began > $1.began }
  }

  private func updated(_ incident: Incident) -> Timestamp {
    max(incident.updates.map(\.at).max() ?? incident.opened, incident.ended ?? incident.opened)
  }

  private var updated: Timestamp { incidents.map { updated($0) }.max() ?? Timestamp(secondsSinceEpoch: 0) }

  /// The story as a fragment of HTML, latest update first.
  private func story(_ incident: Incident) -> String {
    let words = IncidentWords(
      incident: incident, wording: wording, showsCauses: definition.showsCauses, names: names)
    var html = HTMLWriter()
    for impact in words.impacts {
      html.markup("<p>")
      html.name(impact.name)
      html.markup(": ")
      html.text(language(impact.level.phrase))
      html.markup("</p>")
    }
    for update in incident.updates.reversed() {
      html.markup("<p><strong>")
      html.text(words.heading(of: update))
      html.markup("</strong> <small>")
      html.text(wording.fullMoment(update.at))
      html.markup("</small>")
      for line in words.text(of: update).split(separator: "\n") {
        html.markup("<br>")
        html.text(String(line))
      }
      html.markup("</p>")
    }
    return String(decoding: html.bytes, as: UTF8.self)
  }

  private func heading(_ incident: Incident) -> String {
    "\(language(incident.state.phrase)): \(PlainText.line(incident.title))"
  }

  private func link(_ incident: Incident) -> String {
    let month = wording.calendar.date(at: incident.began).yearMonth
    return "\(origin)\(links.month(month))#incident-\(incident.id)"
  }

  /// Incidents (RFC 4287); `application/atom+xml; charset=utf-8`.
  package func atom() -> [UInt8] {
    var xml = HTMLWriter()
    xml.markup("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"")
    xml.attribute("xml:lang", language.code)
    xml.markup(">\n")
    xml.element("id", tag("page", "incidents"))
    xml.element("title", language(.feedTitle, ["title": title]))
    if let subtitle = definition.subtitle { xml.element("subtitle", PlainText.line(subtitle)) }
    xml.element("updated", updated.rfc3339(fractionDigits: 0))
    xml.markup("<author>")
    xml.element("name", title)
    xml.markup("</author>\n<generator>Curlew</generator>\n<link rel=\"self\" type=\"application/atom+xml\"")
    xml.attribute("href", origin + links.atom)
    xml.markup("/>\n<link rel=\"alternate\" type=\"text/html\"")
    xml.attribute("href", origin + links.overview)
    xml.markup("/>\n")
    for incident in incidents {
      xml.markup("<entry>\n")
      xml.element("id", tag("incident", String(incident.id)))
      xml.element("title", heading(incident))
      xml.element("published", incident.opened.rfc3339(fractionDigits: 0))
      xml.element("updated", updated(incident).rfc3339(fractionDigits: 0))
      xml.markup("<link rel=\"alternate\" type=\"text/html\"")
      xml.attribute("href", link(incident))
      xml.markup("/>\n<content type=\"html\">")
      xml.text(story(incident))
      xml.markup("</content>\n</entry>\n")
    }
    xml.markup("</feed>\n")
    return xml.bytes
  }

  /// Incidents (RSS 2.0); `application/rss+xml; charset=utf-8`.
  package func rss() -> [UInt8] {
    var xml = HTMLWriter()
    xml.markup(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n"
    )
    xml.element("title", language(.feedTitle, ["title": title]))
    xml.element("link", origin + links.overview)
    xml.element("description", PlainText.line(definition.subtitle ?? definition.title))
    xml.element("language", language.code)
    xml.element("lastBuildDate", FeedDate.rfc822(updated))
    xml.markup("<atom:link rel=\"self\" type=\"application/rss+xml\"")
    xml.attribute("href", origin + links.rss)
    xml.markup("/>\n")
    for incident in incidents {
      xml.markup("<item>\n")
      xml.element("title", heading(incident))
      xml.element("link", link(incident))
      xml.markup("<guid isPermaLink=\"false\">")
      // Readers of RSS show an item again only when it is another one: each state of an incident is.
      xml.text(tag("incident", "\(incident.id):\(incident.updates.count)"))
      xml.markup("</guid>\n")
      xml.element("pubDate", FeedDate.rfc822(updated(incident)))
      xml.element("description", story(incident))
      xml.markup("</item>\n")
    }
    xml.markup("</channel>\n</rss>\n")
    return xml.bytes
  }

  // MARK: Maintenance

  /// Planned work (RFC 5545); `text/calendar; charset=utf-8`.
  package func calendar() -> [UInt8] {
    var calendar = CalendarWriter()
    calendar.line("BEGIN", "VCALENDAR")
    calendar.line("VERSION", "2.0")
    calendar.line("PRODID", "-//Curlew//Status page//EN")
    calendar.line("CALSCALE", "GREGORIAN")
    calendar.line("METHOD", "PUBLISH")
    calendar.line("X-WR-CALNAME", text: language(.feedCalendar, ["title": title]))
    for occurrence in content.maintenance {
      let affected = content.entries.filter { occurrence.scope.checks.contains($0.check) }.map {
        PlainText.line($0.name)
      }
      calendar.line("BEGIN", "VEVENT")
      calendar.line(
        "UID", text: "\(occurrence.window)-\(FeedDate.calendar(occurrence.from))@\(definition.id).\(host)")
      // A published event says when it was last as it is; the moment of the answer would make every answer another one.
      calendar.line("DTSTAMP", FeedDate.calendar(occurrence.from))
      calendar.line("DTSTART", FeedDate.calendar(occurrence.from))
      calendar.line("DTEND", FeedDate.calendar(occurrence.until))
      calendar.line("SUMMARY", text: PlainText.line(occurrence.title))
      if !affected.isEmpty { calendar.line("DESCRIPTION", text: affected.joined(separator: ", ")) }
      calendar.line("URL", origin + links.overview)
      calendar.line("TRANSP", "TRANSPARENT")
      calendar.line("END", "VEVENT")
    }
    calendar.line("END", "VCALENDAR")
    return calendar.bytes
  }
}

extension HTMLWriter {
  /// `<name>text</name>` on a line of its own.
  fileprivate mutating func element(_ name: StaticString, _ text: String) {
    markup("<")
    markup(name)
    markup(">")
    self.text(text)
    markup("</")
    markup(name)
    markup(">\n")
  }
}
