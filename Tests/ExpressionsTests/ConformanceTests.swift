import Expressions
import Foundation
import Testing

/// CEL's own conformance suite, where its cases lie beside the package; they are not part of it.
@Suite struct ConformanceTests {
  private static let folder = URL(filePath: #filePath)
    .resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/cel", directoryHint: .isDirectory).standardizedFileURL

  /// Whether the folder is there at all: an empty one, or one without some of the files, is a fault.
  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  static let files: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }()

  @Test(
    "a case of the conformance suite gets the answer that the suite wants",
    .enabled(if: isThere, "the conformance cases are not here: no ../shared/cel beside the package"), arguments: files)
  func everyCase(file: String) throws {
    let cases = try #require(try JSON.parse([UInt8](Data(contentsOf: Self.folder.appending(path: file)))).asList)
    #expect(!cases.isEmpty)
    var failures: [String] = []
    for entry in cases {
      let entry = try #require(entry.asMap)
      let id = try #require(entry["id"]?.asString)
      let expected = try #require(entry["expect"]?.asMap)
      let request: Value = [
        "id": .string(id), "expr": entry["expr"] ?? nil, "bindings": entry["bindings"] ?? nil,
        "container": entry["container"] ?? nil,
      ]
      let answer = try #require(try JSON.parse(BatchEvaluator().answer(to: JSON.write(request))).asMap)
      if let problem = try Self.problem(with: answer, expected: expected) {
        failures.append("\(id): \(try JSON.write(entry["expr"] ?? nil)) \(problem)")
      }
    }
    #expect(failures.isEmpty, "\(failures.count) of \(cases.count) failed:\n\(failures.joined(separator: "\n"))")
  }

  private static func problem(with answer: MapValue, expected: MapValue) throws -> String? {
    if expected.contains("error") {
      return answer.contains("error") ? nil : "gave \(try JSON.write(answer["value"] ?? nil)), not an error"
    }
    guard let form = answer["value"] else { return "failed: \(answer["error"]?.asString ?? "")" }
    let wanted = try ProtoJSON.decode(try #require(expected["value"]))
    let given = try ProtoJSON.decode(form)
    return matches(given, wanted)
      ? nil : "gave \(try JSON.write(form)), not \(try JSON.write(expected["value"] ?? nil))"
  }

  /// Exact equality, but any NaN is like any other.
  private static func matches(_ given: Value, _ wanted: Value) -> Bool {
    switch (given, wanted) {
    case (.double(let a), .double(let b)): a == b || (a.isNaN && b.isNaN)
    case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { matches($0, $1) }
    default: given == wanted
    }
  }

  @Test(
    "where the conformance cases are, they are all there",
    .enabled(if: isThere, "the conformance cases are not here: no ../shared/cel beside the package"))
  func presence() throws {
    #expect(
      Set(Self.files).isSuperset(of: [
        "basic.json", "comparisons.json", "conversions.json", "fields.json", "integer_math.json", "lists.json",
        "logic.json", "macros.json", "parse.json", "string.json", "timestamps.json",
      ]))
    let counts = try Self.files.map { file in
      try JSON.parse([UInt8](Data(contentsOf: Self.folder.appending(path: file)))).asList?.count ?? 0
    }
    #expect(counts.reduce(0, +) >= 900)
  }
}
