import Incidents
import Model
import Testing

@Suite("The incidents of one check")
struct IncidentMachineTests {
  @Test("open with the first of the bad slots, and end where the good ones begin")
  func opensAndCloses() throws {
    let check = try #require(CheckID("shop"))
    var machine = IncidentMachine(policy: .standard)
    let actions = "uddduduu".enumerated().map { index, letter in
      machine.handle(
        SlotVerdict(
          check: check, slotStart: Timestamp(secondsSinceEpoch: Int64(index) * 60),
          interval: .seconds(60), verdict: letter == "u" ? .up : .down))
    }
    #expect(actions[2] == .open(began: Timestamp(secondsSinceEpoch: 60), cause: nil))
    #expect(actions[7] == .close(ended: Timestamp(secondsSinceEpoch: 360)))
    #expect(actions.compactMap(\.self).count == 2)
  }
}
