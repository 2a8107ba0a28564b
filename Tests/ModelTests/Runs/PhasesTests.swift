import Model
import Testing

@Suite("The phases of an exchange")
struct PhasesTests {
  @Test("are together the elapsed time, each under its own name")
  func total() {
    var phases = Phases()
    for (place, phase) in Phase.allCases.enumerated() { phases[phase] = .milliseconds(1 << place) }
    #expect(Phase.allCases.map { phases[$0] } == [1, 2, 4, 8, 16].map { .milliseconds($0) })
    #expect(phases.total == .milliseconds(31))
    #expect(
      phases
        == Phases(
          resolve: .milliseconds(1), connect: .milliseconds(2), tls: .milliseconds(4), wait: .milliseconds(8),
          receive: .milliseconds(16)))
    #expect(Facts(phases: phases, detail: .tls).elapsed == .milliseconds(31))
  }

  @Test("of two exchanges after one another add up, phase by phase")
  func sum() {
    let one = Phases(resolve: .milliseconds(1), wait: .milliseconds(2))
    let two = Phases(connect: .milliseconds(4), wait: .milliseconds(8), receive: .milliseconds(16))
    #expect(
      one + two
        == Phases(
          resolve: .milliseconds(1), connect: .milliseconds(4), wait: .milliseconds(10), receive: .milliseconds(16)))
  }
}

@Suite("A verdict")
struct VerdictTests {
  @Test("over several is the worst; what is known to be down outweighs what is not known")
  func worst() {
    #expect(Verdict.worst([]) == .up)
    #expect(Verdict.worst([.up, .degraded]) == .degraded)
    #expect(Verdict.worst([.degraded, .unknown, .up]) == .unknown)
    #expect(Verdict.worst([.unknown, .down, .unknown]) == .down)
  }

  @Test("follows from every reason, and never is up", arguments: ReasonCode.allCases)
  func ofReason(code: ReasonCode) {
    let expected: Verdict =
      switch code {
      case .warning, .retried, .regional: .degraded
      case .templateFailed, .internal, .nodeOffline, .nodeSick, .blind, .cancelled, .notPermitted: .unknown
      case .expectationFailed, .captureFailed, .resolveFailed, .connectRefused, .connectFailed, .tlsFailed,
        .certificateInvalid, .timeout, .protocolError, .bodyTooLarge, .tooManyRedirects, .exitCode,
        .heartbeatMissed, .heartbeatFailed, .quorum:
        .down
      }
    #expect(code.verdict == expected)
  }
}
