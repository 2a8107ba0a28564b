import Documents
import Model
import Scenarios
import TestSupport
import Testing

@Suite("A module in a scenario")
struct ModuleLoadingTests {
  private func load(_ check: String) -> LoadResult {
    ScenariosTests.load(
      ["shop.yaml": "version: 1\nvariables: {host: shop.example}\nchecks:\n  - id: a\n    \(check)\n"],
      capabilities: Capabilities(modules: PageModules()))
  }

  @Test("gives the prober what the module makes of the target, templates rendered")
  func target() throws {
    let result = load("module: {name: page, target: '${host}/stock'}")
    let check = try #require(result.scenario?.checks.first, "\(result.diagnostics)")
    #expect(try check.spec() == .http(HTTPSpec(url: "http://shop.example/stock")))
    #expect(check.onlyStep.kind == .module)
    #expect(check.onlyStep.expectations.isEmpty)
  }

  @Test("lets expectations see the facts of its prober")
  func facts() throws {
    let result = load("module: {name: page, target: shop.example, expect: [status == 200, 'body.contains(\"x\")']}")
    let check = try #require(result.scenario?.checks.first, "\(result.diagnostics)")
    #expect(check.onlyStep.expectations.count == 2)
  }

  @Test(
    "is refused with what is wrong and where",
    arguments: [
      ("module: {name: pages, target: a}", "there is no module 'pages'", "page"),
      ("module: {name: page}", "'module' needs 'target'", nil),
      ("module: {name: page, target: a b}", "module 'page' cannot probe 'a b': a host holds no blanks", nil),
      ("module: {name: page, target: a, expect: [rcode == 'x']}", "unknown name 'rcode'", nil),
    ])
  func faults(check: String, message: String, suggestion: String?) throws {
    let result = load(check)
    let diagnostic = try #require(result.diagnostics.first)
    #expect(diagnostic.message.hasPrefix(message), "\(diagnostic.message)")
    #expect(diagnostic.excerpt?.location.line == 5)
    #expect(diagnostic.suggestion == suggestion)
  }
}
