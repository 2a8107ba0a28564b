import Conversion
import Model
import Scenarios
import Testing

@Suite("A backup of Uptime Kuma")
struct KumaTests {
  private func scenario(_ monitors: String, more: String = "") throws -> Conversion {
    try convert("{\"version\": \"1\", \"notificationList\": [], \"monitorList\": [\(monitors)]\(more)}", as: .kuma)
  }

  @Test("has groups that become services, and groups in groups are taken apart")
  func groups() throws {
    let conversion = try scenario(
      """
      {"id": 1, "name": "All", "type": "group"}, {"id": 2, "name": "Inner", "type": "group", "parent": 1},
      {"id": 3, "name": "A", "type": "port", "hostname": "a.example", "port": 1, "parent": 2},
      {"id": 4, "name": "B", "type": "port", "hostname": "b.example", "port": 1, "parent": 1},
      {"id": 5, "name": "Empty", "type": "group"}
      """)
    let loaded = try load(conversion.scenario)
    #expect(loaded.services.map(\.id.text) == ["all", "inner"])
    #expect(loaded.services.map { $0.members.map(\.check.text) } == [["a", "b"], ["a"]])
    #expect(conversion.notes.contains { $0.isLoss && $0.message.contains("the group 'Empty' has no monitor") })
  }

  @Test("opens incidents after its retries, and closes them at once")
  func retries() throws {
    let conversion = try scenario(
      #"{"id": 1, "name": "A", "type": "http", "url": "https://a.example", "interval": 60, "maxretries": 3, "retryInterval": 20}"#
    )
    let check = try #require(try load(conversion.scenario).checks.first).check
    #expect(check.incidents.openAfter == 4)
    #expect(check.incidents.closeAfter == 1)
    #expect(check.timeout == .seconds(48))
    #expect(conversion.notes.contains { !$0.isLoss && $0.message.contains("here it always runs every 60 s") })
  }

  @Test(
    "has queries of JSON that become expressions",
    arguments: [
      ("$.a", "==", "5", "string(json.a) == \"5\""), ("a.b", "!=", "x", "string(json.a.b) != \"x\""),
      ("$.a", ">=", "5", "double(json.a) >= 5.0"), ("$.a", "contains", "y", "string(json.a).contains(\"y\")"),
    ])
  func queries(path: String, operation: String, expected: String, expression: String) throws {
    let conversion = try scenario(
      """
      {"id": 1, "name": "A", "type": "json-query", "url": "https://a.example", "jsonPath": "\(path)",
       "jsonPathOperator": "\(operation)", "expectedValue": "\(expected)"}
      """)
    #expect(conversion.scenario.contains(expression), "\(conversion.scenario)")
    _ = try load(conversion.scenario)
  }

  @Test("has kinds that nothing stands for, which are said")
  func losses() throws {
    let conversion = try scenario(
      """
      {"id": 1, "name": "A", "type": "port", "hostname": "a.example", "port": 1},
      {"id": 2, "name": "B", "type": "docker"}, {"id": 3, "name": "C", "type": "gamedig"}
      """)
    #expect(
      conversion.notes.count { $0.isLoss && $0.message.contains("is left out: there is no check of the kind") } == 2)
  }

  @Test(
    "is refused where it is none", arguments: ["{}", "[]", "7", "{\"monitorList\": []}", "{\"monitorList\": [{}]}"])
  func refused(text: String) {
    #expect(throws: ConversionFailure.self) { try convert(text, as: .kuma) }
  }
}
