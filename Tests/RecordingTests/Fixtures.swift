import Model

/// A moment for runs to begin.
let epoch = Timestamp(secondsSinceEpoch: 1_767_225_600)

struct InvalidCheckID: Error {
  let text: String
}

func makeID(_ text: String) throws -> CheckID {
  guard let id = CheckID(text) else { throw InvalidCheckID(text: text) }
  return id
}

func makeCheck(
  _ id: String, name: String? = nil, group: String? = nil, labels: [String: String] = [:], kind: ProbeKind = .http,
  isEnabled: Bool = true
) throws -> Check {
  Check(
    id: try makeID(id), name: name, group: group, labels: labels, kind: kind, isEnabled: isEnabled,
    location: SourceLocation(file: "checks.yaml", line: 1, column: 1))
}

/// The run of slot number `slot`, which began so long after `epoch` in minutes.
func makeRun(
  _ id: String, slot: Int64 = 0, region: String = "eu", lag: Duration = .milliseconds(2),
  duration: Duration = .milliseconds(250), reason: ReasonCode? = nil, isInMaintenance: Bool = false,
  steps: [StepResult] = [], cleanup: [StepResult] = []
) throws -> Run {
  let start = epoch + .minutes(Int(slot))
  return Run(
    check: try makeID(id), region: region, node: "node-1",
    slot: Slot(number: slot, start: start, interval: .seconds(60)), started: start + lag, lag: lag, duration: duration,
    verdict: reason?.verdict ?? .up, reason: reason.map { Reason(code: $0, message: "it was so") },
    traceID: "4bf92f3577b34da6a3ce929d0e0e4736", isInMaintenance: isInMaintenance, steps: steps, cleanup: cleanup)
}

func makeStep(
  _ name: String, verdict: Verdict? = .up, phases: Phases? = nil, certificateEnds: Timestamp? = nil,
  measures: [String: Double] = [:]
) -> StepResult {
  let tls = certificateEnds.map { end in
    TLSFacts(
      version: "TLSv1.3",
      chain: [
        Certificate(
          subject: "CN=shop.example", issuer: "CN=Test", serial: "01", names: ["shop.example"], notBefore: epoch,
          notAfter: end, fingerprintSHA256: "", key: "EC P-256", signature: "ECDSA-SHA256")
      ])
  }
  return StepResult(
    name: name, kind: .tls, verdict: verdict, started: epoch, duration: phases?.total ?? .zero,
    facts: phases.map { Facts(phases: $0, tls: tls, detail: .tls) }, measures: measures)
}

func makeMissed(_ id: String, _ cause: MissedSlots.Cause, count: Int64 = 1) throws -> MissedSlots {
  let id = try makeID(id)
  return MissedSlots(
    check: id, grid: SlotGrid(check: id, interval: .seconds(60)), numbers: 9...8 + count, cause: cause)
}
