import Foundation
import Model
import ServiceLevels
import StatusPages
import TestSupport
import Testing

@Suite("Pages")
struct PageTests {
  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Every page of a content, by name.
  private static func all(_ overview: PageContent) -> [(String, String)] {
    var check = SamplePage.check()
    check.definition = overview.definition
    check.names = Dictionary(overview.entries.map { ($0.check, $0.name) }) { first, _ in first }
    check.incidents = overview.openIncidents + overview.pastIncidents
    var month = SamplePage.month()
    month.definition = overview.definition
    month.incidents = overview.pastIncidents
    if let name = overview.entries.first(where: { _ in true })?.name {
      check.entry.name = name
      check.entry.cause = name
      month.rows = month.rows.map {
        var row = $0
        row.name = name
        return row
      }
    }
    return [
      ("overview", text(OverviewPage(overview, nonce: "n").rendered())),
      ("check", text(CheckPage(check, nonce: "n").rendered())),
      ("month", text(MonthPage(month, nonce: "n").rendered())),
      ("sign-in", text(SignInPage(overview.definition, nonce: "n").rendered())),
      ("missing", text(MissingPage(overview.definition, nonce: "n").rendered())),
    ]
  }

  @Test("show the worst state first")
  func headline() {
    var content = SamplePage.calm()
    #expect(Headline(content).text == "All systems are up")
    content.sections[0].entries[0].state = .degraded
    #expect(Headline(content).text == "Shop is degraded")
    content.sections[0].entries[1].state = .down
    #expect(Headline(content).text == "Checkout is down")
    content.sections[0].entries[2].state = .down
    #expect(Headline(content).text == "2 of 12 systems are down")
    content.definition.language = "de"
    #expect(Headline(content).text == "2 von 12 Systemen sind ausgefallen")
    content.sections = []
    #expect(Headline(content).text == "Diese Seite zeigt noch nichts")
  }

  @Test("say that an incident is open when all measurements are good")
  func incidentAlone() {
    var content = SamplePage.calm()
    content.openIncidents = [SamplePage.openIncident]
    #expect(Headline(content).text == "An incident is open")
    #expect(Headline(content).state == .degraded)
  }

  @Test("have everything in them without a script")
  func whole() {
    let page = Self.text(OverviewPage(SamplePage.overview(), nonce: "abc").rendered())
    for piece in [
      "<html lang=\"en\">", "<style nonce=\"abc\">", "<h1>Image delivery is down</h1>", "Happening now",
      "Planned maintenance",
      "Past incidents", "href=\"/status/checks/checkout\"", "href=\"/status/feed.atom\"",
      "href=\"/status/calendar.ics\"",
      "<details class=\"part\">", "Images load slowly or not at all", "datetime=\"2026-11-21T09:30:00Z\"", "(UTC+1)",
      "aria-label=\"The last 90 days of Checkout\"",
    ] {
      #expect(page.contains(piece), "\(piece)")
    }
    #expect(page.split(separator: "<ol class=\"b\"").count == 13)
    #expect(page.split(separator: "<li class=\"").count > 12 * 90)
  }

  @Test("tell a day without data from a bad one")
  func days() {
    var content = SamplePage.calm()
    content.sections = [content.sections[0]]
    content.sections[0].entries = [content.sections[0].entries[0]]
    content.sections[0].entries[0].days = [
      DayFigures(date: SamplePage.today.adding(days: -2), tally: SlotTally(expected: 1440, missed: 1440)),
      DayFigures(
        date: SamplePage.today.adding(days: -1),
        tally: SlotTally(expected: 1440, up: 1439, down: 1, downtime: .minutes(1))),
      DayFigures(date: SamplePage.today, tally: SlotTally(expected: 640, up: 640)),
    ]
    let page = Self.text(OverviewPage(content, nonce: "n").rendered())
    #expect(page.contains("<li class=\"n\"><span><b>19 Nov</b> no data</span></li>"))
    #expect(page.contains("<li class=\"d\"><span><b>20 Nov</b> 99.93% · 1\u{a0}min down</span></li>"))
    #expect(page.contains("<li class=\"u\" id=\"t-shop\"><span><b>21 Nov</b> 100%</span></li>"))
  }

  @Test("tell how much was measured when it is less than 95 %")
  func coverage() {
    var content = SamplePage.calm()
    content.sections[0].entries[0].availability = Ratio(999_999, of: 1_000_000)
    content.sections[0].entries[0].coverage = Ratio(949, of: 1000)
    content.sections[0].entries[1].coverage = Ratio(95, of: 100)
    content.sections[0].entries = Array(content.sections[0].entries.prefix(2))
    content.sections = [content.sections[0]]
    let page = Self.text(OverviewPage(content, nonce: "n").rendered())
    #expect(page.contains("<b>99.999%</b>"))
    #expect(page.contains("94% measured"))
    #expect(page.split(separator: "% measured").count == 2)
  }

  @Test("show the name of no check that is not on them")
  func discreet() {
    var content = SamplePage.calm()
    content.openIncidents = [SamplePage.openIncident]
    content.openIncidents[0].impacts.append(Impact(check: SamplePage.id("secret-project"), level: .major))
    for bytes in [OverviewPage(content, nonce: "n").rendered(), PageJSON.overview(content)] {
      #expect(!Self.text(bytes).contains("secret-project"))
    }
  }

  @Test("say of a month whether its figures can still change")
  func months() {
    let page = Self.text(MonthPage(SamplePage.month(), nonce: "n").rendered())
    for piece in [
      "<h1>October 2026</h1>", "final since 4 November 2026<", "corrected (revision 2)", "not final yet",
      "rel=\"prev\" href=\"/status/history/2026-09\"", "rel=\"next\" href=\"/status/history/2026-11\"",
    ] {
      #expect(page.contains(piece), "\(piece)")
    }
    var first = SamplePage.month()
    first.firstMonth = first.month
    first.at = SamplePage.now - .days(28)
    let alone = Self.text(MonthPage(first, nonce: "n").rendered())
    #expect(!alone.contains("rel=\"prev\""))
    #expect(!alone.contains("rel=\"next\""))
  }

  @Test("of one check have a year, windows, a chart and its figures as a table")
  func check() {
    let page = Self.text(CheckPage(SamplePage.check(), nonce: "n").rendered())
    #expect(page.split(separator: "<ol class=\"b\"").count == 14)
    for piece in [
      "365 days", "Promised: 99.9% over one month", "<path class=\"p99\"", "<rect class=\"void\"",
      "Response times as a table",
      "Virginia", "<th scope=\"row\">20 November 2026</th>",
    ] {
      #expect(page.contains(piece), "\(piece)")
    }
    // Three stretches without data, and the hour between two of them is a dot.
    #expect(page.split(separator: "<rect class=\"void\" height").count == 4)
    #expect(page.contains("h0M"))
  }

  @Test("of a private definition show nothing before the reader has signed in")
  func signIn() {
    var definition = SamplePage.definition()
    definition.access = .token
    let page = Self.text(SignInPage(definition, occasion: .refused, nonce: "n").rendered())
    #expect(page.contains("action=\"/status/sign-in\""))
    #expect(page.contains("name=\"token\""))
    #expect(page.contains("role=\"alert\""))
    #expect(page.contains("noindex"))
    #expect(!page.contains("feed.atom"))
    #expect(!page.contains("Checkout"))
  }

  @Test("stay what they are, whatever stands in them", arguments: Hostile.names)
  func hostile(name: String) {
    let harmless = Self.all(Hostile.page("harmless"))
    for ((page, text), (_, like)) in zip(Self.all(Hostile.page(name)), harmless) {
      // The same elements, however the words in them read.
      #expect(Self.shape(text) == Self.shape(like), "\(page)")
      #expect(!text.contains("javascript:"), "\(page)")
      #expect(
        !text.unicodeScalars.contains { (0x202a...0x202e).contains($0.value) || $0.value == 0 || $0 == "\u{fffe}" },
        "\(page)")
    }
  }

  /// How many elements of each name there are.
  private static func shape(_ page: String) -> [String: Int] {
    let body = page.components(separatedBy: "</style>").last ?? ""
    var counts: [String: Int] = [:]
    for piece in body.components(separatedBy: "<").dropFirst() {
      // Words alone may make a card or a line break more or less.
      counts[String(piece.prefix { $0.isLetter || $0.isNumber || $0 == "/" }), default: 0] += 1
    }
    return counts
  }

  @Test("ask nobody else for anything")
  func selfContained() {
    for (page, text) in Self.all(SamplePage.overview()) {
      let outside = text.components(separatedBy: "=\"http").dropFirst().map { $0.prefix(40) }
      #expect(outside.allSatisfy { $0.hasPrefix("s://larkspur.example\"") }, "\(page): \(outside)")
      #expect(!text.contains("style=\""), "\(page)")
      #expect(!text.contains("url(h"), "\(page)")
    }
  }

  @Test("of fifty checks and ninety days weigh at most 60 KiB")
  func weight() async throws {
    var content = SamplePage.overview()
    content.sections = [
      .init(title: "All", entries: (0..<50).map { SamplePage.entry("check-\($0)", "Check \($0)", seed: UInt64($0)) })
    ]
    let folder = try TestProgram.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(OverviewPage(content, nonce: "n").rendered()).write(to: URL(fileURLWithPath: "\(folder)/page"))
    let gzip = try await ChildProcess.run(["gzip", "-6", "\(folder)/page"])
    #expect(gzip.exitCode == 0, "\(gzip.stderr)")
    let size = try #require(try FileManager.default.attributesOfItem(atPath: "\(folder)/page.gz")[.size] as? Int)
    #expect(size <= 60 * 1024)
    #expect(PageScript.text.utf8CodeUnitCount < 4096)
  }

  @Test("as JSON tell what they show")
  func json() throws {
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(PageJSON.overview(SamplePage.overview()))) as? [String: Any])
    #expect(json["state"] as? String == "down")
    #expect(json["headline"] as? String == "Image delivery is down")
    let sections = try #require(json["sections"] as? [[String: Any]])
    let entries = try #require(sections.first?["entries"] as? [[String: Any]])
    #expect(entries.count == 4)
    let days = try #require(entries.first?["days"] as? [String: Any])
    #expect(days["first"] as? String == "2026-08-24")
    #expect(days["last"] as? String == "2026-11-21")
    #expect((days["up"] as? [Int])?.count == 90)
    #expect(try JSONSerialization.jsonObject(with: Data(PageJSON.check(SamplePage.check()))) is [String: Any])
    #expect(try JSONSerialization.jsonObject(with: Data(PageJSON.month(SamplePage.month()))) is [String: Any])
  }

  @Test("as JSON stay JSON, whatever stands in them", arguments: Hostile.names)
  func hostileJSON(name: String) throws {
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(PageJSON.overview(Hostile.page(name)))) as? [String: Any])
    #expect((json["page"] as? [String: Any])?["title"] is String)
    #expect((json["incidents"] as? [Any])?.count == 3)
  }
}

@Suite("Pages that somebody looks at")
struct LivePageTests {
  private static func data(_ event: LiveEvent) throws -> [String: Any] {
    let text = String(decoding: event.bytes, as: UTF8.self)
    #expect(text.hasSuffix("\n\n"))
    let lines = text.dropLast(2).split(separator: "\n", omittingEmptySubsequences: false)
    let data = try #require(lines.last)
    #expect(data.hasPrefix("data: "))
    return try #require(try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8)) as? [String: Any])
  }

  @Test("are told nothing when nothing but the time is another one")
  func silent() {
    var content = SamplePage.overview()
    let before = LivePage(content)
    content.at = content.at + .seconds(30)
    #expect(LivePage(content).event(after: before) == nil)
  }

  @Test("are told what became different, in the bytes of the page")
  func change() throws {
    var content = SamplePage.calm()
    let before = LivePage(content)
    content.sections[0].entries[1].state = .down
    content.sections[0].entries[1].since = content.at
    content.at = content.at + .minutes(1)
    let after = LivePage(content)
    let event = try Self.data(try #require(after.event(after: before)))
    #expect(event["after"] as? String == before.version)
    #expect(event["version"] as? String == after.version)
    #expect(event["say"] as? String == "Checkout is down")
    let parts = try #require(event["parts"] as? [String])
    let page = String(decoding: OverviewPage(content, nonce: "n").rendered(), as: UTF8.self)
    // The banner, the state, and since when.
    #expect(parts.count == 3)
    for part in parts { #expect(page.contains(part)) }
    #expect(page.contains("data-version=\"\(after.version)\""))
  }

  @Test("read themselves anew when they show other entries")
  func layout() throws {
    var content = SamplePage.calm()
    let before = LivePage(content)
    content.sections[0].entries.removeLast()
    let after = LivePage(content)
    #expect(after.event(after: before) == after.greeting())
    #expect(try Self.data(after.greeting())["version"] as? String == after.version)
  }

  @Test("read themselves anew when another day has begun")
  func midnight() {
    var content = SamplePage.calm()
    let before = LivePage(content)
    content.sections[0].entries[0].days.removeFirst()
    content.sections[0].entries[0].days.append(
      DayFigures(date: SamplePage.today.adding(days: 1), tally: SlotTally(expected: 1, up: 1)))
    let after = LivePage(content)
    #expect(after.event(after: before) == after.greeting())
  }

  @Test("get one line of data, whatever stands in it", arguments: Hostile.names)
  func hostile(name: String) throws {
    let event = try #require(LivePage(Hostile.page(name)).event(after: LivePage(SamplePage.overview())))
    #expect(try Self.data(event)["parts"] is [String])
  }
}
