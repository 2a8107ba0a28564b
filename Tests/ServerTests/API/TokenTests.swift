import Model
import Server
import TestSupport
import Testing

@Suite("Tokens of the API")
struct TokenTests {
  private static let draft = #"{"title":"Slow","text":"We look at it","author":"Ada"}"#

  private static func entry(_ token: String, _ scopes: APIToken.Scope...) -> APIToken {
    APIToken(name: "test", digest: TokenText.digest(token), scopes: Set(scopes))
  }

  @Test("a fresh token has 256 bits in letters that need no quoting, and is another one each time")
  func fresh() {
    let token = TokenText.fresh()
    #expect(token.hasPrefix("curlew_"))
    #expect(token.count == "curlew_".count + 43)
    #expect(
      token.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
      })
    #expect(token != TokenText.fresh())
  }

  @Test("without a token in the service file nothing is written, and the problem says how to make one")
  func none() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.post("/api/v1/incidents", Self.draft)
      #expect(answer.status == 403)
      #expect(answer.text.contains("urn:curlew:problem:no-tokens"))
      #expect(answer.text.contains("curlew token --name NAME --scope incidents"))
    }
  }

  @Test("a token writes what its scopes name, in either header, and nothing else")
  func scopes() async throws {
    let fixture = ServerFixture([try .sample("a")])
    fixture.access.apply(pages: [], tokens: [Self.entry("right", .incidents)])
    try await fixture.serving { client async throws in
      let missing = try await client.post("/api/v1/incidents", Self.draft)
      #expect(missing.status == 401)
      #expect(missing.headers["www-authenticate"] == #"Bearer realm="curlew""#)
      #expect(try await client.post("/api/v1/incidents", Self.draft, ["Authorization": "Bearer wrong"]).status == 401)
      #expect(try await client.post("/api/v1/incidents", Self.draft, ["Authorization": "bearer right"]).status == 201)
      #expect(try await client.post("/api/v1/incidents", Self.draft, ["X-Curlew-Token": "right"]).status == 201)
      let other = try await client.post("/api/v1/exclusions", "{}", ["Authorization": "Bearer right"])
      #expect(other.status == 403)
      #expect(other.text.contains("urn:curlew:problem:forbidden"))
    }
  }

  @Test("whoever guesses is slowed down, and whoever has a token is not")
  func guessing() async throws {
    let fixture = ServerFixture([try .sample("a")])
    fixture.access.apply(pages: [], tokens: [Self.entry("right", .incidents)])
    try await fixture.serving { client async throws in
      var last = 0
      for _ in 0..<21 {
        last = try await client.post("/api/v1/incidents", Self.draft, ["Authorization": "Bearer wrong"]).status
      }
      #expect(last == 429)
      #expect(try await client.post("/api/v1/incidents", Self.draft, ["Authorization": "Bearer right"]).status == 201)
      fixture.time.advance(by: .seconds(1))
      #expect(try await client.post("/api/v1/incidents", Self.draft, ["Authorization": "Bearer wrong"]).status == 401)
    }
  }
}
