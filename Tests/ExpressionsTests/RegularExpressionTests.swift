import Expressions
import Testing

@Suite struct RegularExpressionTests {
  @Test("groups come with their places and names")
  func groups() throws {
    let pattern = try RegularExpression("(?P<code>[0-9]+)(x)? (?P<text>\\w+)")
    #expect(pattern.groupCount == 3)
    #expect(pattern.groupNames == ["code": 1, "text": 3])
    let match = try #require(pattern.firstMatch(in: "** 220 hello"))
    #expect(match.groups == [3..<12, 3..<6, nil, 7..<12])
    #expect(pattern.firstMatch(in: "** 220 hello", from: 4)?.range == 4..<12)
    #expect(pattern.firstMatch(in: "** 220 hello", from: 99) == nil)
  }

  @Test("any bytes can be searched, character by character or byte by byte")
  func bytes() throws {
    #expect(try RegularExpression("^\\xff\\x00", encoding: .latin1).matches([0xFF, 0x00, 0x80]))
    #expect(try !RegularExpression("^.", encoding: .utf8).matches([0xFF]))
    #expect(try RegularExpression("^$").matches([UInt8]()))
    #expect(try RegularExpression("HELLO", caseSensitive: false).matches("hello"))
  }

  @Test("a bad pattern is told in RE2's words, and a huge one is refused")
  func errors() {
    let error = #expect(throws: RegularExpressionError.self) { try RegularExpression("a(?<!b)") }
    #expect(error?.description == "bad regular expression \"a(?<!b)\": invalid perl operator: (?<")
    #expect(throws: RegularExpressionError.self) { try RegularExpression("((a{100}){100}){100}") }
    #expect(throws: RegularExpressionError.self) { try RegularExpression("\\p{Greek}{1000}", maximumMemory: 1 << 12) }
  }

  @Test("a pattern that explodes elsewhere takes linear time", .timeLimit(.minutes(1)))
  func linear() throws {
    let text = String(repeating: "a", count: 1_000_000)
    #expect(try !RegularExpression("(a|aa)+(a*)*b$").matches(text))
  }
}
