import Fleet
import Model
import Scenarios
import Testing

@Suite("A change of a bundle")
struct BundleChangeTests {
  private func bundle(_ checks: String, others: [String: String] = [:]) throws -> ScenarioBundle {
    let files = [
      "shop.yaml": "version: 1\ninclude: [common.yaml]\nchecks: [\(checks)]\n", "common.yaml": "version: 1\n",
    ]
    return try BundleHub(MemoryFiles(files.merging(others) { $1 })).bundle
  }

  private let a = "{id: a, http: {url: https://a.example}}"
  private let b = "{id: b, http: {url: https://b.example}}"

  @Test("holds everything for somebody who has nothing")
  func everything() throws {
    let bundle = try bundle(a)
    let change = bundle.change(version: 7)
    #expect(change.version == 7 && change.digest == bundle.digest && change.roots == ["shop.yaml"])
    #expect(change.files.allSatisfy { $0.content != nil })
    #expect(try ScenarioBundle(applying: change) == bundle)
  }

  @Test("holds what changed alone for somebody who has the one before")
  func difference() throws {
    let (before, after) = (try bundle(a), try bundle(b))
    let change = after.change(from: before, version: 8)
    #expect(change.files.filter { $0.content != nil }.map(\.path) == ["shop.yaml"])
    #expect(try ScenarioBundle(applying: change, to: before) == after)
  }

  @Test("of nothing holds no content")
  func nothing() throws {
    let bundle = try bundle(a)
    #expect(bundle.change(from: bundle, version: 9).files.allSatisfy { $0.content == nil })
  }

  @Test("sends a content that moved under another path not again")
  func moved() throws {
    let before = try bundle(a)
    let after = try bundle(
      a, others: ["more.yaml": "version: 1\n", "shop.yaml": "version: 1\ninclude: [more.yaml]\nchecks: [\(a)]\n"])
    let change = after.change(from: before, version: 2)
    #expect(change.files.first { $0.path == "more.yaml" }?.content == nil)
    #expect(try ScenarioBundle(applying: change, to: before) == after)
  }

  @Test("is refused where it does not fit what is known, or is not what it says")
  func refused() throws {
    let (before, after) = (try bundle(a), try bundle(b))
    let change = after.change(from: before, version: 8)
    #expect { try ScenarioBundle(applying: change) } throws: { "\($0)".hasSuffix("is missing") }
    var broken = change
    broken.digest = before.digest
    #expect { try ScenarioBundle(applying: broken, to: before) } throws: {
      "\($0)".contains("are not those of the digest")
    }
    broken = change
    for index in broken.files.indices where broken.files[index].content != nil { broken.files[index].content = "AAAA" }
    #expect { try ScenarioBundle(applying: broken, to: before) } throws: {
      "\($0)".hasSuffix("is not that of its digest")
    }
    for index in broken.files.indices where broken.files[index].content != nil { broken.files[index].content = "!" }
    #expect { try ScenarioBundle(applying: broken, to: before) } throws: { "\($0)".hasSuffix("is no base64") }
    broken = change
    broken.files += change.files
    #expect { try ScenarioBundle(applying: broken, to: before) } throws: { "\($0)".hasSuffix("is in the bundle twice") }
    broken = change
    broken.files.removeAll { $0.path.isEmpty }
    #expect { try ScenarioBundle(applying: broken, to: before) } throws: { "\($0)".contains("does not say how") }
  }
}
