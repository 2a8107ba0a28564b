import Conversion
import Testing

@Suite struct HostileInputTests {
  static let formats = ConversionFormat.allCases

  @Test("a file over the limit is refused with the limit", arguments: formats)
  func refusesLongFiles(format: ConversionFormat) throws {
    let fault = try failure(of: [UInt8](repeating: 0x20, count: Conversion.inputLimit + 1), as: format)
    #expect(fault.message.contains("64 MiB"))
  }

  @Test("bytes that are no text are refused where they stand", arguments: formats)
  func refusesBytes(format: ConversionFormat) throws {
    let nul = try failure(of: Array("ab\nc".utf8) + [0], as: format)
    #expect(nul.message.contains("NUL") && (nul.line, nul.column) == (2, 2))
    let invalid = try failure(of: Array("ab\né".utf8) + [0xFF, 0x41], as: format)
    #expect(invalid.message.contains("UTF-8") && (invalid.line, invalid.column) == (2, 2))
  }

  @Test("every beginning of a file is converted or refused, never more", arguments: FixtureTests.names)
  func bearsTruncation(name: String) throws {
    let bytes = try FixtureTests.bytes(of: name)
    let format = try #require(ConversionFormat(path: name, bytes: bytes))
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 150)) {
      do throws(ConversionFailure) {
        _ = try Conversion(of: Array(bytes[..<length]), as: format)
      } catch {
        #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
      }
    }
  }

  @Test(
    "JSON that nests too deep, is cut off or is no recording is refused",
    arguments: [
      (String(repeating: "[", count: 100_000), "nested"), ("{\"log\": {\"entries\": [", "expected"),
      ("{\"log\": \"x", "not closed"), ("{\"log\": {}}", "log.entries"), ("[]", "log.entries"),
      ("{\"log\": {\"entries\": []}}", "--all"), ("{\"log\": {\"entries\": [1, null, {}]}}", "--all"),
      ("{} x", "after the end"),
    ])
  func refusesJSON(text: String, words: String) throws {
    #expect(try failure(of: Array(text.utf8), as: .har).message.contains(words))
  }

  @Test(
    "what is wrong in a file of Hurl is said with its place",
    arguments: [
      ("get https://a.example", 1, 1, "expected a request"), ("GET\n", 1, 1, "expected a request"),
      ("GET https://a.example\n[Nope]\n", 2, 1, "unknown section [Nope]"),
      ("GET https://a.example\nHTTP/9 200", 2, 6, "expected a version"),
      ("GET https://a.example\nHTTP abc", 2, 6, "status"),
      ("GET https://a.example\nX-A\n", 2, 4, "name: value"), ("GET https://a.example/{{x\n", 1, 23, "'}}'"),
      ("POST https://a.example\n{\"a\": }", 2, 7, "JSON value"), ("POST https://a.example\n```\nabc", 2, 1, "```"),
      ("GET https://a.example\nHTTP 200\n[Asserts]\nbody == \"x", 4, 9, "not closed"),
      ("GET https://a.example\nHTTP 200\n[Asserts]\nbody matches /x", 4, 14, "not closed"), ("", 1, 1, "no request"),
      ("POST https://a.example\nhex,zz;", 2, 1, "hex"),
      ("POST https://a.example\n" + String(repeating: "[", count: 9999), 2, 257, "nested"),
    ])
  func refusesHurl(text: String, line: Int, column: Int, words: String) throws {
    let fault = try failure(of: Array(text.utf8), as: .hurl)
    #expect(fault.message.contains(words), "\(fault.message)")
    #expect((fault.line, fault.column) == (line, column), "\(fault.line):\(fault.column)")
  }
}
