import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The command line")
struct CommandLineTests {
  static let fine = "version: 1\nchecks:\n  - {id: a, http: {url: \"http://127.0.0.1:1/\"}}\n"

  @Test(
    "answers wrong usage with exit code 2, and a sentence that names what was wrong",
    arguments: [
      (["frobnicate"], "frobnicate"), (["check"], "scenario file"), (["validate"], "scenario file"),
      (["check", "a.yaml", "--frob"], "--frob"), (["check", "a.yaml", "--jobs", "0"], "--jobs 0"),
      (["check", "a.yaml", "--jobs", "many"], "many"), (["check", "a.yaml", "--format", "xml"], "xml"),
      (["check", "a.yaml", "--label", "tier"], "tier"), (["check", "a.yaml", "--base", "x=no-url"], "no-url"),
      (["check", "a.yaml", "--var", "nothing"], "nothing"),
      (["check", "a.yaml", "--vars-file", "none.yaml"], "none.yaml"),
      (["check", "none.yaml"], "none.yaml"), (["validate", "none.yaml"], "none.yaml"),
      (["run", "none.yaml"], "none.yaml"),
      (["run"], "scenario files"), (["run", "a.yaml", "--listen", "nowhere"], "nowhere"),
      (["run", "a.yaml", "--config", "none.yaml"], "none.yaml"), (["run", "a.yaml", "--log-format", "xml"], "xml"),
      (["report", "--window", "never"], "never"), (["report", "--at", "yesterday"], "yesterday"),
      (["report", "--store", "postgres://a/b"], "postgres"), (["report", "--store", "sqlite:none.db"], "none.db"),
      (["import", "none.ndjson"], "none.ndjson"), (["eval"], "expression"), (["eval", "1 +"], "compiled"),
      (["eval", "x", "--vars", "none.json"], "none.json"), (["eval", "--batch", "none.jsonl"], "none.jsonl"),
      (["probe", "http"], "target"), (["probe", "smoke", "a"], "smoke"), (["probe", "tcp", "no-port"], "no-port"),
      (["probe", "http", "a", "--count", "3"], "--count"), (["probe", "icmp", "a", "--count", "0"], "--count 0"),
      (["probe", "dns", "a", "--transport", "pigeon"], "pigeon"), (["probe", "tls", "a:1", "--starttls", "x"], "'x'"),
      (["probe", "http", "a", "--timeout", "soon"], "soon"), (["demo", "--listen", "nowhere"], "nowhere"),
    ])
  func wrongUsage(arguments: [String], words: String) async throws {
    let workspace = try Workspace(["a.yaml": Self.fine])
    let outcome = try await CurlewProcess.run(arguments, in: workspace.folder)
    #expect(outcome.exitCode == 2, "\(outcome.stdout) \(outcome.stderr)")
    #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
    #expect(outcome.stdout.isEmpty)
  }

  @Test(
    "tells of a store that is misspelt without the password in it",
    arguments: [
      ["report", "--store", "STORE"], ["run", "a.yaml", "--store", "STORE"], ["hub", "a.yaml", "--store", "STORE"],
      ["import", "runs.ndjson", "--store", "STORE"], ["incidents", "list", "--store", "STORE"],
      ["history", "copy", "STORE", "b.db"], ["run", "a.yaml", "--config", "curlew.yaml"],
      ["hub", "a.yaml", "--config", "curlew.yaml"], ["report", "--config", "curlew.yaml"],
    ],
    [
      "postgre://ada:s3cret@127.0.0.1:1/db", "postgres:ada:s3cret@127.0.0.1/db", "post.gres://ada:s3cret@127.0.0.1/db",
      "//ada:s3cret@127.0.0.1/db", "sqlite://ada:s3cret@127.0.0.1/db", "postgres://ada:s3@s3cret@127.0.0.1/db",
    ])
  func misspeltStore(arguments: [String], store: String) async throws {
    let workspace = try Workspace([
      "a.yaml": Self.fine, "curlew.yaml": "listen: 127.0.0.1:0\nstore: \(store)\n", "runs.ndjson": "",
    ])
    let outcome = try await CurlewProcess.run(
      arguments.map { $0 == "STORE" ? store : $0 }, in: workspace.folder)
    #expect(outcome.exitCode == 2, "\(outcome.stdout) \(outcome.stderr)")
    #expect(!outcome.stderr.isEmpty)
    #expect(!(outcome.stdout + outcome.stderr).contains("s3cret"), "\(outcome.stderr)")
  }

  @Test("names each of its commands in its help, and its version", arguments: ["--help", "help"])
  func help(argument: String) async throws {
    let outcome = try await CurlewProcess.run([argument])
    #expect(outcome.exitCode == 0)
    for command in ["run", "check", "validate", "schema", "eval", "probe", "report", "import", "demo"] {
      #expect(outcome.stdout.contains("  \(command) "), "\(command)")
    }
    #expect(try await CurlewProcess.run(["--version"]).stdout.contains(/^[0-9]+\.[0-9]+\.[0-9]+\n$/))
  }

  @Test("says in one sentence that a file cannot be read", arguments: ["check", "validate", "run"])
  func unreadable(command: String) async throws {
    let workspace = try Workspace(["a.yaml": Self.fine])
    try TestProgram.run(["chmod", "000", "a.yaml"], in: workspace.folder)
    let outcome = try await Self.asNobody([command, "a.yaml"], in: workspace)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("'a.yaml'"))
    #expect(outcome.stderr.contains("ermission denied"), "\(outcome.stderr)")
  }

  /// Runs `curlew` as somebody whom permissions bind: root reads and writes where it likes.
  private static func asNobody(_ arguments: [String], in workspace: Workspace) async throws -> ChildProcess.Outcome {
    try TestProgram.run(["chmod", "755", "."], in: workspace.folder)
    let somebody = geteuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    return try await ChildProcess.run(somebody + [try CurlewProcess.binary.get()] + arguments, in: workspace.folder)
  }

  @Test(
    "says in one sentence that standard input cannot be read, and leaves with 2",
    arguments: ["check -", "validate -", "run -", "import -"], ["<&-", "</tmp"])
  func closedInput(command: String, input: String) async throws {
    let workspace = try Workspace()
    let outcome = try await ChildProcess.run(
      ["sh", "-c", "\"$0\" \(command) \(input)", try CurlewProcess.binary.get()], in: workspace.folder)
    #expect(outcome.exitCode == 2, "\(outcome.stderr)")
    #expect(outcome.stderr.hasPrefix("curlew: cannot read standard input: "), "\(outcome.stderr)")
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
  }

  @Test("says in one sentence that a port is taken, and leaves with 2")
  func portTaken() async throws {
    let workspace = try Workspace(["a.yaml": Self.fine])
    let server = try SocketServer { _ in }
    let outcome = try await workspace.curlew("run", "a.yaml", "--listen", "127.0.0.1:\(server.port)")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("127.0.0.1:\(server.port)"))
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
  }

  @Test("says in one sentence that history cannot be kept where it should be, and leaves with 2")
  func storeRefused() async throws {
    let workspace = try Workspace(["a.yaml": Self.fine])
    for store in ["sqlite:none/curlew.db", "sqlite:/proc/curlew.db", "sqlite:a.yaml", "mysql://a:secret@b"] {
      let outcome = try await workspace.curlew("run", "a.yaml", "--listen", "127.0.0.1:0", "--store", store)
      #expect(outcome.exitCode == 2, "\(store)")
      // Of a URL nothing is told but its scheme: it may hold a password.
      let path = store.hasPrefix("mysql") ? "mysql:" : store.replacing("sqlite:", with: "")
      #expect(!outcome.stderr.contains("secret"))
      #expect(outcome.stderr.contains(path), "\(outcome.stderr)")
      #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
    }
  }

  @Test("says in one sentence that a folder is read-only, and leaves with 2")
  func readOnly() async throws {
    let workspace = try Workspace(["a.yaml": Self.fine])
    try TestProgram.run(["mkdir", "locked"], in: workspace.folder)
    try TestProgram.run(["chmod", "555", "locked"], in: workspace.folder)
    let outcome = try await Self.asNobody(
      ["run", "a.yaml", "--listen", "127.0.0.1:0", "--store", "sqlite:locked/curlew.db"], in: workspace)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains("locked/curlew.db"), "\(outcome.stderr)")
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
  }
}

@Suite("curlew validate")
struct ValidateTests {
  @Test("counts what is fine, and ends with 0")
  func fine() async throws {
    let workspace = try Workspace(["a.yaml": CommandLineTests.fine])
    let outcome = try await workspace.curlew("validate", "a.yaml")
    #expect(outcome.exitCode == 0)
    #expect(outcome.stdout == "1 check in 1 file: no problems\n")
    #expect(outcome.stderr.isEmpty)
  }

  @Test("names every problem of every file in one pass, each with its place and carets")
  func problems() async throws {
    let workspace = try Workspace([
      "one.yaml": "version: 1\nchecks:\n  - id: a\n    htpp: {url: \"http://a.example/\"}\n",
      "two.yaml": "version: 1\nchecks:\n  - id: b\n    http: {url: \"http://a.example/\", expect: [statu == 200]}\n",
    ])
    let outcome = try await workspace.curlew("validate", "one.yaml", "two.yaml")
    #expect(outcome.exitCode == 2)
    #expect(outcome.stdout.isEmpty)
    #expect(outcome.stderr.contains("one.yaml:4:5"))
    #expect(outcome.stderr.contains("htpp") && outcome.stderr.contains("http"))
    #expect(outcome.stderr.contains("two.yaml:4:47"))
    #expect(outcome.stderr.contains("did you mean"))
    #expect(outcome.stderr.contains("^^^^"))
  }

  @Test("sends nothing")
  func sendsNothing() async throws {
    let server = try HTTPTestServer { _ in [.text("HTTP/1.1 200 OK\r\n\r\n")] }
    defer { server.stop() }
    let workspace = try Workspace([
      "a.yaml": "version: 1\nchecks:\n  - {id: a, http: {url: \"http://127.0.0.1:\(server.port)/\"}}\n"
    ])
    #expect(try await workspace.curlew("validate", ".").exitCode == 0)
    #expect(server.requests.isEmpty)
  }
}

@Suite("curlew eval")
struct EvalTests {
  @Test(
    "writes the value as JSON",
    arguments: [
      ("1 + 2", "3"), ("'a' + \"b\"", "\"ab\""), ("[1, 2].map(x, x * 2)", "[2,4]"), ("{'a': true}", "{\"a\":true}"),
      ("duration('90s')", "\"90s\""), ("b'abc'", "\"YWJj\""),
    ])
  func value(expression: String, json: String) async throws {
    let outcome = try await CurlewProcess.run(["eval", expression])
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    #expect(outcome.stdout == json + "\n")
  }

  @Test("reads variables from a JSON file")
  func variables() async throws {
    let workspace = try Workspace(["v.json": "{\"items\": [{\"sku\": \"A-1\"}]}"])
    let outcome = try await workspace.curlew("eval", "items.exists(i, i.sku == 'A-1')", "--vars", "v.json")
    #expect(outcome.stdout == "true\n")
    // Different members to JSON, the same name to Unicode.
    let twins = try Workspace(["v.json": #"{"\u00e9": 1, "e\u0301": 2, "x": 3}"#])
    #expect(try await twins.curlew("eval", "x", "--vars", "v.json").stdout == "3\n")
  }

  @Test("points to what is wrong: 2 for an expression that is none, 1 for one that ends in an error")
  func wrong() async throws {
    let none = try await CurlewProcess.run(["eval", "1 + frob"])
    #expect(none.exitCode == 2)
    #expect(none.stderr.contains("  1 + frob\n      ^^^^\n"))
    let failing = try await CurlewProcess.run(["eval", "1 / 0"])
    #expect(failing.exitCode == 1)
    #expect(failing.stderr.contains("zero"))
    #expect(failing.stdout.isEmpty)
  }

  @Test("answers a batch line by line, bad lines included")
  func batch() async throws {
    let lines = """
      {"id": "1", "expr": "x + 1", "bindings": {"x": {"int64Value": "41"}}}

      {"id": "2", "expr": "1 / 0"}
      nonsense
      {"id": "3", "expr": "a.b", "bindings": {"a.b": {"stringValue": "c"}}}

      """
    let outcome = try await CurlewProcess.run(["eval", "--batch", "-"], input: lines)
    #expect(outcome.exitCode == 0)
    let answers = outcome.stdout.split(separator: "\n").map(String.init)
    #expect(answers.count == 4)
    let first = try JSONValue(answers[0])
    #expect(first.id.text == "1")
    #expect(first.value.int64Value.text == "42")
    #expect(try JSONValue(answers[1]).error.text?.contains("zero") == true)
    #expect(try JSONValue(answers[2]).error.text != nil)
    #expect(try JSONValue(answers[3]).value.stringValue.text == "c")
  }
}

@Suite("curlew probe")
struct ProbeTests {
  @Test("shows what one exchange showed: phases that add up, and facts")
  func http() async throws {
    let server = try HTTPTestServer { _ in
      [.text("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello")]
    }
    defer { server.stop() }
    let outcome = try await CurlewProcess.run(["probe", "http", "127.0.0.1:\(server.port)/a"])
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    for word in ["✓ http", "resolve", "connect", "wait", "receive", "total", "status", "200", "content-type"] {
      #expect(outcome.stdout.contains(word), "\(word)")
    }
    let json = try await CurlewProcess.run(["probe", "http", "http://127.0.0.1:\(server.port)/", "--format", "json"])
    let report = try JSONValue(json.stdout)
    #expect(report.failure.isNull)
    #expect(report.facts.status.int == 200)
    #expect(report.facts.body.text == "hello")
    let phases = report.facts.phases
    let sum = phases.keys.compactMap { phases[$0].number }.reduce(0, +)
    #expect(abs(sum - (report.facts.elapsed.number ?? 0)) < 1e-6)
  }

  @Test("ends with 1 when the target fails, and says how far it came")
  func failure() async throws {
    let outcome = try await CurlewProcess.run(["probe", "tcp", "127.0.0.1:1"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.stdout.contains("✗ connect_refused in connect"))
  }

  @Test("speaks to a real TLS server and tells why its certificate is not trusted")
  func tls() async throws {
    let server = try OpenSSLServer("good")
    let outcome = try await CurlewProcess.run(["probe", "tls", "127.0.0.1:\(server.port)", "--format", "json"])
    #expect(outcome.exitCode == 1)
    let report = try JSONValue(outcome.stdout)
    #expect(report.failure.code.text == "certificate_invalid")
    #expect(report.facts.verified.flag == false)
    #expect(report.facts.certificate.subject.text?.contains("good.example") == true)
    let insecure = try await CurlewProcess.run(["probe", "tls", "127.0.0.1:\(server.port)", "--insecure"])
    #expect(insecure.exitCode == 0)
    #expect(insecure.stdout.contains("TLSv1.3"))
  }

  @Test("speaks to a real name server")
  func dns() async throws {
    let port = try DNSServer.shared.get().port
    let outcome = try await CurlewProcess.run([
      "probe", "dns", "mail.example.test", "--type", "mx", "--server", "127.0.0.1:\(port)", "--format", "json",
    ])
    #expect(outcome.exitCode == 0, "\(outcome.stdout)")
    let report = try JSONValue(outcome.stdout)
    #expect(report.facts.rcode.text == "NOERROR")
    #expect(
      Set(report.facts.answers.items.compactMap(\.data.text)) == ["10 mx1.example.test.", "20 mx2.example.test."])
  }
}
