import Model
import Scenarios
import Synchronization

/// The scenario in force, swapped as a whole when files are reloaded.
final class CurrentScenario: Sendable {
  private struct Content {
    var scenario: Scenario
    var byID: [CheckID: ScenarioCheck]
  }

  private let content: Mutex<Content>

  init(_ scenario: Scenario) {
    content = Mutex(Self.content(of: scenario))
  }

  /// The scenario as a whole.
  var scenario: Scenario { content.withLock { $0.scenario } }

  /// One check with what it runs; nil when it has left the files.
  func check(_ id: CheckID) -> (check: ScenarioCheck, redactor: Redactor)? {
    content.withLock { content in
      content.byID[id].map { ($0, content.scenario.redactor) }
    }
  }

  /// Puts another scenario in force.
  func replace(with scenario: Scenario) {
    let new = Self.content(of: scenario)
    content.withLock { $0 = new }
  }

  private static func content(of scenario: Scenario) -> Content {
    Content(scenario: scenario, byID: Dictionary(scenario.checks.map { ($0.check.id, $0) }) { first, _ in first })
  }
}
