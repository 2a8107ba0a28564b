import Model
import Server
import TestSupport
import Testing

@Suite("What is held of a check over its regions")
struct StandingTests {
  @Test(
    "regions are combined as slots are",
    arguments: [
      (["eu": Verdict.down, "us": .up], "degraded"), (["eu": .down, "us": .down], "down"),
      (["eu": .up, "us": .unknown], "up"), (["eu": .unknown, "us": .unknown], "unknown"),
      (["eu": .down, "us": .down, "ap": .up], "down"),
    ])
  func combined(_ verdicts: [String: Verdict], _ expected: String) async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    for (region, verdict) in verdicts {
      fixture.record(
        check, verdict, region: region, reason: verdict == .up ? nil : Reason(code: .timeout, message: "too slow"))
    }
    try await fixture.serving { client async throws in
      let text = try await client.get("/api/v1/checks/a").text
      #expect(text.contains("\"line\":4,\"verdict\":\"\(expected)\""))
    }
  }

  @Test("a region whose runs are overdue has no say while another one has")
  func overdueRegion() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.record(check, .down, slotsAgo: 10, region: "us", reason: Reason(code: .timeout, message: "too slow"))
    fixture.record(check, .up, region: "eu")
    try await fixture.serving { client async throws in
      let text = try await client.get("/api/v1/checks/a").text
      #expect(text.contains("\"line\":4,\"verdict\":\"up\""))
      #expect(text.contains("{\"region\":\"us\",\"verdict\":\"down\",\"overdue\":true"))
    }
  }

  @Test("a check none of whose runs came in time is unknown, whatever it was")
  func allOverdue() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    fixture.record(check, .up)
    fixture.time.advance(by: .seconds(130))
    try await fixture.serving { client async throws in
      let text = try await client.get("/api/v1/checks/a").text
      #expect(text.contains("\"verdict\":\"unknown\""))
      #expect(text.contains("no run has come in, though one is due every 30 s"))
    }
  }

  @Test("after a restart the last stored run speaks, until a run comes in")
  func stored() async throws {
    let check = try Check.sample("a")
    let fixture = ServerFixture([check])
    let slot = check.grid.slot(at: fixture.time.now)
    fixture.store.change {
      $0.lastRuns = [
        HistoryRun(
          check: check.id, region: "eu", slotStart: slot.start, interval: .seconds(30), duration: .milliseconds(5),
          verdict: .down, reason: HistoryReason(code: .connectRefused))
      ]
    }
    try await fixture.serving { client async throws in
      let before = try await client.get("/api/v1/checks/a").text
      #expect(before.contains("\"reason\":{\"code\":\"connect_refused\",\"message\":\"the connection was refused\"}"))
      fixture.record(check, .up)
      #expect(try await client.get("/api/v1/checks/a").text.contains("\"line\":4,\"verdict\":\"up\""))
    }
  }
}
