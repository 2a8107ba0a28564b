import Model
import Testing

@Suite("Dates of header fields")
struct HTTPDateTests {
  @Test(
    "are read in all three forms",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
      ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Saturday, 06-Nov-68 08:49:37 GMT", 3_119_417_377),
    ])
  func good(text: String, seconds: Int64) {
    #expect(Timestamp(httpDate: text) == Timestamp(secondsSinceEpoch: seconds))
  }

  @Test(
    "that are none are not",
    arguments: [
      "", "never", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Nov 1994 08:49:37 GMT",
      "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
      "1994-11-06T08:49:37Z", "Sun, 06 Nov 994 08:49:37 GMT", "Thu, 29 Feb 2023 00:00:00 GMT",
    ])
  func bad(text: String) {
    #expect(Timestamp(httpDate: text) == nil)
  }
}
