import Model

/// The parts of a page that change while somebody looks, to tell whom it is open to what became different.
package struct LivePage: Sendable {
  /// The same for the same parts: documents carry it, so that a reader who comes back knows whether anything was missed.
  package let version: String
  /// By the id of the element that each replaces, in the order of the page.
  private let fragments: [(id: String, html: HTMLWriter)]
  private let banner: HTMLWriter
  private let headline: Headline
  private let title: String

  /// The parts of an overview.
  package init(_ content: PageContent) {
    self.init(OverviewParts(content))
  }

  init(_ parts: OverviewParts) {
    var fragments: [(id: String, html: HTMLWriter)] = []
    func add(_ id: String, _ write: (inout HTMLWriter) -> Void) {
      var html = HTMLWriter()
      write(&html)
      fragments.append((id, html))
    }
    add("news") { parts.writeNews(to: &$0) }
    add("incidents") { parts.writeOpenIncidents(to: &$0) }
    add("maintenance") { parts.writeMaintenance(to: &$0) }
    var bars = DayBars(parts.wording)
    for entry in parts.content.entries {
      let id = entry.check.text
      add("s-\(id)") { parts.writeState(entry, to: &$0) }
      add("c-\(id)") { parts.writeCause(entry, to: &$0) }
      guard parts.content.hasFigures, let today = entry.days.last else { continue }
      add("f-\(id)") { parts.writeFigure(entry, to: &$0) }
      add("t-\(id)") { bars.writeItem(today, id: OverviewParts.todayID(entry), to: &$0) }
    }
    add("past") { parts.writePast(to: &$0) }
    self.fragments = fragments
    headline = parts.headline
    title = "\(headline.text) · \(PlainText.isolated(parts.content.definition.title))"
    var banner = HTMLWriter()
    parts.writeBanner(to: &banner)
    self.banner = banner
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
    guard earlier.fragments.count == fragments.count,
      zip(earlier.fragments, fragments).allSatisfy({ $0.id == $1.id })
    else { return greeting() }
    return LiveEvent("change", id: version) { json in
      json.member("after", earlier.version)
      json.member("version", version)
      json.member("title", title)
      json.member("icon", Glyphs.icon(headline.state))
      json.member("say", earlier.headline == headline ? nil : headline.text)
      json.member(
        "parts",
        array: { json in
          json.value(String(decoding: banner.bytes, as: UTF8.self))
          for (before, now) in zip(earlier.fragments, fragments) where before.html.bytes != now.html.bytes {
            json.value(String(decoding: now.html.bytes, as: UTF8.self))
          }
        })
    }
  }

  /// FNV-1a (64 bit) over all that is sent.
  private static func digest(_ fragments: [(id: String, html: HTMLWriter)], _ headline: Headline) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    add(headline.text.utf8)
    for fragment in fragments { add(fragment.html.bytes) }
    return String(hash, radix: 36)
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
