import Documents
import Model
import Scenarios
import Testing

@Suite struct OverrideTests {
  private let probe = "http: {url: 'http://a.example/${x}'}"

  private func path(_ overrides: Overrides, files: [String: String] = [:], own: String = "") throws -> String {
    let check = try loadCheck(probe + own, variables: "{x: file}", files: files, overrides: overrides)
    return try String(check.httpSpec().url.dropFirst("http://a.example/".count))
  }

  @Test("later beats earlier: file, check, --vars-file, --var, --base")
  func precedence() throws {
    let files = ["v.yaml": "x: vars-file\n"]
    let own = "\n    variables: {x: check}"
    var overrides = Overrides()
    #expect(try path(overrides) == "file")
    #expect(try path(overrides, own: own) == "check")
    overrides.variableFiles = ["v.yaml"]
    #expect(try path(overrides, files: files, own: own) == "vars-file")
    overrides.variables = ["x=first", "x=var"]
    #expect(try path(overrides, files: files, own: own) == "var")
    overrides.bases = ["x=http://b.example"]
    #expect(try path(overrides, files: files, own: own) == "http://b.example")
  }

  @Test(
    "the text of --var is read as YAML",
    arguments: [
      ("5", #"{"x":5}"#), ("'5'", #"{"x":"5"}"#), ("no", #"{"x":"no"}"#), ("true", #"{"x":true}"#), ("", #"{"x":""}"#),
      ("[1, {a: b}]", #"{"x":[1,{"a":"b"}]}"#), ("a=b", #"{"x":"a=b"}"#),
      ("http://b.example/", #"{"x":"http://b.example/"}"#),
      ("null", #"{"x":null}"#), ("0x1F", #"{"x":31}"#), ("# nothing", #"{"x":null}"#), ("1e3", #"{"x":1000.0}"#),
    ])
  func yaml(text: String, json: String) throws {
    let check = try loadCheck(
      "http: {url: 'http://a.example/', json: {x: '${x}'}}", variables: "{x: file}",
      overrides: Overrides(variables: ["x=\(text)"]))
    guard case .bytes(let bytes, _) = try check.httpSpec().body else { throw ScenarioCheck.Unexpected() }
    let body = String(decoding: bytes, as: UTF8.self)
    #expect(body == json || body == json.replacing("1000.0", with: "1000"))
  }

  @Test("a variable that only the command line names is known in every file")
  func added() throws {
    let result = load(
      ["shop.yaml": "version: 1\nchecks: [{id: a, http: {url: '${shop}/a'}}]"],
      overrides: Overrides(bases: ["shop=http://b.example"]))
    #expect(try result.scenario?.checks.first?.httpSpec().url == "http://b.example/a")
  }

  @Test(
    "what cannot be read is told with the flag that it was given to",
    arguments: [
      (Overrides(variables: ["x"]), "--var:1:1"), (Overrides(variables: ["1x=2"]), "--var:1:1"),
      (Overrides(variables: ["x=[1"]), "--var x:1:3"), (Overrides(bases: ["x=shop"]), "--base x:1:1"),
      (Overrides(variableFiles: ["v.yaml"]), "v.yaml:1:1"), (Overrides(variables: ["x=${y}"]), "--var x:1:3"),
    ])
  func faults(overrides: Overrides, place: String) throws {
    let files = ["shop.yaml": "version: 1\nchecks: [{id: a, icmp: {target: b}}]", "v.yaml": "- x\n"]
    let result = load(files, overrides: overrides)
    #expect(result.scenario == nil)
    #expect(result.diagnostics.map { $0.excerpt?.location.description } == [place])
  }

  @Test("a file of variables that says nothing sets nothing", arguments: ["", "# nothing\n", "{}"])
  func emptyFile(text: String) throws {
    #expect(try path(Overrides(variableFiles: ["v.yaml"]), files: ["v.yaml": text]) == "file")
  }

  @Test("a file of variables that is not there is told")
  func missingFile() {
    let result = load(
      ["shop.yaml": "version: 1\nchecks: [{id: a, icmp: {target: b}}]"], overrides: Overrides(variableFiles: ["v.yaml"])
    )
    #expect(result.diagnostics.map(\.message) == ["'v.yaml' could not be read: there is no such file"])
  }
}
