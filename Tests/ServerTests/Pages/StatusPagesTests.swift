import Dispatch
import Glibc
import Model
import Server
import TestSupport
import Testing

@Suite("Status pages over HTTP")
struct StatusPagesTests {
  /// Of the password "open sesame", with the least cost.
  private static let hash = "$2b$04$BlyTYjUJIVLrsWlcQqf7OeHKf1tIHq6KorrYAymipbSJ3/ED9ALRG"

  private func fixture(_ pages: PageDefinition...) throws -> ServerFixture {
    let fixture = ServerFixture([try .sample("a", group: "shop"), try .sample("b")])
    fixture.access.apply(
      pages: pages, tokens: [APIToken(name: "t", digest: TokenText.digest("right"), scopes: [.pages])])
    return fixture
  }

  private static func page(
    _ id: String, path: String = "/status", host: String? = nil, access: PageAccess = .everybody
  ) -> PageDefinition {
    PageDefinition(
      id: id, path: path, host: host, title: "Page \(id)",
      sections: [PageSection(title: nil, selection: .everything)], access: access)
  }

  @Test("a page, its parts and its feeds are there, each with its type")
  func parts() async throws {
    let fixture = try fixture(Self.page("one"))
    fixture.store.change { state in
      for id in ["a", "b"] { if let id = CheckID(id) { state.tallies[id] = SlotTally(expected: 10, up: 9, down: 1) } }
    }
    try await fixture.serving { client async throws in
      for (path, type) in [
        ("", "text/html; charset=utf-8"), ("/checks/a", "text/html; charset=utf-8"),
        ("/history/2026-01", "text/html; charset=utf-8"), ("/status.json", "application/json"),
        ("/feed.atom", "application/atom+xml; charset=utf-8"), ("/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/calendar.ics", "text/calendar; charset=utf-8"), ("/assets/page.js", "text/javascript; charset=utf-8"),
      ] {
        let answer = try await client.get("/status" + path)
        #expect(answer.status == 200, "\(path)")
        #expect(answer.headers["content-type"] == type)
        #expect(!answer.bytes.isEmpty, "\(path)")
        let head = try await client.send("HEAD", "/status" + path)
        #expect(head.status == 200 && head.bytes.isEmpty)
        #expect(try await client.send("DELETE", "/status" + path).status == 405)
      }
      for path in ["/checks/nothing", "/history/2019-01", "/history/x", "/nothing", "/assets/logo", "/"] {
        let missing = try await client.get("/status" + path)
        #expect(missing.status == 404, "\(path)")
        #expect(missing.headers["content-type"] == "text/html; charset=utf-8")
      }
      #expect(try await client.get("/api/v1/pages").text.contains(#""id":"one""#))
      let json = try await client.get("/api/v1/pages/one")
      #expect(json.bytes == (try await client.get("/status/status.json").bytes))
      #expect(try await client.get("/api/v1/pages/two").status == 404)
    }
  }

  @Test(
    "the first page answers at /status too, and a page of a host is the whole of it, but for the server's own paths")
  func places() async throws {
    let fixture = try fixture(
      Self.page("one", path: "/status/one"), Self.page("two", path: "/", host: "status.example.org"))
    try await fixture.serving { client async throws in
      let moved = try await client.get("/status")
      #expect(moved.status == 302)
      #expect(moved.headers["location"] == "/status/one")
      #expect(try await client.get("/status/one").text.contains("Page one"))
      #expect(!(try await client.get("/").text.contains("Page two")))
      for host in ["status.example.org", "STATUS.example.org:9115"] {
        #expect(try await client.get("/", ["Host": host]).text.contains("Page two"))
        #expect(try await client.get("/status.json", ["Host": host]).status == 200)
        #expect(try await client.get("/health", ["Host": host]).headers["content-type"] == "application/json")
      }
    }
  }

  @Test("what a reader has already is not sent again")
  func validators() async throws {
    try await fixture(Self.page("one")).serving { client async throws in
      for path in ["/status", "/status/status.json", "/status/feed.atom", "/api/v1/checks", "/badges/a/status.svg"] {
        let first = try await client.get(path)
        let tag = try #require(first.headers["etag"])
        for value in [tag, "\"x\", W/\(tag)", "*"] {
          let same = try await client.get(path, ["If-None-Match": value])
          #expect(same.status == 304, "\(path) \(value)")
          #expect(same.bytes.isEmpty)
          #expect(same.headers["etag"] == tag)
        }
        #expect(try await client.get(path, ["If-None-Match": "\"x\""]).status == 200)
      }
    }
  }

  @Test("other sites may read what everybody may, and nothing else")
  func origins() async throws {
    let fixture = try fixture(Self.page("one"), Self.page("own", path: "/own", access: .token))
    try await fixture.serving { client async throws in
      for path in [
        "/api/v1/checks", "/badges/a/status.svg", "/status/status.json", "/status/feed.rss", "/api/v1/pages",
      ] {
        #expect(try await client.get(path).headers["access-control-allow-origin"] == "*", "\(path)")
      }
      let preflight = try await client.send("OPTIONS", "/api/v1/checks")
      #expect(preflight.status == 204)
      #expect(preflight.headers["access-control-allow-methods"] == "GET, HEAD")
      let auth = ["Authorization": "Bearer right"]
      for path in ["/own/status.json", "/own/feed.rss", "/api/v1/pages/own", "/api/v1/pages"] {
        let answer = try await client.get(path, auth)
        #expect(answer.status == 200)
        #expect(answer.headers["access-control-allow-origin"] == nil, "\(path)")
      }
      #expect(try await client.send("OPTIONS", "/api/v1/heartbeats/a").status == 405)
      #expect(try await client.get("/health").headers["access-control-allow-origin"] == nil)
    }
  }

  @Test("a private page shows nothing before the password, and everything after it")
  func password() async throws {
    let fixture = try fixture(Self.page("own", access: .password(hash: Self.hash)))
    try await fixture.serving { client async throws in
      for path in ["", "/checks/a", "/checks/nothing", "/nothing"] {
        let closed = try await client.get("/status" + path)
        #expect(closed.status == 401, "\(path)")
        #expect(closed.text.contains("password"))
      }
      #expect(try await client.get("/status/status.json").headers["content-type"] == "application/problem+json")
      #expect(try await client.get("/api/v1/pages").text == "{\"pages\":[]}\n")
      #expect(try await client.get("/api/v1/pages/own").status == 404)

      let form = ["Content-Type": "application/x-www-form-urlencoded"]
      #expect(try await client.post("/status/sign-in", "password=closed", form).status == 401)
      #expect(try await client.post("/status/sign-in", "{}").status == 415)
      let opened = try await client.post("/status/sign-in", "password=open+sesame", form)
      #expect(opened.status == 303)
      #expect(opened.headers["location"] == "/status")
      let cookie = try #require(opened.headers["set-cookie"])
      #expect(cookie.hasSuffix("; Path=/status; Max-Age=604800; HttpOnly; SameSite=Lax"))
      let value = String(cookie.prefix { $0 != ";" })
      #expect(try await client.get("/status", ["Cookie": "x=y; \(value)"]).status == 200)
      #expect(
        try await client.get("/status/status.json", ["Cookie": value]).headers["cache-control"] == "private, no-cache")
      #expect(try await client.get("/status", ["Cookie": value + "0"]).status == 401)
      #expect(try await client.get("/status", ["Cookie": value.replacing("=1", with: "=2")]).status == 401)
      fixture.time.advance(by: .seconds(7 * 86_400))
      #expect(try await client.get("/status", ["Cookie": value]).status == 401)
    }
  }

  @Test("a link with a token becomes a cookie, and the token leaves the address")
  func link() async throws {
    let fixture = try fixture(Self.page("own", access: .token))
    try await fixture.serving { client async throws in
      #expect(try await client.get("/status?token=wrong").status == 401)
      let opened = try await client.get("/status?token=right")
      #expect(opened.status == 303)
      #expect(opened.headers["location"] == "/status")
      let cookie = try #require(opened.headers["set-cookie"])
      let value = String(cookie.prefix { $0 != ";" })
      #expect(!cookie.contains("right"))
      #expect(try await client.get("/status", ["Cookie": value]).status == 200)
      #expect(try await client.get("/status/feed.atom?token=right").status == 200)
      #expect(try await client.get("/status", ["Authorization": "Bearer right"]).status == 200)
      fixture.access.apply(pages: fixture.access.edition.pages, tokens: [])
      #expect(try await client.get("/status", ["Cookie": value]).status == 401)
    }
  }

  @Test("whoever guesses a password is slowed down")
  func guessing() async throws {
    let fixture = try fixture(Self.page("own", access: .password(hash: Self.hash)))
    try await fixture.serving { client async throws in
      let form = ["Content-Type": "application/x-www-form-urlencoded"]
      var last: HTTPAnswer?
      for number in 0..<11 { last = try await client.post("/status/sign-in", "password=\(number)", form) }
      #expect(last?.status == 429)
      #expect(last?.headers["retry-after"] == "3")
      fixture.time.advance(by: .seconds(3))
      #expect(try await client.post("/status/sign-in", "password=open+sesame", form).status == 303)
    }
  }

  @Test("live events begin with what holds, and end with the server")
  func events() async throws {
    let socket = try await fixture(Self.page("one")).serving { client async throws -> Int32 in
      let socket = try client.stall("/status/events")
      let head = await Self.read(socket, until: "\r\n\r\n")
      #expect(head.hasPrefix("HTTP/1.1 200"))
      #expect(head.lowercased().contains("content-type: text/event-stream"))
      #expect(try await client.send("HEAD", "/status/events").status == 200)
      return socket
    }
    // Chunks, and then the end: the server waits for no reader.
    let rest = await Self.read(socket, until: "\r\n0\r\n\r\n")
    #expect(rest.hasSuffix("0\r\n\r\n"))
    close(socket)
  }

  @Test("an incident of what a page does not show is not told")
  func incidents() async throws {
    var page = Self.page("one")
    let (shown, hidden) = (try #require(CheckID("a")), try #require(CheckID("b")))
    page.sections = [PageSection(title: nil, selection: .chosen([shown]))]
    let fixture = try fixture(page)
    for (check, title) in [(shown, "Told"), (hidden, "Hidden")] {
      _ = try await fixture.records.insert(
        Incident(
          origin: .automatic, check: check, title: title,
          impacts: [Impact(check: shown == check ? shown : hidden, level: .major)], began: fixture.time.now,
          opened: fixture.time.now))
    }
    try await fixture.serving { client async throws in
      let json = try await client.get("/status/status.json").text
      #expect(json.contains("Told"))
      #expect(!json.contains("Hidden"))
    }
  }

  /// On a thread of its own: the server under test needs those of the cooperative pool.
  private static func read(_ socket: Int32, until end: String) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "reader").async {
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix(end), recv(socket, &byte, 1, 0) == 1 { text.unicodeScalars.append(UnicodeScalar(byte)) }
        continuation.resume(returning: text)
      }
    }
  }
}
