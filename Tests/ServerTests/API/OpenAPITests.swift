import Expressions
import Model
import Server
import Testing

@Suite("The description of the API")
struct OpenAPITests {
  @Test("every route is described, with its methods, and nothing else is")
  func routes() throws {
    guard case .map(let document) = try JSON.parse(OpenAPI.document), case .map(let paths)? = document["paths"] else {
      Issue.record("the description is no object with paths")
      return
    }
    #expect(Set(paths.names) == Set(APIRoute.allCases.map(\.rawValue)))
    for route in APIRoute.allCases {
      guard case .map(let operations)? = paths[route.rawValue] else { continue }
      let wanted = (route.isRead ? ["get"] : []) + (route.writingScope == nil ? [] : ["post"])
      #expect(Set(operations.names) == Set(wanted), "\(route.rawValue)")
    }
  }

  @Test("the description is served to every site")
  func served() async throws {
    try await ServerFixture([.sample("a")]).serving { client async throws in
      let answer = try await client.get("/api/openapi.json")
      #expect(answer.bytes == OpenAPI.document)
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.headers["access-control-allow-origin"] == "*")
    }
  }
}
