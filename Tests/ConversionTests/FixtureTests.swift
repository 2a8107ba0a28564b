import Conversion
import Foundation
import Scenarios
import Testing

/// Pairs `name.FORMAT` and `name.FORMAT.yaml` in `Fixtures`: what people have, and the scenario it becomes, with the notes
/// at the end.
///
/// With `RECORD_FIXTURES=1` in the environment the `.yaml` files are written anew and the run fails, so that nobody records
/// by accident; read the difference before committing it.
@Suite struct FixtureTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
    .filter { !$0.hasSuffix(".yaml") }.sorted()

  static func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  private func conversion(of name: String) throws -> Conversion {
    let bytes = try Self.bytes(of: name)
    let format = try #require(ConversionFormat(path: name, bytes: bytes))
    let stem = name.split(separator: ".")[0].description
    return try Conversion(of: bytes, as: format, options: ConversionOptions(name: format == .curl ? nil : stem))
  }

  @Test("a file becomes exactly this scenario, with these notes", arguments: names)
  func converts(name: String) throws {
    let conversion = try conversion(of: name)
    let notes = conversion.notes.map { "# \($0.line) \($0.isLoss ? "warning" : "note"): \($0.message)\n" }.joined()
    let said = conversion.scenario + "---\n" + notes
    let expected = Self.folder.appending(path: "\(name).yaml")
    if ProcessInfo.processInfo.environment["RECORD_FIXTURES"] != nil {
      try said.write(to: expected, atomically: true, encoding: .utf8)
      Issue.record("recorded \(expected.lastPathComponent)")
      return
    }
    #expect(said == (try String(contentsOf: expected, encoding: .utf8)))
  }

  @Test("what a file becomes is a scenario without fault", arguments: names)
  func loads(name: String) throws {
    _ = try load(try conversion(of: name).scenario)
  }

  @Test("no value that nobody may read is written out")
  func keepsSecrets() throws {
    let secrets = [
      "eyJhbGciOiJIUzI1NiJ9", "8f2c1d9e77aa", "hunter2hunter2", "s3cr3tpass", "geheim123", "geheim 123",
      "very-secret-value-1", "key-0011223344", "tok-abcdef0123456789", "c5rf-9f8e7d6c5b",
    ]
    for name in Self.names {
      let conversion = try conversion(of: name)
      for secret in secrets {
        #expect(!conversion.scenario.contains(secret), "\(name): \(secret)")
        #expect(!conversion.notes.contains { $0.message.contains(secret) }, "\(name): \(secret)")
      }
    }
  }
}
