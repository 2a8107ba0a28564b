import Documents
import Foundation
import Scenarios
import Testing

/// Pairs `name.yaml` and `name.err` in `Fixtures`: what is written wrongly, and every word that is said about it.
///
/// With `RECORD_FIXTURES=1` in the environment the `.err` files are written anew and the run fails, so that nobody records
/// by accident; read the difference before committing it.
@Suite struct FixtureTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static let names = names(in: folder)
  static let serviceNames = names(in: folder.appending(path: "service"))

  private static func names(in folder: URL) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return files.filter { $0.hasSuffix(".err") || $0.hasSuffix(".yaml") && !$0.hasPrefix("_") }
      .map { $0.split(separator: ".")[0].description }
      .reduce(into: Set<String>()) { $0.insert($1) }.sorted()
  }

  /// What fixtures see of the environment.
  static let environment = ["TOKEN": "s3cret-token", "EMPTY": "", "REGION": "eu"]

  @Test("a file with mistakes is answered with exactly what is wrong, where, and what is allowed", arguments: names)
  func saysWhatIsWrong(name: String) throws {
    try compare(try diagnostics(of: name), with: Self.folder.appending(path: "\(name).err"))
  }

  @Test("so is a service file", arguments: serviceNames)
  func saysWhatIsWrongInServiceFile(name: String) throws {
    let folder = Self.folder.appending(path: "service")
    let text = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
    let result = ServiceFileLoader(files: MemoryFiles(["\(name).yaml": text])).load("\(name).yaml")
    #expect(result.file == nil)
    try compare(Self.text(of: result.diagnostics), with: folder.appending(path: "\(name).err"))
  }

  private func compare(_ said: String, with expected: URL) throws {
    if ProcessInfo.processInfo.environment["RECORD_FIXTURES"] != nil {
      try said.write(to: expected, atomically: true, encoding: .utf8)
      Issue.record("recorded \(expected.lastPathComponent)")
      return
    }
    #expect(said == (try String(contentsOf: expected, encoding: .utf8)))
  }

  /// The text that a terminal would show.
  private static func text(of diagnostics: [Diagnostic]) -> String {
    diagnostics.map { $0.rendered() }.joined(separator: "\n\n") + "\n"
  }

  @Test("there is a fixture for every kind of mistake")
  func thereAreMany() {
    #expect(Self.names.count >= 70)
    #expect(Self.serviceNames.count >= 8)
  }

  /// What is said of a fixture. Only the fixture's own file and those beginning with `_` exist for it.
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
    return Self.text(of: result.diagnostics)
  }
}
