import Fleet
import Hub
import Model
import TestSupport
import Testing

@Suite struct PlanTests {
  private let now = ManualTime().now

  /// A run of a check as a version of the configuration made it.
  private func run(
    _ check: Check, by configuration: Int64, interval: Duration? = nil, region: String = "eu-west"
  ) -> FleetRun {
    let interval = interval ?? check.interval
    let start = SlotGrid(check: check.id, interval: interval).slot(at: now).start
    return FleetRun(
      run: HistoryRun(
        check: check.id, region: region, node: "probe-1",
        slotStart: Timestamp(millisecondsSinceEpoch: start.millisecondsSinceEpoch), interval: interval,
        duration: nil, verdict: .up), configuration: configuration, epoch: 1)
  }

  private func check(every interval: Duration, regions: [String]? = nil, isEnabled: Bool = true) -> Check {
    var check = FixedSupply.check("shop", regions: regions)
    check.interval = interval
    check.isEnabled = isEnabled
    return check
  }

  @Test func `runs of a version before are held against what that version said`() {
    let old = HubPlan([check(every: .seconds(30), regions: ["eu-west"])], configuration: 2).following(
      HubPlan(), at: now)
    let plan = HubPlan([check(every: .seconds(60))], configuration: 3).following(old, at: now)
    let (slow, quick) = (check(every: .seconds(60)), check(every: .seconds(30)))
    #expect(plan.check(of: run(slow, by: 3), at: now) == slow.id)
    #expect(plan.check(of: run(quick, by: 3), at: now) == nil)
    #expect(plan.check(of: run(quick, by: 2), at: now) == slow.id)
    #expect(plan.check(of: run(slow, by: 2), at: now) == nil)
    #expect(plan.check(of: run(slow, by: 2, interval: .milliseconds(1)), at: now) == nil)
    #expect(plan.check(of: run(quick, by: 2, region: "us-east"), at: now) == nil)
  }

  @Test func `a check that is disabled or has another id now is known to those who were cut off`() {
    let old = HubPlan([FixedSupply.shop, FixedSupply.check("page")], configuration: 2)
    var front = FixedSupply.check("front")
    front.movedFrom = CheckID("page")
    let next = HubPlan([check(every: .seconds(60), isEnabled: false), front], configuration: 3).following(old, at: now)
    #expect(next.check(of: run(FixedSupply.shop, by: 2), at: now) == FixedSupply.shop.id)
    #expect(next.check(of: run(FixedSupply.shop, by: 3), at: now) == nil)
    #expect(next.check(of: run(FixedSupply.check("page"), by: 2), at: now) == front.id)
    // The id before the last one too, and not one that another check has taken.
    var entry = FixedSupply.check("entry")
    entry.movedFrom = front.id
    let last = HubPlan([entry], configuration: 4).following(next, at: now)
    #expect(last.check(of: run(FixedSupply.check("page"), by: 2), at: now) == entry.id)
    #expect(last.check(of: run(FixedSupply.shop, by: 2), at: now) == nil)
    let taken = HubPlan([entry, FixedSupply.check("page")], configuration: 5).following(last, at: now)
    #expect(taken.check(of: run(FixedSupply.check("page"), by: 2), at: now) == CheckID("page"))
  }

  @Test func `of a version that is not known here runs are taken for a day, with intervals that checks have`() {
    let plan = HubPlan([FixedSupply.shop], configuration: 9).following(HubPlan(), at: now)
    let known = FixedSupply.shop
    #expect(plan.check(of: run(known, by: 4, interval: .seconds(30)), at: now) == known.id)
    #expect(plan.check(of: run(known, by: 4, interval: .milliseconds(1)), at: now) == nil)
    #expect(plan.check(of: run(known, by: 4, interval: .days(366)), at: now) == nil)
    let later = HubPlan([known], configuration: 10).following(plan, at: now + .days(1) + .seconds(1))
    #expect(later.check(of: run(known, by: 4), at: now + .days(1) + .seconds(1)) == nil)
    #expect(later.check(of: run(known, by: 9), at: now + .days(1) + .seconds(1)) == known.id)
  }

  @Test func `versions of another database say nothing of this one's`() {
    let old = HubPlan([check(every: .seconds(30))], configuration: 7).following(HubPlan(), at: now)
    let plan = HubPlan([FixedSupply.shop], configuration: 1).following(old, at: now)
    #expect(plan.check(of: run(FixedSupply.shop, by: 7), at: now) == FixedSupply.shop.id)
  }
}
