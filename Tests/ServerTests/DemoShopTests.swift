import Expressions
import Model
import Server
import TestSupport
import Testing

@Suite("The demonstration's shop")
struct DemoShopTests {
  /// Serves a shop while `body` runs.
  private func serving<Result: Sendable>(
    time: ManualTime = ManualTime(), _ body: @Sendable (HTTPClient) async throws -> Result
  ) async throws -> Result {
    let address = ListenAddress(host: "127.0.0.1", port: 0)
    return try await ServerFixture.serving(
      { onListening in
        DemoShop(on: address, time: time, logger: ServerFixture.logger) { onListening(.address($0)) }
      }, body)
  }

  private static func send(
    _ client: HTTPClient, _ method: String, _ path: String, _ body: String, type: String = "application/json",
    _ headers: [String: String] = [:]
  ) async throws -> HTTPAnswer {
    var lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
    lines += "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
    let raw = try await client.exchange(
      "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(lines)\r\n\(body)")
    guard let answer = HTTPAnswer(raw) else { throw HTTPClient.Failure(message: "no answer to \(path)") }
    return answer
  }

  private static func json(_ answer: HTTPAnswer) throws -> MapValue { try #require(try JSON.parse(answer.bytes).asMap) }

  private static func token(_ client: HTTPClient) async throws -> String {
    let answer = try await send(client, "POST", "/login", #"{"user":"probe","password":"curlew"}"#)
    #expect(answer.status == 200)
    #expect(try json(answer)["expires_in"] == 600)
    return try #require(try json(answer)["token"]?.asString)
  }

  private static func xpath(_ answer: HTTPAnswer, _ path: String, as function: String = "html") throws -> [String] {
    let environment = Environment(variables: ["body": .bytes, "path": .string])
    let value = try environment.compile("\(function)(body).xpath(path)")
      .evaluate(["body": .bytes(answer.bytes), "path": .string(path)] as [String: Value])
    return value.asList?.compactMap(\.asString) ?? []
  }

  @Test("has an order that is placed, packed and shipped, and can be cancelled")
  func order() async throws {
    let time = ManualTime()
    try await serving(time: time) { client async throws in
      let bearer = ["Authorization": "Bearer \(try await Self.token(client))"]
      let placed = try await Self.send(client, "POST", "/orders", #"{"sku":"A-1"}"#, bearer)
      #expect(placed.status == 201)
      #expect(try Self.json(placed)["state"] == "PLACED")
      let path = try #require(placed.headers["location"])
      time.advance(by: .milliseconds(500))
      #expect(try Self.json(try await client.get(path, bearer))["state"] == "PACKED")
      time.advance(by: .milliseconds(500))
      #expect(try Self.json(try await client.get(path, bearer))["state"] == "SHIPPED")
      #expect(try await client.send("DELETE", path, bearer).status == 204)
      #expect(try await client.get(path, bearer).status == 404)
      #expect(try await client.send("DELETE", path, bearer).status == 404)
    }
  }

  @Test("wants a token that it knows, and forgets it in time")
  func tokens() async throws {
    let time = ManualTime()
    try await serving(time: time) { client async throws in
      let none = try await Self.send(client, "POST", "/orders", #"{"sku":"A-1"}"#)
      #expect(none.status == 401)
      #expect(none.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
      let bearer = ["Authorization": "Bearer \(try await Self.token(client))"]
      #expect(try await Self.send(client, "POST", "/orders", #"{"sku":"A-1"}"#, bearer).status == 201)
      time.advance(by: .seconds(601))
      #expect(try await Self.send(client, "POST", "/orders", #"{"sku":"A-1"}"#, bearer).status == 401)
      let wrong = try await Self.send(client, "POST", "/login", #"{"user":"probe","password":"x"}"#)
      #expect(wrong.status == 401)
    }
  }

  @Test("turns every other order of one article away with a page")
  func overloaded() async throws {
    try await serving { client async throws in
      let bearer = ["Authorization": "Bearer \(try await Self.token(client))"]
      var statuses: [Int] = []
      for _ in 0..<4 {
        let answer = try await Self.send(client, "POST", "/orders", #"{"sku":"C-3"}"#, bearer)
        statuses.append(answer.status)
        if answer.status == 503 { #expect(try Self.xpath(answer, "//h1") == ["Overloaded"]) }
      }
      #expect(statuses == [503, 201, 503, 201])
      #expect(try Self.json(try await client.get("/stock/C-3"))["count"] == 0)
    }
  }

  @Test("takes a login form once, with the token that came with it, and gives a session")
  func form() async throws {
    try await serving { client async throws in
      let page = try await client.get("/login")
      let key = try #require(try Self.xpath(page, "//meta[@name='csrf']/@content").first)
      #expect(try Self.xpath(page, "//form//input[@type='hidden' and @name='csrf']/@value") == [key])
      let type = "application/x-www-form-urlencoded"
      let body = "csrf=\(key)&user=probe&password=curlew"
      let done = try await Self.send(client, "POST", "/login", body, type: type)
      #expect(done.status == 303)
      #expect(done.headers["location"] == "/account")
      let cookie = try #require(done.headers["set-cookie"])
      for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=600"] { #expect(cookie.contains(attribute)) }
      let session = String(cookie.prefix { $0 != ";" })
      let account = try await client.get("/account", ["Cookie": "a=b; \(session)"])
      #expect(try Self.xpath(account, "//b[@id='user']") == ["probe"])
      #expect(try await client.get("/account").headers["location"] == "/login")
      #expect(try await Self.send(client, "POST", "/login", body, type: type).status == 403)
      #expect(try await Self.send(client, "POST", "/login", "user=probe", type: type).status == 403)
    }
  }

  @Test("gives programs a token for their credentials, in the header or in the form")
  func clientCredentials() async throws {
    try await serving { client async throws in
      let type = "application/x-www-form-urlencoded"
      let basic = ["Authorization": "Basic \(Base64.encode(Array("curlew:long-bill".utf8)))"]
      let first = try await Self.send(
        client, "POST", "/oauth/token", "grant_type=client_credentials", type: type, basic)
      #expect(first.status == 200)
      #expect(first.headers["cache-control"] == "no-store")
      let token = try #require(try Self.json(first)["access_token"]?.asString)
      let order = try await Self.send(
        client, "POST", "/orders", #"{"sku":"B-2"}"#, ["Authorization": "bearer \(token)"])
      #expect(order.status == 201)
      let form = "grant_type=client_credentials&client_id=curlew&client_secret="
      #expect(try await Self.send(client, "POST", "/oauth/token", form + "long-bill", type: type).status == 200)
      let refused = try await Self.send(client, "POST", "/oauth/token", form + "x", type: type)
      #expect(refused.status == 401)
      #expect(try Self.json(refused)["error"] == "invalid_client")
      let other = try await Self.send(client, "POST", "/oauth/token", "grant_type=password", type: type)
      #expect(try Self.json(other)["error"] == "unsupported_grant_type")
    }
  }

  @Test(
    "answers GraphQL",
    arguments: [
      (
        #"{"query":"query P($sku: String!) { products(sku: $sku) { sku title: name } }","variables":{"sku":"B-2"}}"#,
        #"{"data":{"products":[{"sku":"B-2","title":"Field guide"}]}}"#
      ),
      (#"{"query":"{ __typename }"}"#, #"{"data":{"__typename":"Query"}}"#),
      (
        #"{"query":"{ products(sku: \"A-1\") { price __typename } }"}"#,
        #"{"data":{"products":[{"price":129.5,"__typename":"Product"}]}}"#
      ),
      (
        #"{"query":"query A { __typename } query B { b: __typename }","operationName":"B"}"#, #"{"data":{"b":"Query"}}"#
      ),
      (#"{"query":"{ nothing }"}"#, #"{"errors":[{"message":"Cannot query field \"nothing\" on type \"Query\"."}]}"#),
      (
        #"{"query":"{ products { weight } }"}"#,
        #"{"errors":[{"message":"Cannot query field \"weight\" on type \"Product\"."}]}"#
      ),
      (#"{"query":"{"}"#, #"{"errors":[{"message":"Syntax Error: Expected a name, the query ends here."}]}"#),
      (
        #"{"query":"{ a { a { a { a { a { a { a { a { a { a"}"#,
        #"{"errors":[{"message":"The query is nested too deeply."}]}"#
      ),
    ])
  func graphQL(body: String, expected: String) async throws {
    try await serving { client async throws in
      let answer = try await Self.send(client, "POST", "/graphql", body)
      #expect(answer.status == 200)
      #expect(answer.text == expected)
    }
  }

  @Test("says of an upload what arrived")
  func upload() async throws {
    try await serving { client async throws in
      let body =
        "--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
        + "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
        + "abc\r\n--xyz--\r\n"
      let answer = try await Self.send(client, "POST", "/upload", body, type: "multipart/form-data; boundary=xyz")
      #expect(answer.status == 201)
      let parts = try #require(try Self.json(answer)["parts"]?.asList)
      #expect(parts.map { $0.asMap?["name"] } == ["note", "file"])
      #expect(parts.map { $0.asMap?["filename"] } == [.null, "a.txt"])
      #expect(parts.map { $0.asMap?["size"] } == [5, 3])
      #expect(
        parts[1].asMap?["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
  }

  @Test("has pages in JSON, XML with namespaces, and GB 18030")
  func goods() async throws {
    try await serving { client async throws in
      #expect(try Self.json(try await client.get("/items"))["items"]?.asList?.count == 3)
      let catalogue = try await client.get("/catalogue.xml")
      #expect(try Self.xpath(catalogue, "//_:item[@sku='A-1']/p:price", as: "xml") == ["129.5"])
      let chinese = try await client.get("/gb18030.html")
      #expect(chinese.headers["content-type"] == "text/html")
      #expect(try Self.xpath(chinese, "//h1") == ["欢迎光临"])
    }
  }

  @Test(
    "refuses what it does not take, and says what it takes",
    arguments: [
      ("PUT", "/orders", "", "application/json", 405, "POST"), ("GET", "/graphql", "", "", 405, "POST"),
      ("POST", "/orders/x", "", "", 405, "GET, DELETE, HEAD"), ("DELETE", "/login", "", "", 405, "GET, POST, HEAD"),
      ("GET", "/nothing", "", "", 404, nil), ("GET", "/%zz", "", "", 400, nil), ("GET", "/stock/x", "", "", 404, nil),
      ("POST", "/login", "{}", "text/plain", 415, nil), ("POST", "/login", "[", "application/json", 400, nil),
      ("POST", "/login", "[]", "application/json", 400, nil), ("POST", "/login", "{}", "application/json", 401, nil),
      ("POST", "/graphql", "{}", "application/json", 400, nil), ("POST", "/upload", "", "text/plain", 415, nil),
      ("POST", "/upload", "", "multipart/form-data", 400, nil),
      ("POST", "/upload", "--x", "multipart/form-data; boundary=x", 400, nil),
      ("POST", "/upload", "--x\r\n\r\n", "multipart/form-data; boundary=x", 400, nil),
      ("POST", "/upload", "--x\r\n--x--", "multipart/form-data; boundary=x", 400, nil),
      ("POST", "/login", "a=%zz", "application/x-www-form-urlencoded", 400, nil),
    ] as [(String, String, String, String, Int, String?)])
  func refusals(_ method: String, path: String, body: String, type: String, status: Int, allow: String?) async throws {
    try await serving { client async throws in
      let answer = try await Self.send(client, method, path, body, type: type)
      #expect(answer.status == status)
      #expect(answer.headers["allow"] == allow)
      #expect(answer.text.contains("\"error\""))
    }
  }
}
