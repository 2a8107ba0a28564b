import Calendars
import Model

/// What every page of a definition has around its content: head, header and foot.
struct Frame {
  var definition: PageDefinition
  var wording: Wording
  var nonce: String
  /// What stands in the tab, before the title of the page.
  var title: String
  /// The colour of the icon in the tab.
  var state: PageState
  /// What makes the document follow what happens; nil where nothing changes.
  var liveVersion: String?
  /// Whether the foot links to feeds and months: not where the reader may not look.
  var isOpen = true

  private var language: Language { wording.language }
  private var links: PageLinks { PageLinks(definition) }

  /// The whole document.
  ///
  /// - Parameter count: how many bytes it will be, more or less.
  func document(expected count: Int = 65_536, _ write: (inout HTMLWriter) -> Void) -> [UInt8] {
    var html = HTMLWriter(expected: count)
    writeHead(to: &html)
    writeBodyStart(to: &html)
    html.markup("<main id=\"main\">\n")
    write(&html)
    html.markup("</main>\n")
    writeFoot(to: &html)
    html.markup("</body>\n</html>\n")
    return html.bytes
  }

  private func writeHead(to html: inout HTMLWriter) {
    html.markup("<!DOCTYPE html>\n<html")
    html.attribute("lang", language.code)
    html.markup(
      """
      >
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">

      """)
    if definition.access != .everybody { html.markup("<meta name=\"robots\" content=\"noindex\">\n") }
    html.markup("<title>")
    html.text(title + " · " + PlainText.isolated(definition.title))
    html.markup("</title>\n<link rel=\"icon\" href=\"")
    html.text(Glyphs.icon(state))
    html.markup("\">\n")
    if isOpen {
      html.markup("<link rel=\"alternate\" type=\"application/atom+xml\"")
      html.attribute("href", links.atom)
      html.attribute("title", language(.footerAtom))
      html.markup(">\n<link rel=\"alternate\" type=\"application/rss+xml\"")
      html.attribute("href", links.rss)
      html.attribute("title", language(.footerRss))
      html.markup(">\n")
      html.markup("<script defer")
      html.attribute("src", links.script)
      html.markup("></script>\n")
    }
    html.markup("<style")
    html.attribute("nonce", nonce)
    html.markup(">\n")
    Sheet.write(accent: definition.accent.flatMap { Colour($0) }, to: &html)
    html.markup("</style>\n</head>\n")
  }

  private func writeBodyStart(to html: inout HTMLWriter) {
    html.markup("<body")
    if let liveVersion {
      html.attribute("data-events", links.events)
      html.attribute("data-version", liveVersion)
    }
    html.markup(">\n")
    html.markup(Glyphs.sprite)
    html.markup("<a class=\"skip\" href=\"#main\">")
    html.text(language(.skip))
    html.markup("</a>\n<p class=\"hidden\" id=\"say\" role=\"status\" aria-live=\"polite\"></p>\n")
    html.markup("<header class=\"top\">\n<a class=\"brand\"")
    html.attribute("href", links.overview)
    html.markup(">")
    if definition.logo != nil {
      html.markup("<img alt=\"\"")
      html.attribute("src", links.logo)
      html.markup(">")
    }
    html.markup("<span>")
    html.name(definition.title)
    html.markup("</span></a>\n")
    // A file is checked for it; a page that leads to a script must still be impossible.
    if let home = definition.homeURL, home.hasPrefix("https://") || home.hasPrefix("http://") {
      html.markup("<a class=\"home\"")
      html.attribute("href", home)
      html.markup(">")
      html.text(language(.home))
      html.markup(" <span aria-hidden=\"true\">↗</span></a>\n")
    }
    if let subtitle = definition.subtitle {
      html.markup("<p class=\"sub\">")
      html.name(subtitle)
      html.markup("</p>\n")
    }
    html.markup("</header>\n")
  }

  private func writeFoot(to html: inout HTMLWriter) {
    html.markup("<footer class=\"foot\">\n")
    if isOpen {
      html.markup("<p>")
      html.text(language(.aboutFigures))
      html.markup(" ")
      html.text(
        language(
          .aboutZone,
          ["zone": wording.calendar.timeZone, "offset": wording.offset(at: wording.now)]))
      html.markup("</p>\n<nav")
      html.attribute("aria-label", language(.footerFeeds))
      html.markup("><ul>\n")
      let entries: [(Phrase, String)] = [
        (.footerHistory, links.month(wording.calendar.date(at: wording.now).yearMonth)), (.footerAtom, links.atom),
        (.footerRss, links.rss), (.footerCalendar, links.calendar), (.footerJson, links.json),
      ]
      for (phrase, link) in entries {
        html.markup("<li><a")
        html.attribute("href", link)
        html.markup(">")
        html.text(language(phrase))
        html.markup("</a></li>\n")
      }
      html.markup("</ul></nav>\n")
    }
    html.markup("<p>")
    html.text(language(.footerBy))
    html.markup("</p>\n</footer>\n")
  }
}
