import Documents
import Model
import Scenarios
import Testing

@Suite("Pages, tokens and caps of the service file")
struct ServicePagesTests {
  private static let hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
  private static let digest = String(repeating: "0a", count: 32)

  private func load(
    _ text: String, with others: [String: String] = [:]
  ) -> (file: ServiceFile?, diagnostics: [Diagnostic]) {
    ServiceFileLoader(files: MemoryFiles(others.merging(["etc/curlew.yaml": text]) { $1 })).load("etc/curlew.yaml")
  }

  @Test("all that a page can say is read")
  func everything() throws {
    let result = load(
      """
      pages:
        - id: public
          path: /up
          title: Example
          subtitle: How we are
          home: https://example.org/
          logo: logo.svg
          accent: "#0A7D5A"
          language: de
          time_zone: Europe/Berlin
          days: 30
          causes: false
          sections:
            - {title: Shop, checks: [shop, front-page]}
            - {title: Web, group: web, folded: true}
            - {title: EU, labels: {region: eu}}
          announcements:
            - {kind: warning, at: 2026-11-21T10:00:00Z, until: 2026-11-22T10:00:00Z, text: We move}
          private: {password: "\(Self.hash)"}
        - {id: team, host: Status.Example.org, private: {token: true}}
        - {id: plain}
      """, with: ["etc/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"])
    #expect(result.diagnostics.map { $0.rendered() } == [])
    let pages = try #require(result.file).pages
    try #require(pages.count == 3)
    let shop = try #require(CheckID("shop"))
    let front = try #require(CheckID("front-page"))
    let from = try #require(Timestamp(rfc3339: "2026-11-21T10:00:00Z"))
    let until = try #require(Timestamp(rfc3339: "2026-11-22T10:00:00Z"))
    #expect(
      pages[0]
        == PageDefinition(
          id: "public", path: "/up", title: "Example", subtitle: "How we are", homeURL: "https://example.org/",
          logo: PageLogo(bytes: Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8), mediaType: "image/svg+xml"),
          accent: "#0a7d5a", language: "de", timeZone: "Europe/Berlin",
          sections: [
            PageSection(title: "Shop", selection: .chosen([shop, front])),
            PageSection(title: "Web", selection: .group("web"), isFolded: true),
            PageSection(title: "EU", selection: .labels(["region": "eu"])),
          ], days: 30,
          announcements: [
            Announcement(kind: .warning, at: from, until: until, text: "We move")
          ], access: .password(hash: Self.hash), showsCauses: false))
    #expect(pages[1].host == "status.example.org")
    #expect(pages[1].path == "/")
    #expect(pages[1].access == .token)
    #expect(pages[2].path == "/status/plain")
    #expect(pages[2].sections == [PageSection(title: nil, selection: .everything)])
    #expect(pages[2].access == .everybody)
  }

  @Test("tokens, the cap and the closing of months are read")
  func others() throws {
    let result = load(
      """
      tokens: [{name: deploy, sha256: \(Self.digest), scopes: [incidents, pages]}]
      exclusions: {cap: 4h, per: quarter, time_zone: Europe/Berlin}
      close_months: {after: 5d}
      """)
    #expect(result.diagnostics.map { $0.rendered() } == [])
    let file = try #require(result.file)
    #expect(
      file.tokens
        == [APIToken(name: "deploy", digest: Array(repeating: 10, count: 32), scopes: [.incidents, .pages])])
    #expect(
      file.exclusionCap == ExclusionCap(limit: .seconds(14_400), unit: .quarter, timeZone: "Europe/Berlin"))
    #expect(file.monthClosing == MonthClosing(delay: .seconds(5 * 86_400), timeZone: "UTC"))
  }

  @Test(
    "what is wrong is told with what was written",
    arguments: [
      ("pages: [{id: a, language: fr}]", "unknown language 'fr'"),
      ("pages: [{id: a, time_zone: CET}]", "unknown time zone 'CET'"),
      ("pages: [{id: a, accent: green}]", "'green' is no colour"),
      ("pages: [{id: a}, {id: a, path: /b}]", "a page with the id 'a' is written twice"),
      ("pages: [{id: a, path: /s}, {id: b, path: /s}]", "'b' stands at '/s', where 'a' stands already"),
      ("pages: [{id: a, path: /s}, {id: b, path: /s/history}]", "'/s/history' is a part of the page 'a' at '/s'"),
      ("pages: [{id: a, path: /metrics/x}]", "'/metrics/x' is taken: '/metrics' belongs to the server itself"),
      ("pages: [{id: a, path: /}]", "'/' is the operators' page; a status page may stand there on a host of its own"),
      ("pages: [{id: a, path: /s/}]", "'/s/' is no path of a page"),
      ("pages: [{id: a, path: /../s}]", "'/../s' is no path of a page"),
      ("pages: [{id: A b}]", "'A b' is no id of a page"),
      ("pages: [{id: a, host: 'x:80'}]", "'x:80' is no host name"),
      ("pages: [{id: a, home: 'javascript:alert(1)'}]", "'javascript:alert(1)' is no link: write https://example.org/"),
      ("pages: [{id: a, logo: x.gif}]", "'x.gif' is no picture that a page can show"),
      ("pages: [{id: a, logo: x.png}]", "cannot read the logo 'x.png': there is no such file"),
      ("pages: [{id: a, logo: fake.png}]", "what is in 'fake.png' is no PNG"),
      ("pages: [{id: a, logo: large.svg}]", "cannot read the logo 'large.svg': it is larger than 256 KiB"),
      ("pages: [{id: a, days: 91}]", "91 is out of bounds: 7 to 90"),
      ("pages: [{id: a, sections: [{title: x}]}]", "'section' needs one of its keys"),
      (
        "pages: [{id: a, private: {password: hunter2}}]",
        "etc/curlew.yaml:1: what stands for 'password' is no bcrypt hash"
      ),
      ("pages: [{title: a}]", "'page' needs 'id'"),
      (
        "tokens: [{name: a, sha256: '12', scopes: [pages]}]",
        "etc/curlew.yaml:1: what stands for 'sha256' is no SHA-256 of 64 hex digits"
      ),
      ("tokens: [{name: a, sha256: \(digest), scopes: [page]}]", "unknown word 'page'"),
      ("tokens: [{name: a, sha256: \(digest), scopes: []}]", "the list needs at least one entry"),
      ("close_months: {time_zone: Mars/Olympus}", "unknown time zone 'Mars/Olympus'"),
      ("exclusions: {per: month}", "'exclusions' needs 'cap'"),
    ])
  func wrong(text: String, message: String) {
    let large = "<svg>" + String(repeating: " ", count: 256 * 1024)
    let result = load(text, with: ["etc/fake.png": "GIF89a", "etc/large.svg": large])
    #expect(result.file == nil)
    #expect(result.diagnostics.map(\.message) == [message])
  }

  @Test("a token that two entries share is told, and so is a name")
  func sharedTokens() {
    let entry = "{name: a, sha256: \(Self.digest), scopes: [pages]}"
    #expect(
      load("tokens: [\(entry), \(entry)]").diagnostics.map(\.message) == [
        "a token named 'a' is written twice", "'a' has the same token as another entry",
      ])
  }

  @Test("a secret that stands in the place of its hash is not shown", arguments: ["password", "sha256"])
  func hidden(key: String) {
    let text =
      key == "password"
      ? "pages: [{id: a, private: {password: hunter2}}]" : "tokens: [{name: a, sha256: hunter2, scopes: [pages]}]"
    #expect(!load(text).diagnostics.contains { $0.rendered().contains("hunter2") })
  }
}
