import Documents
import Fleet
import Model
import Scenarios
import TestSupport
import Testing

@Suite("What a check needs from outside of its files")
struct CheckNeedsTests {
  private func needs(
    _ check: String, above: String = "", files: [String: String] = [:], environment: [String: String] = [:]
  ) throws -> CheckNeeds {
    let text = "version: 1\n\(above)\nchecks:\n  - id: a\n    \(check)\n"
    let hub = try BundleHub(
      MemoryFiles(files.merging(["shop.yaml": text]) { $1 }),
      environment: environment.merging(["ONE": "1", "TWO": "2", "THREE": "3", "RATE": "30s"]) { $1 })
    return hub.supply.needs(of: try #require(CheckID("a")))
  }

  private static let secrets = "secrets: {one: {env: ONE}, two: {env: TWO}, three: {env: THREE}}"

  @Test(
    "is found in templates, expressions, and in the variables that they use",
    arguments: [
      ("http: {url: 'https://a.example/${secrets.one}'}", ["one"]),
      ("http: {url: 'https://a.example/${secrets[\"two\"]}'}", ["two"]),
      ("http: {url: 'https://a.example/${secrets [ ''two'' ]}'}", ["two"]),
      ("http: {url: 'https://a.example/', expect: [body.contains(secrets . three)]}", ["three"]),
      ("http: {url: 'https://a.example/${own}'}", ["one"]),
      ("http: {url: 'https://a.example/${vars.own}'}", ["one"]),
      ("http: {url: 'https://a.example/${chain}'}", ["one"]),
      ("variables: {mine: '${secrets.two}'}\n    http: {url: https://a.example/}", ["two"]),
      ("http: {url: 'https://a.example/', auth: {basic: {username: me, password: '${secrets.three}'}}}", ["three"]),
      ("http: {url: 'https://a.example/', headers: '${ {\"x\": secrets.one} }'}", ["one"]),
      ("http: {url: 'https://a.example/'}", []),
    ])
  func secrets(check: String, names: [String]) throws {
    let above = Self.secrets + "\nvariables: {own: '${secrets.one}', chain: ['${own}']}"
    let needs = try needs(check, above: above)
    #expect(needs.secrets == Set(names.map { SecretName(file: "shop.yaml", name: $0) }))
  }

  @Test(
    "is every secret in sight where the text does not say which",
    arguments: [
      "http: {url: 'https://a.example/${string(size(secrets))}'}", "http: {url: 'https://a.example/${all}'}",
      "http: {url: 'https://a.example/${string(size(vars))}'}",
      "http: {url: https://a.example/, expect: ['secrets.exists(name, secrets[name] == body)']}",
      "http: {url: https://a.example/, expect: ['body in [\"one\"].map(n, secrets[n])']}",
    ])
  func wholesale(check: String) throws {
    let needs = try needs(check, above: Self.secrets + "\nvariables: {all: '${string(size(secrets))}'}")
    #expect(needs.secrets.count == 3)
  }

  @Test("is found at the end of a chain of names, however long")
  func chain() throws {
    var above = Self.secrets + "\nvariables:\n  v0: '${secrets.two}'\n"
    for index in 1..<1_000 { above += "  v\(index): '${v\(index - 1)}'\n" }
    let needs = try needs("http: {url: https://a.example/, expect: [body == v999]}", above: above)
    #expect(needs.secrets == [SecretName(file: "shop.yaml", name: "two")])
  }

  @Test("is found in the defaults of the file, and in the environment")
  func environment() throws {
    let needs = try needs(
      "http: {url: 'https://a.example/${env.ONE}'}",
      above: "defaults: {every: '${env[\"RATE\"]}'}\nvariables: {x: '${env.TWO}'}")
    #expect(needs.environment == ["ONE", "RATE"])
    #expect(needs.secrets.isEmpty)
  }

  @Test(
    "cannot be found where the name of a variable of the environment is computed: a hub is told where, and a daemon takes it",
    arguments: [
      ("http: {url: 'https://a.example/${env[\"O\" + \"NE\"]}'}", "shop.yaml:5:38"),
      ("http: {url: 'https://env.example/${env[name]}'}", "shop.yaml:5:40"),
      ("http: {url: https://a.example/, expect: ['body == env.TWO + env[name]']}", "shop.yaml:5:65"),
      ("http: {url: https://a.example/, expect: ['env.exists(key, key == body)']}", "shop.yaml:5:47"),
      ("http: {url: 'https://a.example/${chosen}'}", "shop.yaml:2:35"),
    ])
  func computedNames(check: String, place: String) throws {
    let above = "variables: {name: ONE" + (check.contains("chosen") ? ", chosen: '${env[name]}'}" : "}")
    let files = MemoryFiles(["shop.yaml": "version: 1\n\(above)\nchecks:\n  - id: a\n    \(check)\n"])
    func load(findsNeeds: Bool) -> LoadResult {
      ScenarioLoader(environment: ["ONE": "1", "TWO": "2"], files: files, findsNeeds: findsNeeds)
        .load(paths: ["shop.yaml"])
    }
    #expect(load(findsNeeds: false).diagnostics.isEmpty)
    let problems = load(findsNeeds: true).diagnostics.map { $0.rendered() }
    #expect(problems.count == 1)
    let problem = try #require(problems.first)
    #expect(problem.contains("a hub gives its nodes only those whose names are written out"))
    #expect(problem.contains("write env.NAME"))
    #expect(problem.contains("\(place)"), "\(problem)")
  }

  @Test(
    "is a variable of the environment of any name that is written out",
    arguments: ["env.ODD", "env [ \"ODD\" ]", "env[\"O-D.D\"]", "(has(env.ODD) ? env.ODD : env.ONE)"])
  func writtenNames(expression: String) throws {
    let needs = try needs(
      "http: {url: https://a.example/, expect: ['body == \(expression)']}",
      environment: ["ODD": "1", "O-D.D": "2"])
    #expect(needs.environment.isSuperset(of: [expression.contains("-") ? "O-D.D" : "ODD"]))
  }

  @Test("is found in fragments of other files, as those see it")
  func fragments() throws {
    let needs = try needs(
      "journey: {steps: [{use: outer}]}", above: "include: [parts.yaml]\nsecrets: {one: {env: THREE}}",
      files: [
        "parts.yaml": """
        version: 1
        secrets: {one: {env: ONE}, two: {env: TWO}}
        variables: {path: '${secrets.one}'}
        fragments:
          inner: {steps: [{step: x, http: {url: 'https://a.example/${path}'}}]}
          outer: {steps: [{use: inner}]}
          other: {steps: [{step: y, http: {url: 'https://a.example/${secrets.two}'}}]}
        """
      ])
    #expect(needs.secrets == [SecretName(file: "parts.yaml", name: "one")])
  }

  @Test("is the file of a key, and every one of the folder where a template says which")
  func keys() throws {
    let files = ["a.pem": "A", "a.key": "K", "tls/b.key": "B"]
    let fixed = try needs("http: {url: https://a.example, tls: {cert: a.pem, key: a.key}}", files: files)
    #expect(fixed.secrets == [SecretName(file: "a.pem", name: ""), SecretName(file: "a.key", name: "")])
    let computed = try needs(
      "http: {url: https://a.example, tls: {cert: '${base}.pem', key: '${base}.key'}}", above: "variables: {base: a}",
      files: files)
    #expect(computed.secrets == fixed.secrets)
  }

  @Test("is the file of modules for those that name one")
  func modules() throws {
    let files = MemoryFiles([
      "shop.yaml": """
      version: 1
      checks:
        - {id: a, module: {name: page, target: shop.example}}
        - {id: b, http: {url: https://b.example}}
      """,
      "blackbox.yml": "modules: {page: {prober: http, http: {basic_auth: {username: me, password: hidden-1}}}}",
    ])
    let capabilities = Capabilities(modules: PageModules())
    let hub = try BundleHub(files, capabilities: capabilities, modules: "blackbox.yml")
    #expect(!String(decoding: hub.bundle.bytes, as: UTF8.self).contains("hidden-1"))
    #expect(hub.bundle.modules == "blackbox.yml")
    let own = hub.supply.values(for: ["a"].compactMap(CheckID.init))
    #expect(own.secrets["blackbox.yml"]?[""]?.contains("hidden-1") == true)
    #expect(hub.supply.values(for: ["b"].compactMap(CheckID.init)).secrets.isEmpty)
    let read = try hub.bundle.files(supplied: own).read("blackbox.yml", limit: 1 << 20)
    #expect(String(decoding: read, as: UTF8.self).contains("hidden-1"))
    let without = try hub.bundle.files(supplied: SuppliedValues()).read("blackbox.yml", limit: 1 << 20)
    #expect(String(decoding: without, as: UTF8.self) == "modules: {}\n")
    #expect(try hub.node(["a"], capabilities: capabilities).checks.map(\.check.id.text) == ["a"])
  }

  @Test("is told apart by a digest that says nothing of the values, and is the same everywhere")
  func digests() throws {
    let text =
      "version: 1\nsecrets: {one: {env: ONE}, two: {env: TWO}}\nchecks:\n"
      + "  - {id: a, http: {url: 'https://a.example/${secrets.one}'}}\n  - {id: b, http: {url: 'https://b.example/${secrets.two}'}}\n"
    func digest(_ environment: [String: String], _ checks: [String]) throws -> String {
      let hub = try BundleHub(MemoryFiles(["shop.yaml": text]), environment: environment)
      return hub.supply.values(for: checks.compactMap(CheckID.init)).digest
    }
    let first = try digest(["ONE": "1", "TWO": "2"], ["a", "b"])
    #expect(try digest(["ONE": "1", "TWO": "2", "HOME": "/"], ["b", "a"]) == first)
    #expect(try digest(["ONE": "1", "TWO": "3"], ["a", "b"]) != first)
    #expect(try digest(["ONE": "1", "TWO": "2"], ["a"]) != first)
    // Whoever knows `one` alone cannot try it: `two` goes into the key.
    #expect(try digest(["ONE": "1", "TWO": "2"], ["a"]) != digest(["ONE": "1", "TWO": "3"], ["a"]))
    #expect(first.count == 32)
  }
}
