import Foundation
import Scenarios
import Testing

/// Pairs `name.yaml` and `name.err` in `Fixtures`: what is written wrongly, and every word that is said about it.
///
/// With `RECORD_FIXTURES=1` in the environment the `.err` files are written anew and the run fails, so that nobody records
/// by accident; read the difference before committing it.
@Suite struct FixtureTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return files.filter { $0.hasSuffix(".err") || $0.hasSuffix(".yaml") && !$0.hasPrefix("_") }
      .map { $0.split(separator: ".")[0].description }
      .reduce(into: Set<String>()) { $0.insert($1) }.sorted()
  }()

  /// What fixtures see of the environment.
  static let environment = ["TOKEN": "s3cret-token", "EMPTY": "", "REGION": "eu"]

  @Test("a file with mistakes is answered with exactly what is wrong, where, and what is allowed", arguments: names)
  func saysWhatIsWrong(name: String) throws {
    let expected = Self.folder.appending(path: "\(name).err")
    let said = try diagnostics(of: name)
    if ProcessInfo.processInfo.environment["RECORD_FIXTURES"] != nil {
      try said.write(to: expected, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name).err")
      return
    }
    #expect(said == (try String(contentsOf: expected, encoding: .utf8)))
  }

  @Test("there is a fixture for every kind of mistake")
  func thereAreMany() {
    #expect(Self.names.count >= 60)
  }

  /// The text that a terminal would show. Only the fixture's own file and those beginning with `_` exist for it.
  private func diagnostics(of name: String) throws -> String {
    var files: [String: String] = [:]
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
    for file in names where file == "\(name).yaml" || file.hasPrefix("_") {
      let bytes = try Data(contentsOf: Self.folder.appending(path: file))
      files[file] = String(decoding: bytes, as: UTF8.self)
    }
    let loader = ScenarioLoader(environment: Self.environment, files: MemoryFiles(files))
    let result = loader.load(paths: ["\(name).yaml"])
    #expect(result.scenario == nil)
    return result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n") + "\n"
  }
}
