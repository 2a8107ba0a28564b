import Foundation
import Model
import StatusPages
import TestSupport
import Testing

@Suite("Feeds")
struct FeedTests {
  /// What feedparser, icalendar and expat make of the three feeds of a page.
  private struct Reading: Decodable {
    struct Entry: Decodable {
      var id: String
      var title: String
      var updated: String
      var link: String
      var content: String
    }
    struct Event: Decodable {
      var uid: String
      var summary: String
      var from: String
      var until: String
      var description: String
    }
    var atom: [Entry]
    var atomTitle: String
    var rss: [Entry]
    var events: [Event]
    var broken: [String]
    var longest: Int
  }

  private static func read(_ content: PageContent) async throws -> Reading {
    let folder = try TestProgram.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let feeds = Feeds(content, origin: "https://status.example.org")
    for (name, bytes) in [("atom", feeds.atom()), ("rss", feeds.rss()), ("ics", feeds.calendar())] {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try TestProgram.write(reader, to: "\(folder)/read.py")
    let outcome = try await ChildProcess.run(["/usr/bin/python3", "\(folder)/read.py", folder])
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try JSONDecoder().decode(Reading.self, from: Data(outcome.stdout.utf8))
  }

  private static let reader = #"""
    import json, sys, xml.dom.minidom
    import feedparser, icalendar

    folder = sys.argv[1]
    read = lambda name: open(folder + "/" + name, "rb").read()
    broken = []
    for name in ("atom", "rss"):
        try:
            xml.dom.minidom.parseString(read(name))
        except Exception as error:
            broken.append(f"{name}: {error}")
    def entries(feed):
        return [{"id": e.id, "title": e.title, "updated": e.get("updated", e.get("published", "")), "link": e.link,
                 "content": e.content[0].value if "content" in e else e.get("summary", "")} for e in feed.entries]
    atom, rss = (feedparser.parse(read(name), sanitize_html=False) for name in ("atom", "rss"))
    for feed in (atom, rss):
        if feed.bozo: broken.append(str(feed.bozo_exception))
    calendar = icalendar.Calendar.from_ical(read("ics"))
    events = [{"uid": str(e["uid"]), "summary": str(e["summary"]), "from": e["dtstart"].dt.isoformat(),
               "until": e["dtend"].dt.isoformat(), "description": str(e.get("description", ""))} for e in calendar.walk("VEVENT")]
    lines = read("ics").split(b"\r\n")
    broken += [repr(line) for line in lines if b"\n" in line or b"\r" in line]
    print(json.dumps({"atom": entries(atom), "atomTitle": atom.feed.title, "rss": entries(rss), "events": events,
                      "broken": broken, "longest": max(map(len, lines))}))
    """#

  @Test("are read by the parsers that people use")
  func readable() async throws {
    let reading = try await Self.read(SamplePage.overview())
    #expect(reading.broken == [])
    #expect(reading.longest <= 75)
    #expect(reading.atomTitle == "Larkspur status: incidents")
    #expect(
      reading.atom.map(\.title) == [
        "Identified: Images load slowly or not at all", "Resolved: Payments by card were declined",
        "Resolved: Search was down",
      ])
    #expect(reading.atom.first?.id == "tag:status.example.org,2026:curlew:public:incident:41")
    #expect(reading.atom.first?.updated == "2026-11-21T09:34:00Z")
    #expect(reading.atom.first?.link == "https://status.example.org/status/history/2026-11#incident-41")
    #expect(reading.atom.first?.content.contains("One of two image servers lost its disk.") == true)
    #expect(reading.rss.map(\.title) == reading.atom.map(\.title))
    #expect(reading.events.map(\.summary) == ["Move to the new billing system", "Monthly patching of the databases"])
    #expect(reading.events.first?.from == "2026-11-21T09:00:00+00:00")
    #expect(reading.events.first?.until == "2026-11-21T11:00:00+00:00")
    #expect(reading.events.last?.description == "Shop, Search, Sign-in")
  }

  @Test("show an incident again when it has another update, under the same id")
  func updates() async throws {
    var content = SamplePage.overview()
    let before = try await Self.read(content)
    content.openIncidents[0].updates.append(
      IncidentUpdate(at: SamplePage.now, kind: .comment, author: "Ada", state: .monitoring, text: "Pictures are back."))
    let after = try await Self.read(content)
    #expect(before.atom.first?.id == after.atom.first?.id)
    #expect(before.atom.first?.updated != after.atom.first?.updated)
    #expect(before.rss.first?.id != after.rss.first?.id)
  }

  @Test("keep names of people, and causes where the page keeps them back")
  func discreet() {
    var content = SamplePage.overview()
    content.definition.showsCauses = false
    for bytes in [
      Feeds(content, origin: "").atom(), PageJSON.overview(content), OverviewPage(content, nonce: "n").rendered(),
    ] {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!text.contains("Ada"))
      #expect(!text.contains("refused"))
    }
  }

  @Test("stay whole, whatever stands in them", arguments: Hostile.names)
  func hostile(name: String) async throws {
    let reading = try await Self.read(Hostile.page(name))
    #expect(reading.broken == [])
    #expect(reading.longest <= 75)
    #expect(reading.atom.count == 3)
    #expect(reading.rss.count == 3)
    #expect(reading.events.count == 2)
    for entry in reading.atom + reading.rss {
      #expect(!entry.content.contains("<script"))
      #expect(!entry.content.contains("<img"))
    }
  }
}
