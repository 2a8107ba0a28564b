package import Expressions
import Synchronization

/// What the steps of one journey see while it goes on: the variables of the run, and over them what rows, fragments, captures
/// and `set` gave. One for each row, and for each attempt of all steps.
package final class JourneyScope: Sendable {
  private let journey: Journey
  private let run: RunScope
  private let frames: Mutex<[Int: RunScope]>

  /// A scope in which nothing has happened yet.
  ///
  /// - Parameters:
  ///   - run: computes the variables that are the same in all attempts and rows.
  ///   - row: which row of `each`, counted from 0; nil without rows.
  package init(journey: Journey, run: RunScope, row: Int? = nil) {
    self.journey = journey
    self.run = run
    frames = Mutex([0: run])
  }

  /// What the templates and expressions of a step see. The first step of a use of a fragment evaluates what the fragment is
  /// given.
  package func scope(of step: JourneyStep) throws(TemplateFailure) -> RunScope {
    frames.withLock { $0[step.frame] } ?? run
  }

  /// Gives a variable the value that a step captured or computed.
  package func assign(_ value: Value, to name: String, by step: JourneyStep) {}

  /// Lets later steps see what this one saw, under `steps`.
  package func record(_ facts: Value, of step: JourneyStep) {}
}
