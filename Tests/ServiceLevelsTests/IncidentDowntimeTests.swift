import Model
import ServiceLevels
import Testing

@Suite("Downtime by incidents")
struct IncidentDowntimeTests {
  private let start = Timestamp(secondsSinceEpoch: 1_767_225_600)

  private func incident(
    _ from: Int, _ until: Int?, _ level: Impact.Level = .major, check: String = "shop"
  ) throws -> Incident {
    let id = try #require(CheckID(check))
    return Incident(
      origin: .automatic, check: id, title: "", impacts: [Impact(check: id, level: level)],
      state: until == nil ? .investigating : .resolved, began: start + .minutes(from), opened: start + .minutes(from),
      ended: until.map { start + .minutes($0) })
  }

  private func minutes(_ incidents: [Incident]) throws -> Double {
    let shop = try #require(CheckID("shop"))
    return IncidentDowntime.downtime(of: shop, in: incidents, from: start, to: start + .minutes(100)).seconds / 60
  }

  @Test("counts times that overlap once")
  func overlaps() throws {
    #expect(try minutes([incident(10, 30), incident(20, 40), incident(60, 70)]) == 40)
  }

  @Test("is cut to the window, and an open one lasts to its end")
  func clipped() throws {
    #expect(try minutes([incident(-50, 10), incident(95, 200)]) == 15)
    #expect(try minutes([incident(90, nil)]) == 10)
    #expect(try minutes([incident(-50, -10), incident(100, 200)]) == 0)
  }

  @Test("leaves out what only hurts others, and what merely degrades")
  func others() throws {
    #expect(
      try minutes([incident(10, 30, check: "other"), incident(10, 30, .degraded), incident(40, 45, .partial)]) == 5)
  }

  @Test("gives the share of time beside that of slots")
  func share() {
    let ratio = IncidentDowntime.availability(downtime: .minutes(10), from: start, to: start + .minutes(100))
    #expect(ratio?.percentage == "90.000%")
    #expect(IncidentDowntime.availability(downtime: .zero, from: start, to: start) == nil)
  }
}
