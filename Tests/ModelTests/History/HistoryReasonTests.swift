import Model
import Testing

@Suite("A reason as history keeps it")
struct HistoryReasonTests {
  @Test("has a message within its bound, cut between two characters", arguments: 0...4)
  func bounded(before: Int) {
    let message = String(repeating: "x", count: HistoryReason.messageBytes - before) + "äöü€𝄞"
    let kept = HistoryReason(code: .timeout, message: message).message
    #expect(message.hasPrefix(kept))
    #expect(kept.utf8.count <= HistoryReason.messageBytes)
    #expect(kept.utf8.count > HistoryReason.messageBytes - 2)
  }

  @Test("has a short message as it is")
  func short() {
    #expect(HistoryReason(code: .timeout, message: "no answer").message == "no answer")
  }
}
