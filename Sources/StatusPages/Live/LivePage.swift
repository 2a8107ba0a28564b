import Model

/// The parts of a page that change while somebody looks, to tell whom it is open to what became different.
package struct LivePage: Sendable {
  /// The same for the same parts: documents carry it, so that a reader who comes back knows whether anything was missed.
  package let version: String

  /// What changes of one entry; figures and today's bar only where there are figures.
  struct EntryParts: Sendable {
    var check: CheckID
    var state: HTMLWriter
    var cause: HTMLWriter
    var figure: HTMLWriter?
    var today: HTMLWriter?
    /// Which day that is.
    var day: LocalDate?

    fileprivate var fragments: [HTMLWriter?] { [state, cause, figure, today] }
  }

  /// In the order of the page; the banner, which has the time in it, is not among them.
  let news: HTMLWriter
  let incidents: HTMLWriter
  let maintenance: HTMLWriter
  let entries: [EntryParts]
  let past: HTMLWriter
  let banner: HTMLWriter
  private let headline: Headline
  private let title: String

  /// The parts of an overview.
  package init(_ content: PageContent) {
    self.init(OverviewParts(content))
  }

  init(_ parts: OverviewParts) {
    func part(_ write: (inout HTMLWriter) -> Void) -> HTMLWriter {
      var html = HTMLWriter()
      write(&html)
      return html
    }
    banner = part { parts.writeBanner(to: &$0) }
    news = part { parts.writeNews(to: &$0) }
    incidents = part { parts.writeOpenIncidents(to: &$0) }
    maintenance = part { parts.writeMaintenance(to: &$0) }
    past = part { parts.writePast(to: &$0) }
    var bars = DayBars(parts.wording)
    entries = parts.content.entries.map { entry in
      var (figure, today): (HTMLWriter?, HTMLWriter?) = (nil, nil)
      if parts.content.hasFigures, let day = entry.days.last {
        figure = part { parts.writeFigure(entry, to: &$0) }
        today = part { bars.writeItem(day, id: OverviewParts.todayID(entry), to: &$0) }
      }
      return EntryParts(
        check: entry.check, state: part { parts.writeState(entry, to: &$0) },
        cause: part { parts.writeCause(entry, to: &$0) }, figure: figure, today: today, day: entry.days.last?.date)
    }
    headline = parts.headline
    title = "\(headline.text) · \(PlainText.isolated(parts.content.definition.title))"
    let fragments = [news, incidents, maintenance, past] + entries.flatMap { $0.fragments.compactMap(\.self) }
    version = Self.digest(fragments, headline)
  }

  /// What every connection begins with: a page of another version reads itself anew.
  package func greeting() -> LiveEvent {
    LiveEvent("hello") { json in json.member("version", version) }
  }

  /// What became different; nil when nothing did.
  package func event(after earlier: LivePage) -> LiveEvent? {
    guard earlier.version != version else { return nil }
    // Other entries, or another day: the page itself has changed.
    guard earlier.entries.count == entries.count,
      zip(earlier.entries, entries).allSatisfy({ $0.check == $1.check && $0.day == $1.day })
    else { return greeting() }
    var changed = [banner]
    func compare(_ before: HTMLWriter?, _ now: HTMLWriter?) {
      if let now, now.bytes != before?.bytes { changed.append(now) }
    }
    compare(earlier.news, news)
    compare(earlier.incidents, incidents)
    compare(earlier.maintenance, maintenance)
    for (before, now) in zip(earlier.entries, entries) {
      for (before, now) in zip(before.fragments, now.fragments) { compare(before, now) }
    }
    compare(earlier.past, past)
    return LiveEvent("change", id: version) { json in
      json.member("after", earlier.version)
      json.member("version", version)
      json.member("title", title)
      json.member("icon", Glyphs.icon(headline.state))
      json.member("say", earlier.headline == headline ? nil : headline.text)
      json.member(
        "parts",
        array: { json in
          for html in changed { json.value(String(decoding: html.bytes, as: UTF8.self)) }
        })
    }
  }

  /// A hash over all that is sent.
  private static func digest(_ fragments: [HTMLWriter], _ headline: Headline) -> String {
    var hash = StableHash()
    hash.add(headline.text)
    for fragment in fragments { hash.add(fragment.bytes) }
    return String(hash.value, radix: 36)
  }
}

/// One server-sent event, as it goes over the wire (HTML Living Standard, section 9.2).
package struct LiveEvent: Hashable, Sendable {
  /// With the empty line at its end.
  package let bytes: [UInt8]

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// An event whose data is one JSON object, and so one line.
  fileprivate init(_ name: StaticString, id: String? = nil, _ write: (inout JSONWriter) -> Void) {
    var json = JSONWriter()
    json.object(write)
    var bytes = Array("event: \(name)\n".utf8)
    if let id { bytes += Array("id: \(id)\n".utf8) }
    self.bytes = bytes + Array("data: ".utf8) + json.bytes + Array("\n\n".utf8)
  }

  /// A line that keeps connections through proxies open.
  package static let pause = LiveEvent(bytes: Array(":\n\n".utf8))
}
