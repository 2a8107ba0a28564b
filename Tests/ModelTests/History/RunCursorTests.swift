import Model
import Testing

@Suite("The place of a run among the pages")
struct RunCursorTests {
  @Test(
    "is read as it was written",
    arguments: [(1_795_000_000_000, "eu"), (0, ""), (-5, "a.b"), (9_223_372_036_854, "local")] as [(Int64, String)])
  func roundTrip(slot: Int64, region: String) {
    let cursor = RunCursor(slotMilliseconds: slot, region: region)
    #expect(RunCursor(cursor.text) == cursor)
  }

  @Test(
    "is nothing else, and at no moment that there is not",
    arguments: [
      "", ".", ".eu", "x.eu", "12", "+5.eu", "05.eu", " 5.eu", "9223372036854775807.", "-9223372036854775808.a",
      "9223372036855.eu", "-9223372036856.eu", "99999999999999999999.eu",
    ])
  func refuses(text: String) {
    #expect(RunCursor(text) == nil)
  }
}
