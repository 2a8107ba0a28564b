import Model
import Scenarios
import Synchronization

/// The scenario in force, swapped as a whole when files are reloaded.
final class CurrentScenario: Sendable {
  private struct Content {
    var scenario: Scenario
    /// Where each check stands among the scenario's.
    var places: [CheckID: Int]
    var edition = 1
  }

  /// What is masked in everything that is written from now on.
  let masks: Masks
  private let content: Mutex<Content>

  init(_ scenario: Scenario) {
    masks = Masks(scenario.redactor)
    content = Mutex(Self.content(of: scenario))
  }

  /// The scenario as a whole.
  var scenario: Scenario { content.withLock { $0.scenario } }

  /// Counts scenarios, from 1 on.
  var edition: Int { content.withLock { $0.edition } }

  /// One check with what it runs; nil when it has left the files.
  func check(_ id: CheckID) -> ScenarioCheck? {
    content.withLock { content in content.places[id].map { content.scenario.checks[$0] } }
  }

  /// Puts another scenario in force.
  func replace(with scenario: Scenario) {
    masks.add(scenario.redactor)
    let new = Self.content(of: scenario)
    content.withLock { content in
      let edition = content.edition + 1
      content = new
      content.edition = edition
    }
  }

  private static func content(of scenario: Scenario) -> Content {
    Content(
      scenario: scenario,
      places: Dictionary(scenario.checks.enumerated().map { ($1.check.id, $0) }) { first, _ in first })
  }
}
