import Model
import Testing

@Suite("A probe's spec")
struct ProbeSpecTests {
  private static let target = Endpoint(host: "shop.example", port: 25)

  @Test(
    "asks for TLS where it is written",
    arguments: [
      .http(HTTPSpec(url: "https://shop.example/")), .http(HTTPSpec(url: "HTTPS://shop.example/")),
      .tcp(TCPSpec(target: target, tls: TLSOptions())), .tcp(TCPSpec(target: target, startTLS: .smtp)),
      .tcp(TCPSpec(target: target, exchange: .dialogue([.send("STARTTLS"), .startTLS]))),
      .unix(UnixSpec(path: "a", tls: TLSOptions())), .tls(TLSSpec(target: target)),
      .dns(DNSSpec(name: "shop.example", transport: .tls)), .dns(DNSSpec(name: "shop.example", transport: .https)),
    ] as [ProbeSpec])
  func asks(spec: ProbeSpec) {
    #expect(spec.asksForTLS)
  }

  @Test(
    "asks for none elsewhere",
    arguments: [
      .http(HTTPSpec(url: "http://shop.example/")), .http(HTTPSpec(url: "HTTP://shop.example/")),
      .tcp(TCPSpec(target: target)), .tcp(TCPSpec(target: target, exchange: .dialogue([.expect("^220 ")]))),
      .unix(UnixSpec(path: "a")), .dns(DNSSpec(name: "shop.example")), .icmp(ICMPSpec(target: "shop.example")),
    ] as [ProbeSpec])
  func asksNot(spec: ProbeSpec) {
    #expect(!spec.asksForTLS)
  }
}
