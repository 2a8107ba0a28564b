import Model
import ServiceLevels
import Testing

@Suite("Exclusions")
struct ExclusionPlanTests {
  private let start = Timestamp(secondsSinceEpoch: 1_767_225_600)

  private func id(_ text: String) throws -> CheckID { try #require(CheckID(text)) }

  private func span(_ from: Int, _ until: Int) -> Range<Timestamp> { start + .minutes(from)..<start + .minutes(until) }

  private func entry(
    _ id: Int64, _ from: Int, _ until: Int, checks: [String]? = nil, withdraws: Int64? = nil
  ) throws -> Exclusion {
    Exclusion(
      id: id, checks: try checks?.map { try self.id($0) }, from: start + .minutes(from), until: start + .minutes(until),
      reason: "a storm", author: "somebody", recordedAt: start, withdraws: withdraws)
  }

  @Test("of entries that overlap or touch are one")
  func overlaps() throws {
    let plan = ExclusionPlan(
      try [entry(1, 0, 10), entry(2, 5, 20), entry(3, 20, 25), entry(4, 40, 50)], cap: nil)
    #expect(plan.spans(of: try id("any")) == [span(0, 25), span(40, 50)])
  }

  @Test("of one check leave others alone, and stand beside those of all")
  func scopes() throws {
    let plan = ExclusionPlan(try [entry(1, 0, 10), entry(2, 20, 30, checks: ["shop"])], cap: nil)
    #expect(plan.spans(of: try id("shop")) == [span(0, 10), span(20, 30)])
    #expect(plan.spans(of: try id("other")) == [span(0, 10)])
  }

  @Test("that were withdrawn are as if they had never been")
  func withdrawals() throws {
    let plan = ExclusionPlan(try [entry(1, 0, 10), entry(2, 20, 30), entry(3, 0, 10, withdraws: 1)], cap: nil)
    #expect(plan.spans(of: try id("any")) == [span(20, 30)])
    #expect(ExclusionPlan(try [entry(1, 0, 10), entry(2, 0, 10, withdraws: 1)], cap: nil).isEmpty)
  }

  @Test("beyond the cap are not excluded, which is said; older entries are served first")
  func cap() throws {
    let cap = ExclusionCap(limit: .minutes(30), unit: .month)
    // Written in this order, whatever they are about.
    let plan = ExclusionPlan(try [entry(2, 0, 20), entry(1, 100, 120)], cap: cap)
    #expect(plan.spans(of: try id("any")) == [span(0, 10), span(100, 120)])
    #expect(plan.generalRefusals == [ExclusionPlan.Refusal(entry: 2, span: span(10, 20))])
  }

  @Test("count what is excluded already only once against the cap")
  func capAndOverlap() throws {
    let cap = ExclusionCap(limit: .minutes(30), unit: .month)
    let plan = ExclusionPlan(try [entry(1, 0, 20), entry(2, 0, 30)], cap: cap)
    #expect(plan.spans(of: try id("any")) == [span(0, 30)])
    #expect(plan.generalRefusals.isEmpty)
  }

  @Test("are capped in each piece of the calendar for itself")
  func pieces() throws {
    let cap = ExclusionCap(limit: .minutes(30), unit: .day)
    let plan = ExclusionPlan(try [entry(1, 1400, 1500)], cap: cap)
    // The day ends at minute 1440.
    #expect(plan.spans(of: try id("any")) == [span(1400, 1430), span(1440, 1470)])
    #expect(plan.generalRefusals.map(\.span) == [span(1430, 1440), span(1470, 1500)])
  }

  @Test("are told in words, with what is beyond the cap")
  func words() throws {
    let cap = ExclusionCap(limit: .minutes(30), unit: .month)
    let entry = try entry(7, 0, 60, checks: ["shop"])
    #expect(
      ExclusionReport.words(for: entry, plan: ExclusionPlan([entry], cap: cap)) == """
        entry 7 excludes 2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z for shop
        beyond the cap, and not excluded for shop: 2026-01-01T00:30:00Z to 2026-01-01T01:00:00Z

        """)
  }

  @Test("are listed with what became of them", arguments: ReportFormat.allCases)
  func list(format: ReportFormat) throws {
    let entries = try [entry(1, 0, 10), entry(2, 20, 30, checks: ["shop"]), entry(3, 0, 10, withdraws: 1)]
    let text = ExclusionReport(entries, plan: ExclusionPlan(entries, cap: nil)).render(format)
    for words in ["withdrawn by 3", "in force", "withdraws 1", "shop", "somebody", "a storm"] {
      #expect(text.contains(words), "\(words) in \(text)")
    }
  }
}
