import Foundation
import Model
import Server
import TestSupport
import Testing

/// Tools of others that read the description of the API, and hold the server to it.
@Suite("The API against its description")
struct DescriptionConformanceTests {
  /// `.ci/install-packages test` makes it.
  private static let tools = FileManager.default.currentDirectoryPath + "/.build/python/bin"
  private static let areThere = FileManager.default.isExecutableFile(atPath: tools + "/st")

  @Test("the description is valid OpenAPI 3.1", .enabled(if: areThere, ".ci/install-packages test was not run"))
  func valid() async throws {
    try await ServerFixture([]).serving { client async throws in
      let description = try await client.get("/api/openapi.json").text
      let outcome = try await ChildProcess.run([Self.tools + "/openapi-spec-validator", "-"], input: description)
      #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
    }
  }

  @Test(
    "answers to all kinds of requests are what the description says",
    .enabled(if: areThere, ".ci/install-packages test was not run"))
  func conforms() async throws {
    let fixture = try Self.furnished()
    try await fixture.serving(connectionLimit: 100) { client async throws in
      let outcome = try await ChildProcess.run(
        [
          Self.tools + "/st", "run", "http://127.0.0.1:\(client.port)/api/openapi.json", "--max-examples", "8",
          "--phases", "examples,coverage,fuzzing", "--max-time", "40", "--request-timeout", "60", "--no-color",
          "--generation-deterministic",
          "--no-shrink", "--continue-on-failure", "--warnings", "off", "--header", "Authorization: Bearer all",
          "--checks",
          "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance",
        ], within: .seconds(240))
      #expect(outcome.exitCode == 0, "\(outcome.stdout)\(outcome.stderr)")
    }
  }

  /// A server that has something of everything.
  private static func furnished() throws -> ServerFixture {
    var job = try Check.sample("backup")
    job.heartbeat = Heartbeat(grace: .seconds(60), token: Secret("job"))
    let page = try Check.sample("front-page", group: "shop")
    let fixture = ServerFixture([page, job])
    fixture.record(page, .up, slotsAgo: 1)
    fixture.record(page, .down, reason: Reason(code: .timeout, message: "no answer within 5 s"))
    fixture.access.apply(
      pages: [
        PageDefinition(
          id: "public", path: "/status", title: "Status",
          sections: [PageSection(title: nil, selection: .everything)])
      ],
      tokens: [APIToken(name: "all", digest: TokenText.digest("all"), scopes: Set(APIToken.Scope.allCases))])
    return fixture
  }
}
