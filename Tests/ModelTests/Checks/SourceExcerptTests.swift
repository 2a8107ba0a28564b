import Model
import Testing

@Suite("An excerpt of a source line")
struct SourceExcerptTests {
  private func excerpt(_ line: String, column: Int, width: Int, number: Int = 21) -> SourceExcerpt {
    SourceExcerpt(
      location: SourceLocation(file: "scenarios/shop.yaml", line: number, column: column), lineText: line, width: width)
  }

  @Test("stands under its place, with carets under what is meant")
  func plain() {
    #expect(
      excerpt("          expect: [status == 201]", column: 20, width: 13).rendered(indent: "  ") == """
          scenarios/shop.yaml:21:20
           21 |           expect: [status == 201]
              |                    ^^^^^^^^^^^^^
        """)
  }

  @Test("keeps the tabs before the carets, so that they line up at any tab width")
  func tabs() {
    #expect(
      excerpt("\ta:\t\"x\"", column: 5, width: 3, number: 7).rendered()
        == "scenarios/shop.yaml:7:5\n 7 | \ta:\t\"x\"\n   | \t  \t^^^")
  }

  @Test("counts scalars, not bytes and not what is seen as one character")
  func scalars() {
    let line = "naïve e\u{301}: x"
    #expect(excerpt(line, column: 11, width: 1, number: 1).rendered().hasSuffix("\n   |           ^"))
  }

  @Test("has at least one caret, and one behind the end of the line")
  func empty() {
    #expect(excerpt("", column: 1, width: 0, number: 1).rendered() == "scenarios/shop.yaml:1:1\n 1 | \n   | ^")
    #expect(excerpt("ab", column: 3, width: 1, number: 1).rendered().hasSuffix("|   ^"))
  }
}
