import Documents
import Journeys
import Model
import Scenarios
import TestSupport
import Testing

@Suite("A check that probes with a module")
struct ModuleTests {
  private func run(_ module: String, _ observation: Observation) async throws -> Run {
    let text = "version: 1\nchecks:\n  - id: a\n    module: \(module)\n"
    let result = ScenarioLoader(environment: [:], capabilities: Capabilities(modules: PageModules()))
      .load(paths: ["-"], standardInput: Array(text.utf8))
    let check = try #require(result.scenario?.checks.first, "\(result.diagnostics)")
    let time = ManualTime()
    let runner = JourneyRunner(
      prober: ScriptedProber(observation), time: time, masks: Masks(.none), region: "eu", node: "node-1",
      detail: .everything)
    return await runner.run(check, slot: check.check.grid.slot(at: time.now), budget: nil)
  }

  @Test("is up where the module's conditions hold, whatever the prober's defaults say")
  func holds() async throws {
    #expect(try await run("{name: absent, target: shop.example}", .http(404)).verdict == .up)
  }

  @Test("is down where they do not, in the module's words")
  func fails() async throws {
    let run = try await run("{name: page, target: shop.example}", .http(404))
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.reason?.message == "not the status of the module")
  }

  @Test("is held to what is expected beside the module too")
  func expects() async throws {
    let run = try await run("{name: page, target: shop.example, expect: [size > 0]}", .http(200))
    #expect(run.verdict == .down)
    #expect(run.reason?.message.hasPrefix("size is 0") == true)
  }

  @Test("is unknown where the fault is ours")
  func ours() async throws {
    let run = try await run("{name: page, target: shop.example}", .failed(.internal, during: .resolve, "no loop"))
    #expect(run.verdict == .unknown)
  }
}
