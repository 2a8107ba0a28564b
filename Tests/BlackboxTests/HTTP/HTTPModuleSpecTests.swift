import Blackbox
import Expressions
import Model
import Testing

/// What a module of blackbox_exporter asks the HTTP prober for.
@Suite("An http module's spec")
struct HTTPModuleSpecTests {
  @Test(
    "a target without a scheme of HTTP gets one",
    arguments: [
      ("shop.example", "http://shop.example"), ("shop.example:8080/x?y", "http://shop.example:8080/x?y"),
      ("https://shop.example", "https://shop.example"), ("HTTPS://shop.example", "HTTPS://shop.example"),
      ("HttP://shop.example", "HttP://shop.example"), ("ftp://x", "http://ftp://x"),
    ])
  func url(target: String, url: String) throws {
    #expect(try HTTPModuleHarness().spec(for: target).url == url)
  }

  @Test("with HTTP/3 every target is reached over TLS", arguments: ["shop.example", "http://shop.example"])
  func http3(target: String) throws {
    let spec = try HTTPModuleHarness { $0.usesHTTP3 = true }.spec(for: target)
    #expect(spec.url == "https://shop.example")
    #expect(spec.version == .v3)
  }

  @Test("nothing is sent that is not written but User-Agent and Connection")
  func plain() throws {
    let spec = try HTTPModuleHarness().spec(for: "shop.example")
    #expect(spec.headers == [HeaderField("User-Agent", "Curlew/test"), HeaderField("Connection", "close")])
    #expect(!spec.addsUsualHeaders && !spec.acceptsCompression)
    #expect(spec.body == .none && spec.auth == nil && spec.proxyRules == nil)
    #expect(spec.method == "GET" && spec.maxRedirects == 10 && spec.version == .auto && spec.family == .preferV6)
    #expect(spec.tls.verify && spec.tls.minVersion == .v1_2 && spec.tls.serverName == nil)
    #expect(spec.redirectRules == .go(privateHeaders: []))
  }

  @Test("headers of one's own win over those that would be added")
  func ownHeaders() throws {
    let spec = try HTTPModuleHarness { module in
      module.headers = [
        ("user-agent", "mine"), ("connection", "keep-alive"), ("X", "1"), ("authorization", "Token t"),
        ("Content-Length", "5"),
      ]
      module.client.basicAuth = .init(username: .value("u"), password: .value(Secret("p")))
    }.spec(for: "shop.example")
    #expect(
      spec.headers == [
        HeaderField("user-agent", "mine"), HeaderField("connection", "keep-alive"), HeaderField("X", "1"),
        HeaderField("authorization", "Token t"),
      ])
    #expect(spec.auth == nil)
  }

  @Test("Host and the hostname of the query are the Host and, without a server_name, the name in TLS")
  func host() throws {
    let byHeader = HTTPModuleHarness { $0.headers = [("hOST", "shop.example:8443")] }
    let spec = try byHeader.spec(for: "https://192.0.2.1")
    #expect(spec.headers.first == HeaderField("Host", "shop.example:8443"))
    #expect(spec.tls.serverName == "shop.example")
    let byQuery = try HTTPModuleHarness().spec(for: "https://192.0.2.1", hostname: "other.example")
    #expect(byQuery.headers.first == HeaderField("Host", "other.example"))
    #expect(byQuery.tls.serverName == "other.example")
    let named = try HTTPModuleHarness { $0.client.tls.serverName = "tls.example" }
      .spec(for: "https://192.0.2.1", hostname: "other.example")
    #expect(named.tls.serverName == "tls.example")
    #expect(named.headers.first == HeaderField("Host", "other.example"))
  }

  @Test("a redirect is followed unless it is written otherwise, and the old key wins")
  func redirects() throws {
    #expect(try HTTPModuleHarness { $0.client.followsRedirects = false }.spec(for: "x").maxRedirects == 0)
    #expect(try HTTPModuleHarness { $0.noFollowRedirects = true }.spec(for: "x").maxRedirects == 0)
    let both = HTTPModuleHarness {
      $0.client.followsRedirects = false
      $0.noFollowRedirects = false
    }
    #expect(try both.spec(for: "x").maxRedirects == 10)
  }

  @Test("what is in files is read at each probe, without the white space around it")
  func files() throws {
    var harness = HTTPModuleHarness { module in
      module.client.basicAuth = .init(username: .file("user"), password: .file("password"))
      module.client.tls.ca = .file("ca.pem")
      module.client.tls.certificate = .file("/etc/client.pem")
      module.client.tls.key = .value(Secret("key"))
      module.bodyFile = "body"
      var sources = HTTPClientOptions.ValueSources()
      sources.values = ["1"]
      sources.files = ["header"]
      module.client.headers = [
        ("X-Key", sources),
        (
          "X-Plain",
          {
            var plain = sources; plain.files = []; return plain
          }()
        ),
      ]
    }
    harness.files = [
      "user": "me\n", "password": " s3 cret\r\n", "ca.pem": "PEM", "body": " as it is\n", "header": "k\n",
    ]
    let spec = try harness.spec(for: "x")
    #expect(spec.auth == .basic(username: "me", password: "s3 cret"))
    #expect(spec.tls.caText == "PEM" && spec.tls.caFile == nil)
    #expect(spec.tls.certificate == .file("/etc/client.pem") && spec.tls.key == .text("key"))
    #expect(spec.body == .bytes(Array(" as it is\n".utf8), contentType: nil))
    #expect(
      spec.headers.suffix(3) == [HeaderField("X-Key", "1"), HeaderField("X-Key", "k"), HeaderField("X-Plain", "1")])
    #expect(spec.redirectRules == .go(privateHeaders: ["X-Key"]))
    harness.files["password"] = nil
    #expect(throws: ModuleFault(.internal, "password cannot be read")) { try harness.spec(for: "x") }
  }

  @Test("a reference to a secret manager fails the probe with the key's name")
  func reference() throws {
    let harness = HTTPModuleHarness { $0.client.authorization = .init(credentials: .reference("vault/x")) }
    let fault = #expect(throws: ModuleFault.self) { try harness.spec(for: "x") }
    #expect(fault?.message.contains("credentials_ref \"vault/x\"") == true)
  }

  @Test("an authorization of another type than Bearer is sent as it is written")
  func authorization() throws {
    let spec = try HTTPModuleHarness {
      $0.client.authorization = .init(type: "ApiKey", credentials: .value(Secret("k")))
    }.spec(for: "x")
    #expect(spec.headers.last == HeaderField("Authorization", "ApiKey k"))
  }

  @Test("of a body that nothing is asked about no byte is kept, of others a bounded number")
  func bodyBounds() throws {
    let plain = try HTTPModuleHarness().spec(for: "x")
    #expect(plain.keptBodyBytes == 0 && plain.maxBodyBytes == .max)
    let limited = try HTTPModuleHarness { $0.bodySizeLimitBytes = 1024 }.spec(for: "x")
    #expect(limited.keptBodyBytes == 0 && limited.maxBodyBytes == 1024)
    let checked = try HTTPModuleHarness {
      $0.failIfBodyMatches = [try RegularExpression("x")]
      $0.bodySizeLimitBytes = 1 << 30
    }.spec(for: "x")
    #expect(checked.keptBodyBytes == 16 << 20 && checked.maxBodyBytes == 16 << 20)
    let expanded = try HTTPModuleHarness { $0.compression = .br }.spec(for: "x")
    #expect(expanded.forcedCoding == .br && expanded.maxBodyBytes == 128 << 20)
  }

  @Test(
    "a proxy is taken as Go takes it",
    arguments: [
      ("proxy.example", "http://proxy.example:80"), ("http://u:p@proxy.example/", "http://u:p@proxy.example:80"),
      ("http://[2001:db8::1]", "http://[2001:db8::1]:80"), ("http://proxy.example:3128", "http://proxy.example:3128"),
      ("https://proxy.example", "https://proxy.example"), ("socks5://proxy.example", "socks5://proxy.example"),
    ])
  func proxy(written: String, taken: String) throws {
    let rules = try #require(
      try HTTPModuleHarness { $0.client.proxy.url = Secret(written) }.spec(for: "x").proxyRules)
    #expect(rules.http == taken && rules.https == taken && rules.exceptions == nil && rules.sendsAddresses)
  }

  @Test("a proxy that finds addresses itself is given names")
  func skippedResolution() throws {
    let rules = try #require(
      try HTTPModuleHarness {
        $0.client.proxy.url = Secret("socks5://proxy.example:1080")
        $0.client.proxy.exceptions = "a.example"
        $0.client.proxy.connectHeaders = [("X-P", [Secret("1"), Secret("2")])]
        $0.skipsResolveWithProxy = true
      }.spec(for: "x").proxyRules)
    #expect(!rules.sendsAddresses && rules.http == "socks5h://proxy.example:1080")
    #expect(rules.exceptions == "a.example")
    #expect(rules.connectHeaders == [HeaderField("X-P", "1"), HeaderField("X-P", "2")])
  }

  @Test("proxies of the environment are chosen by the scheme, upper-case variables first")
  func environment() throws {
    var harness = HTTPModuleHarness { $0.client.proxy.isFromEnvironment = true }
    harness.environment = [
      "HTTP_PROXY": "a.example:1", "http_proxy": "b.example:1", "https_proxy": "http://c.example:1", "no_proxy": "x,y",
    ]
    var rules = try #require(try harness.spec(for: "x").proxyRules)
    #expect(rules.http == "http://a.example:1" && rules.https == "http://c.example:1" && rules.exceptions == "x,y")
    harness.environment["REQUEST_METHOD"] = "GET"
    rules = try #require(try harness.spec(for: "x").proxyRules)
    #expect(rules.http == nil && rules.https != nil)
  }

  @Test("oauth2 is taken whole")
  func oauth2() throws {
    let spec = try HTTPModuleHarness { module in
      var oauth2 = HTTPClientOptions.OAuth2()
      oauth2.clientID = "me"
      oauth2.tokenURL = "https://idp.example/token"
      oauth2.scopes = ["a"]
      oauth2.endpointParams = [("audience", "x")]
      oauth2.grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
      oauth2.certificateKey = .value(Secret("PEM"))
      oauth2.certificateKeyID = "k1"
      oauth2.signatureAlgorithm = "RS512"
      oauth2.issuer = "iss"
      oauth2.claims = [("n", "5"), ("word", "text")]
      oauth2.tls.skipsVerification = true
      module.client.oauth2 = oauth2
    }.spec(for: "x")
    let expected = OAuth2Client(
      tokenURL: "https://idp.example/token", clientID: "me",
      proof: .assertion(
        JWTAssertion(
          key: "PEM", keyID: "k1", algorithm: .rs512, issuer: "iss",
          claims: [HeaderField("n", "5"), HeaderField("word", "\"text\"")])),
      scopes: ["a"], parameters: [HeaderField("audience", "x")], tls: TLSOptions(verify: false, minVersion: .v1_2),
      proxyRules: ProxyRules())
    #expect(spec.auth == .oauth2(expected))
  }
}
