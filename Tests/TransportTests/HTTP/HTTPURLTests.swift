import Model
import Testing
import Transport

@Suite("HTTP URLs")
struct HTTPURLTests {
  @Test(
    "a URL is taken to its parts",
    arguments: [
      ("http://shop.example", "http", "shop.example", 80, "http://shop.example/"),
      ("HTTPS://Shop.Example:8443/a/../b?q=1", "https", "shop.example", 8443, "https://Shop.Example:8443/b?q=1"),
      ("http://[::1]:81/", "http", "::1", 81, "http://[::1]:81/"),
      ("http://[FE80::1%25eth0]/", "http", "fe80::1%eth0", 80, "http://[FE80::1%25eth0]/"),
      (
        "https://xn--bcher-kva.example/ü", "https", "xn--bcher-kva.example", 443, "https://xn--bcher-kva.example/%c3%bc"
      ),
    ])
  func parts(text: String, scheme: String, host: String, port: UInt16, normalized: String) throws {
    let url = try HTTPURL(text)
    #expect(url.scheme == scheme)
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(url.text == normalized)
  }

  @Test(
    "what is no http URL is refused with the text in quotes",
    arguments: [
      "", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "http://", "http://:80/", "http://a:0/",
      "http://a:99999/", "http://a b/", "http://[::1/", "javascript:alert(1)", "https://bücher.example/",
    ])
  func refused(text: String) {
    let error = #expect(throws: HTTPURLError.self) { try HTTPURL(text) }
    #expect(error?.description.contains("\"\(text)\"") == true)
  }

  @Test(
    "the Host field leaves out the scheme's own port",
    arguments: [
      ("http://a.example:80/", "a.example"), ("https://a.example:443/", "a.example"),
      ("http://a.example:443/", "a.example:443"),
      ("http://[::1]:8080/", "[::1]:8080"), ("http://[::1]/", "[::1]"),
      ("http://[fe80::1%25eth0]:8080/", "[fe80::1]:8080"),
    ])
  func authority(text: String, authority: String) throws {
    #expect(try HTTPURL(text).authority == authority)
  }

  @Test(
    "an origin is scheme, host and port",
    arguments: [
      ("http://a.example/x", "http://A.example:80/y", true), ("http://a.example/", "https://a.example/", false),
      ("http://a.example/", "http://a.example:81/", false), ("http://a.example/", "http://b.example/", false),
    ])
  func origin(left: String, right: String, isSame: Bool) throws {
    #expect(try HTTPURL(left).isSameOrigin(as: HTTPURL(right)) == isSame)
  }

  @Test(
    "references are resolved as RFC 3986 section 5.4 has it",
    arguments: [
      ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
      ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), ("../g", "http://a/b/g"), ("../..", "http://a/"),
      ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("g;x=1/../y", "http://a/b/c/y"), ("//g", "http://g/"),
    ])
  func references(reference: String, result: String) throws {
    #expect(try HTTPURL("http://a/b/c/d;p?q").resolving(reference).text == result)
  }

  @Test(
    "a proxy's URL is taken to its parts",
    arguments: [
      ("http://p.example:3128", "http", "p.example", 3128), ("socks5h://u:p@[::1]:1081", "socks5h", "::1", 1081),
      ("https://p.example", "https", "p.example", 443), ("SOCKS4://p.example", "socks4", "p.example", 1080),
    ])
  func proxy(text: String, scheme: String, host: String, port: UInt16) throws {
    let proxy = try #require(HTTPProxy(text))
    #expect(proxy.scheme == scheme)
    #expect(proxy.host == host)
    #expect(proxy.port == port)
  }

  @Test("what is no proxy is refused", arguments: ["", "p.example:3128", "ftp://p.example:1", "http://", "http://p:x"])
  func noProxy(text: String) {
    #expect(HTTPProxy(text) == nil)
  }
}
