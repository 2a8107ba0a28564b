import Model
import Regions
import Testing

@Suite("A second opinion")
struct SecondOpinionTests {
  private func region(_ name: String, _ provider: String?, _ continent: String? = nil, isLive: Bool = true) -> FleetRegion {
    var labels: [String: String] = [:]
    labels["provider"] = provider
    labels["continent"] = continent
    return FleetRegion(name: name, labels: labels, isLive: isLive)
  }

  private func asked(_ expected: [FleetRegion], of all: [FleetRegion]) throws -> [String] {
    SecondOpinion.regions(besides: expected[0], expected: expected, all: all + expected, for: try .named("shop"))
  }

  @Test("comes from the region that differs most, and never from one that fails together with the first")
  func farthest() throws {
    let all = [
      region("same", "a", "eu"), region("provider", "b", "eu"), region("both", "b", "us"),
      region("gone", "c", "as", isLive: false),
    ]
    #expect(try asked([region("here", "a", "eu")], of: all) == ["both", "provider"])
  }

  @Test("is not asked for where enough regions of different places vote, or nothing is known of their places")
  func enough() throws {
    let other = region("other", "z", "af")
    #expect(try asked([region("a", "a"), region("b", "b"), region("c", "a")], of: [other]) == [])
    #expect(try asked([region("a", nil), region("b", nil), region("c", nil)], of: [other]) == [])
  }

  @Test("is asked for where all regions stand in one place, or are only two")
  func tooFew() throws {
    let other = region("other", "z")
    #expect(try asked([region("a", "a"), region("b", "a"), region("c", "a")], of: [other]) == ["other"])
    #expect(try asked([region("a", "a"), region("b", "b")], of: [other]) == ["other"])
    #expect(try asked([region("a", "a"), region("b", "b")], of: []) == [])
  }

  @Test("comes from any other region where places are not told")
  func unlabelled() throws {
    #expect(try asked([region("a", nil)], of: [region("b", nil)]) == ["b"])
  }
}
