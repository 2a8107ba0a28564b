import Server
import Testing

@Suite("Places to listen on")
struct ListenAddressTests {
  @Test(
    "a place reads back as it was written",
    arguments: ["127.0.0.1:9115", "[::1]:0", ":9115", "localhost:65535", "[fe80::1%eth0]:80"])
  func roundTrip(_ text: String) {
    #expect(ListenAddress(text)?.description == text)
  }

  @Test(
    "what is no place is refused",
    arguments: [
      "", "9115", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:9115", "[::1]", "[]:1",
      "[::1:9115",
      "a b:1", "http://x:1", "127.0.0.1:9115 ",
    ])
  func refused(_ text: String) {
    #expect(ListenAddress(text) == nil)
  }

  @Test("a host may be absent, for every interface")
  func everyInterface() {
    #expect(ListenAddress(":9115") == ListenAddress(host: nil, port: 9115))
  }
}
