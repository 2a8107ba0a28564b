import Foundation
import Model
import ServiceLevels
import StatusPages
import Testing

@Suite("Badges")
struct BadgeTests {
  @Test(
    "say what holds",
    arguments: [(PageState.up, "up", Badge.Tone.good), (.down, "down", .bad), (.degraded, "degraded", .poor)])
  func status(state: PageState, message: String, tone: Badge.Tone) {
    let badge = Badge.status(label: "Shop", state: state)
    #expect(badge.message == message)
    #expect(badge.tone == tone)
  }

  @Test(
    "are green while the promise is kept, exactly",
    arguments: [
      (995, 1000, Badge.Tone.good), (9949, 10_000, .poor), (990, 1000, .poor), (9899, 10_000, .bad),
      (1000, 1000, .good),
    ])
  func uptime(good: Int, all: Int, tone: Badge.Tone) {
    #expect(Badge.uptime(label: "", availability: Ratio(good, of: all), objective: 0.995).tone == tone)
  }

  @Test("are judged by the promised response time where there is one")
  func latency() {
    #expect(Badge.latency(label: "", p95: .milliseconds(300)).tone == .good)
    #expect(Badge.latency(label: "", p95: .milliseconds(300), limit: .milliseconds(200)).tone == .poor)
    #expect(Badge.latency(label: "", p95: .milliseconds(500), limit: .milliseconds(200)).tone == .bad)
    #expect(Badge.latency(label: "", p95: nil).message == "no data")
  }

  @Test("are the picture that they were")
  func golden() {
    let svg = String(decoding: Badge.status(label: "Shop", state: .up).svg(), as: UTF8.self)
    #expect(
      svg == """
        <svg xmlns="http://www.w3.org/2000/svg" height="20" role="img" width="67" viewBox="0 0 67 20" aria-label="Shop: up">\
        <title>Shop: up</title><clipPath id="r"><rect height="20" rx="4" fill="#fff" width="67"/></clipPath>\
        <g clip-path="url(#r)"><rect height="20" fill="#30383e" width="41"/>\
        <rect height="20" x="41" width="26" fill="#1b7350"/></g>\
        <g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" \
        text-rendering="geometricPrecision"><text y="14" x="6" textLength="29">Shop</text>\
        <text y="14" x="47" textLength="14">up</text></g></svg>

        """)
  }

  @Test("are XML, whatever they are about", arguments: Hostile.names)
  func hostile(name: String) throws {
    let badge = Badge.status(label: name, state: .down)
    let parser = XMLNames(badge.svg())
    #expect(parser.isWellFormed)
    #expect(parser.elements.isSubset(of: ["svg", "title", "clipPath", "rect", "g", "text"]))
    let json = try #require(try JSONSerialization.jsonObject(with: Data(badge.shields())) as? [String: Any])
    #expect(json["schemaVersion"] as? Int == 1)
    #expect(json["message"] as? String == "down")
    #expect(json["label"] is String)
  }

  @Test("tell shields.io when there is nothing of the name")
  func missing() throws {
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(Badge.missing(label: "x").shields())) as? [String: Any])
    #expect(json["isError"] as? Bool == true)
  }

  @Test("are as wide as their words")
  func width() {
    #expect(TextWidth.pixels("") == 0)
    #expect(TextWidth.pixels("iiii") < TextWidth.pixels("mmmm"))
    #expect(TextWidth.pixels("99.95%") == 44)
  }
}
