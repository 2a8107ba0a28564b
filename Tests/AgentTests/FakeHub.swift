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
    var progress = SpoolProgress()
    /// First numbers of the batches, in the order in which they came.
    var batches: [Int64] = []
    var gaps = 0
    /// Numbers of runs that are refused, as a hub refuses a whole batch for one of its runs.
    var poison: Set<Int64> = []
    /// Beats of a node that leaves are answered when this ends.
    var holdsFarewells = false
    /// What the hub says that it has, and how much it added, in place of what is so.
    var claim: BatchReply?
    /// How far the hub's clock is ahead of the node's.
    var ahead = Duration.zero
  }

  private let state = Mutex(State())
  private let time: any TimeSource
  /// What its clock showed at uptime zero: nobody sets it.
  private let origin: Timestamp

  init(_ time: any TimeSource) {
    self.time = time
    origin = time.now - time.uptime
  }

  var seen: State { state.withLock { $0 } }

  func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  private var hubTime: Int64 { (origin + time.uptime + seen.ahead).millisecondsSinceEpoch }

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
      return Admission(state.progress, hubTime: hubTime)
    }
  }

  func beat(_ beat: Beat) async throws(LinkFault) -> BeatReply {
    try check()
    state.withLock { $0.beats.append(beat) }
    while beat.isLeaving, seen.holdsFarewells, !Task.isCancelled { await Task.yield() }
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
    if let bad = seen.poison.sorted().first(where: { (batch.first...batch.last).contains($0) }) {
      throw .refused(.foreignRegion, "run \(bad) is another region's", acknowledged: nil)
    }
    if let claim = seen.claim { return claim }
    let summary: IngestSummary? = state.withLock { state in
      state.batches.append(batch.first)
      guard let (fresh, replayed) = try? state.progress.take(batch) else {
        state.gaps += 1
        return nil
      }
      for (number, run) in zip(batch.first..., batch.runs) where state.stored[number] == nil {
        state.stored[number] = run
      }
      return IngestSummary(progress: state.progress, added: fresh.count, replayed: replayed)
    }
    guard let summary else { throw .refused(.gap, "gap", acknowledged: seen.progress.acknowledged) }
    if seen.losesAnswers { throw .unreachable("the connection was cut") }
    return BatchReply(summary)
  }
}
