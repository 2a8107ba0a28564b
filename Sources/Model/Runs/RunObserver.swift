/// Whoever wants to see a run while it goes on: the live view of `curlew check`, and `--curl`. Called on the path of a run,
/// so it neither blocks nor throws.
package protocol RunObserver: Sendable {
  /// An attempt is about to be made: its templates are evaluated, and nothing is sent yet.
  func attemptBegins(_ attempt: StepAttempt)
}

/// One attempt of one step, before it is made. Nothing in it is masked.
package struct StepAttempt: Sendable {
  /// Which check.
  package var check: CheckID
  /// Which step; the check's id for a plain check.
  package var step: String
  /// Which attempt of the step, counted from 1.
  package var number: Int
  /// What is sent; nil for a step without a probe.
  package var spec: ProbeSpec?
  /// The W3C `traceparent` that goes along, or nil.
  package var traceparent: String?
  /// The folder that relative paths in the spec start from.
  package var folder: String

  /// An attempt with everything said.
  package init(
    check: CheckID, step: String, number: Int, spec: ProbeSpec?, traceparent: String?, folder: String = "."
  ) {
    self.check = check
    self.step = step
    self.number = number
    self.spec = spec
    self.traceparent = traceparent
    self.folder = folder
  }
}
