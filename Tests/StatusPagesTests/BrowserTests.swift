import Foundation
import Model
import StatusPages
import Testing

@Suite("Pages in Chromium")
struct BrowserTests {
  /// Where pictures are kept for people to look at; nowhere when absent.
  private static let pictures = ProcessInfo.processInfo.environment["CURLEW_PICTURES"]

  private static func files() -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for language in Language.codes {
      files["overview-\(language)"] = OverviewPage(SamplePage.overview(language: language), nonce: "n").rendered()
      files["check-\(language)"] = CheckPage(SamplePage.check(language: language), nonce: "n").rendered()
      files["month-\(language)"] = MonthPage(SamplePage.month(language: language), nonce: "n").rendered()
    }
    files["calm-en"] = OverviewPage(SamplePage.calm(), nonce: "n").rendered()
    files["hostile-en"] = OverviewPage(Hostile.page(Hostile.names.joined()), nonce: "n").rendered()
    files["sign-in-en"] = SignInPage(SamplePage.definition(), occasion: .refused, nonce: "n").rendered()
    files["missing-de"] = MissingPage(SamplePage.definition(language: "de"), nonce: "n").rendered()
    files["page.js"] = PageScript.text.withUTF8Buffer { Array($0) }
    return files
  }

  @Test("fit from phone to wall, are legible in light and dark, and have names for everything")
  func audit() async throws {
    let files = Self.files()
    var visits: [Browser.Visit] = []
    for page in files.keys.sorted() where page != "page.js" {
      for width in [320, 768, 1280, 2560] {
        for scheme in ["light", "dark"] {
          let picture = Self.pictures == nil ? nil : "\(page)-\(width)-\(scheme).png"
          visits.append(.init(page: page, width: width, scheme: scheme, picture: picture))
        }
      }
    }
    visits.append(
      .init(page: "overview-en", width: 1280, forced: true, picture: Self.pictures.map { _ in "forced.png" }))
    // Without scripts nothing is missing but what is live.
    visits.append(.init(page: "overview-en", width: 1280, script: false))
    let findings = try await Browser.findings(visits, files: files, keep: Self.pictures)
    #expect(findings == [])
  }

  @Test("let arrow keys walk over days, and say them")
  func keyboard() async throws {
    let focus = "document.querySelector('ol.b').focus() === undefined && document.querySelector('ol.b').tabIndex === 0"
    // The focus is set by the first visit's expression, so that the keys of the second, which loads nothing anew, go there.
    let say = "document.getElementById('say').textContent.startsWith('20 Nov')"
    let findings = try await Browser.findings(
      [
        .init(page: "overview-en", width: 1280, expect: focus),
        .init(page: "", width: 1280, keys: ["ArrowLeft", "ArrowLeft"], expect: say),
        .init(page: "", width: 1280, keys: ["Escape"], expect: "document.querySelector('.on') === null"),
      ], files: Self.files())
    #expect(findings == [])
  }

  @Test("follow what happens without being read anew")
  func live() async throws {
    var content = SamplePage.calm()
    var files = Self.files()
    files["page"] = OverviewPage(content, nonce: "n").rendered()
    let before = LivePage(content)
    content.sections[0].entries[2].state = .down
    content.openIncidents = [SamplePage.openIncident]
    let change = try #require(LivePage(content).event(after: before))
    files["events"] = before.greeting().bytes + change.bytes
    let expect = """
      document.querySelector("h1").textContent === "Search is down" && document.title.startsWith("Search is down") \
      && document.querySelector("#s-search").className === "st down" && document.querySelector("#incident-41") !== null \
      && document.getElementById("say").textContent === "Search is down" \
      && document.documentElement.className === "live" && document.querySelectorAll("h1").length === 1
      """
    #expect(try await Browser.findings([.init(page: "page", width: 1280, expect: expect)], files: files) == [])
  }

  @Test("read themselves anew when something happened while nobody told them")
  func missed() async throws {
    let old = OverviewPage(SamplePage.calm(), nonce: "n").rendered()
    let new = OverviewPage(SamplePage.overview(), nonce: "n").rendered()
    var files = Self.files()
    // The document is the old one at first, and the new one when the script asks.
    files["first-page"] = old
    files["page"] = new
    files["events"] = LivePage(SamplePage.overview()).greeting().bytes
    let expect =
      "document.querySelector('h1').textContent === 'Image delivery is down' && document.querySelectorAll('main').length === 1"
    #expect(try await Browser.findings([.init(page: "page", width: 1280, expect: expect)], files: files) == [])
  }
}
