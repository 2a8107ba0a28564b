import Agent
import Fleet
import Model
import Synchronization

/// A hub in the process: stores what it is sent as a real one does, and can be taken away.
final class FakeHub: HubLink {
  struct State {
    var isAway = false
    /// Answers to pushes are lost on their way, though the runs are stored.
    var losesAnswers = false
    var refusal: FleetProtocol.Refusal?
    var registrations: [Registration] = []
    var beats: [Beat] = []
    var questions: [WorkQuestion] = []
    /// What the next question is answered with.
    var work: [WorkReply] = []
    /// Everything that is stored, by number.
    var stored: [Int64: FleetRun] = [:]
    var acknowledged: Int64 = 0
    var batches = 0
    var gaps = 0
    /// How far the hub's clock is ahead of the node's.
    var ahead = Duration.zero
  }

  private let state = Mutex(State())
  private let time: any TimeSource

  init(_ time: any TimeSource) {
    self.time = time
  }

  var seen: State { state.withLock { $0 } }

  func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  private var hubTime: Int64 { (time.now + seen.ahead).millisecondsSinceEpoch }

  private func check() throws(LinkFault) {
    let (isAway, refusal) = state.withLock { ($0.isAway, $0.refusal) }
    if isAway { throw .unreachable("no route to the hub") }
    if let refusal { throw .refused(refusal, "refused", acknowledged: nil) }
  }

  func register(_ registration: Registration) async throws(LinkFault) -> Admission {
    try check()
    let hubTime = hubTime
    return state.withLock { state in
      state.registrations.append(registration)
      return Admission(acknowledged: state.acknowledged, hubTime: hubTime)
    }
  }

  func beat(_ beat: Beat) async throws(LinkFault) -> BeatReply {
    try check()
    state.withLock { $0.beats.append(beat) }
    return BeatReply(hubTime: hubTime)
  }

  func work(_ question: WorkQuestion) async throws(LinkFault) -> WorkReply {
    try check()
    let hubTime = hubTime
    return state.withLock { state in
      state.questions.append(question)
      return state.work.isEmpty ? WorkReply(hubTime: hubTime) : state.work.removeFirst()
    }
  }

  func push(_ batch: SpoolBatch) async throws(LinkFault) -> BatchReply {
    try check()
    let summary: IngestSummary? = state.withLock { state in
      state.batches += 1
      guard batch.first <= max(state.acknowledged, batch.oldest - 1) + 1 else {
        state.gaps += 1
        return nil
      }
      var summary = IngestSummary(acknowledged: 0)
      for (offset, run) in batch.runs.enumerated() {
        let number = batch.first + Int64(offset)
        guard number > state.acknowledged else {
          summary.replayed += 1
          continue
        }
        state.stored[number] = run
        summary.added += 1
      }
      state.acknowledged = max(state.acknowledged, batch.last)
      summary.acknowledged = state.acknowledged
      return summary
    }
    guard let summary else { throw .refused(.gap, "gap", acknowledged: seen.acknowledged) }
    if seen.losesAnswers { throw .unreachable("the connection was cut") }
    return BatchReply(summary)
  }
}
