import Documents
import Expressions
import Model
import Scenarios
import Testing

@Suite struct TemplateTests {
  @Test("a probe without templates is ready before any run")
  func literal() throws {
    let check = try loadCheck("http: {url: 'https://shop.example/$${x}'}")
    #expect(check.onlyStep.probe.fixed != nil)
    #expect(try check.httpSpec().url == "https://shop.example/$%7Bx%7D")
  }

  @Test("constant variables, secrets and the environment are filled in at load")
  func constants() throws {
    let check = try loadCheck(
      "http: {url: '${base}/${vars.path}', headers: {A: '${secrets.token}', B: '${env.REGION}'}}",
      variables: "{base: 'https://${host}', host: shop.example, path: '${1 + 1}'}", secrets: "{token: {env: TOKEN}}",
      environment: ["TOKEN": "t", "REGION": "eu"])
    #expect(check.onlyStep.probe.fixed != nil)
    #expect(check.check.host == "shop.example")
    let spec = try check.httpSpec()
    #expect(spec.url == "https://shop.example/2")
    #expect(spec.headers == [HeaderField("A", "t"), HeaderField("B", "eu")])
  }

  @Test("what only a run knows is filled in by each run")
  func run() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/${run.check}/${run.slot}', headers: {T: '${run.trace_id}', N: '${now}'}}")
    #expect(check.onlyStep.probe.fixed == nil)
    let spec = try check.httpSpec()
    #expect(spec.url == "https://shop.example/a/42")
    #expect(spec.headers.first == HeaderField("T", "4bf92f3577b34da6"))
    #expect(spec.headers.last?.value.contains("2023-11-14T22:13:20Z") == true)
  }

  @Test("a variable is computed once a run, and anew in the next")
  func oncePerRun() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/${order}/${order}'}", variables: "{order: '${uuid()}'}")
    let scope = check.scope()
    guard case .http(let first) = try check.onlyStep.probe.spec(in: scope),
      case .http(let again) = try check.onlyStep.probe.spec(in: scope)
    else { throw ScenarioCheck.Unexpected() }
    let parts = first.url.split(separator: "/")
    #expect(parts[2] == parts[3])
    #expect(first == again)
    #expect(try check.httpSpec().url != first.url)
  }

  @Test("a template is evaluated anew at each attempt")
  func anew() throws {
    let check = try loadCheck("http: {url: 'https://shop.example/${uuid()}'}")
    #expect(try check.httpSpec().url != check.httpSpec().url)
  }

  @Test("one template alone keeps its type, inside of text it becomes text")
  func types() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/', json: {a: '${n}', b: '${n}!', c: '${items}', d: '${data}', e: ' ${n}', f: '${1.5}', g: '${null}'}}",
      variables: "{n: 5, items: [1, x], data: {k: true}}")
    #expect(
      try check.httpSpec().body
        == .bytes(
          Array(#"{"a":5,"b":"5!","c":[1,"x"],"d":{"k":true},"e":" 5","f":1.5,"g":null}"#.utf8),
          contentType: "application/json"))
  }

  @Test("a template may give a whole list or map")
  func collections() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/', headers: '${all}', query: {q: '${items}'}}",
      variables: "{all: {X-One: a, X-Two: [b, c]}, items: [1, 2]}")
    let spec = try check.httpSpec()
    #expect(spec.headers.count == 3)
    #expect(spec.url == "https://shop.example/?q=1&q=2")
  }

  @Test("characters that no URL may hold are percent-encoded")
  func encoding() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/${q}?q=${q}', query: {'a b': 'c&d'}}", variables: #"{q: "a b\"ü%41%\r\n"}"#)
    #expect(
      try check.httpSpec().url
        == "https://shop.example/a%20b%22%C3%BC%41%25%0D%0A?q=a%20b%22%C3%BC%41%25%0D%0A&a%20b=c%26d")
  }

  @Test(
    "a line end that a template brings where it must not stand fails the step, and not the load",
    arguments: [
      "headers: {A: '${evil}'}", "headers: '${{evil: \"x\"}}'", "cookies: {a: '${evil}'}", "method: '${evil}'",
      "multipart: '${{evil: \"x\"}}'", "auth: {bearer: '${evil}'}",
    ])
  func lineEnds(part: String) throws {
    let check = try loadCheck("http: {url: 'https://shop.example/', \(part)}", variables: #"{evil: "a\r\nb: c"}"#)
    #expect(check.onlyStep.probe.fixed == nil)
    #expect(throws: TemplateFailure.self) { try check.spec() }
  }

  @Test(
    "a template that cannot be evaluated, or gives nothing to send, fails the step",
    arguments: [
      ("'https://shop.example/${1 / 0}'", "division by zero"), ("'${\"shop\"}.example'", "no scheme"),
      ("'https://shop.example/${steps.login}'", ""), ("'https://${\"\"}'", "no host"),
    ])
  func failing(url: String, message: String) throws {
    guard !message.isEmpty else {
      #expect(load(["shop.yaml": "version: 1\nchecks: [{id: a, http: {url: \(url)}}]"]).scenario == nil)
      return
    }
    let check = try loadCheck("http: {url: \(url)}")
    let failure = try #require(throws: TemplateFailure.self) { try check.spec() }
    #expect(failure.message.contains(message))
    #expect(failure.excerpt.location.line == 6)
  }

  @Test("a file that is gone, or lies outside of the folder, fails the step at the run")
  func filesAtRun() throws {
    for name in ["missing.json", "../up.json", "/etc/passwd"] {
      let check = try loadCheck(
        "http: {url: 'https://shop.example/', file: '${name}'}", variables: "{name: \(name)}")
      #expect(throws: TemplateFailure.self) { try check.spec() }
    }
    let check = try loadCheck(
      "http: {url: 'https://shop.example/', file: '${name}'}", variables: "{name: order.json}",
      files: ["order.json": "{}"])
    #expect(try check.httpSpec().body == .file(path: "order.json", contentType: nil))
  }

  @Test("groups of a dialogue are left for the prober, other templates are filled in")
  func dialogue() throws {
    let check = try loadCheck(
      "tcp: {target: 'a.example:1', dialogue: [{expect: '^(?P<nonce>.*)$'}, {send: 'PONG ${1} ${nonce} ${user} $${2}'}]}",
      variables: "{user: me}")
    guard case .tcp(let spec) = try check.spec() else { throw ScenarioCheck.Unexpected() }
    #expect(spec.exchange == .dialogue([.expect("^(?P<nonce>.*)$"), .send("PONG ${1} ${nonce} me ${2}")]))
  }

  @Test("a dollar sign in a template's value arrives as it is: doubled where the prober reads groups, and nowhere else")
  func dollars() throws {
    let check = try loadCheck(
      """
      tcp:
            target: a.example:1
            dialogue:
              - send: "USER ${user}"
              - expect: ^(.*)$
              - send: "PASS ${user} $1 ${run.check}"
              - send: "${user}"
              - send: "${run.check + user}"
      """, variables: "{user: 'pa$$word$1${x}'}".replacing("${x}", with: "$"))
    guard case .tcp(let spec) = try check.spec() else { throw ScenarioCheck.Unexpected() }
    #expect(
      spec.exchange
        == .dialogue([
          .send("USER pa$$word$1$"), .expect("^(.*)$"), .send("PASS pa$$$$word$$1$$ $1 a"), .send("pa$$$$word$$1$$"),
          .send("apa$$$$word$$1$$"),
        ]))
    let message = try loadCheck("tcp: {target: 'a.example:1', send: '${user}'}", variables: "{user: a$1}")
    guard case .tcp(let plain) = try message.spec() else { throw ScenarioCheck.Unexpected() }
    #expect(plain.exchange == .message(send: Array("a$1".utf8), receive: nil))
  }

  @Test("what must be known before any run may use what no run changes")
  func checkKeys() throws {
    let check = try loadCheck(
      "every: ${rhythm}\n    name: Shop in ${env.REGION}\n    enabled: ${on}\n    icmp: {target: a.example}",
      variables: "{rhythm: 5m, on: false}", environment: ["REGION": "eu"])
    #expect(check.check.interval == .minutes(5))
    #expect(check.check.name == "Shop in eu")
    #expect(!check.check.isEnabled)
  }

  @Test("check keys see the check's own variables, and those of defaults")
  func ownVariables() throws {
    let scenario = try loadOne(
      """
      version: 1
      variables: {site: eu}
      defaults: {variables: {site: us}}
      checks:
        - {id: a, name: 'Shop ${site}', http: {url: 'https://${site}.example/'}}
        - {id: b, name: 'Shop ${site}', variables: {site: asia}, http: {url: 'https://${site}.example/'}}
        - {id: c, group: '${only}', variables: {only: own}, http: {url: 'https://${site}.example/'}}
      """)
    #expect(scenario.checks.map(\.check.name) == ["Shop us", "Shop asia", "c"])
    #expect(scenario.checks.map(\.check.host) == ["us.example", "asia.example", "eu.example"])
    #expect(scenario.checks[2].check.group == "own")
  }

  @Test("checks with the same variables of defaults share one scope")
  func sharedScope() throws {
    let checks = (0..<3).map { "  - {id: c\($0), icmp: {target: '${site}'}}\n" }.joined()
    let scenario = try loadOne(
      "version: 1\ndefaults: {variables: {site: a.example}}\nchecks:\n\(checks)  - {id: own, variables: {site: b.example}, icmp: {target: '${site}'}}\n"
    )
    #expect(scenario.checks[0].variables === scenario.checks[2].variables)
    #expect(scenario.checks[0].variables !== scenario.checks[3].variables)
  }

  @Test("a variable that looks at all of them sees all of them")
  func allVariables() throws {
    let check = try loadCheck(
      "http: {url: 'https://shop.example/${a}/${b}'}",
      variables: "{a: '${\"zz\" in vars}', b: '${vars.size()}', zz: 1}")
    #expect(try check.httpSpec().url == "https://shop.example/true/3")
  }

  @Test(
    "the host that counts for the limit is known wherever it is written out",
    arguments: [
      ("http: {url: 'https://Shop.example/a', headers: {T: '${uuid()}'}}", "shop.example"),
      ("http: {url: 'https://shop.example/', body: '${run.slot}'}", "shop.example"),
      ("http: {url: 'https://shop.example/${uuid()}'}", "shop.example"),
      ("http: {url: '${base}:8080/${uuid()}'}", "shop.example"), ("http: {url: '${base}?${run.slot}'}", "shop.example"),
      ("http: {url: 'https://[::1]/${uuid()}'}", "::1"), ("http: {url: 'https://shop.example${run.slot}/'}", nil),
      ("http: {url: 'https://${run.slot}.shop.example/'}", nil), ("http: {url: '${run.id}'}", nil),
      ("tcp: {target: 'shop.example:1', send: '${uuid()}'}", "shop.example"), ("tcp: {target: '${run.id}:1'}", nil),
      ("dns: {name: '${run.check}.example', server: 192.0.2.1}", nil),
      ("dns: {name: a.example, server: '${run.id}'}", nil),
    ] as [(String, String?)])
  func hosts(probe: String, host: String?) throws {
    #expect(try loadCheck(probe, variables: "{base: 'https://shop.example'}").check.host == host)
  }

  @Test("what a run's template brings of expectations fails the step: nobody compiled it")
  func expectationsAtRun() throws {
    let check = try loadCheck(
      "http: '${run.slot > 0 ? whole : plain}'",
      variables: "{whole: {url: 'https://a.example/', expect: ['status == 404']}, plain: {url: 'https://a.example/'}}")
    let failure = try #require(throws: TemplateFailure.self) { try check.spec() }
    #expect(failure.message == "'expect' must be written out in the check, not brought by a template")
  }

  @Test("a variable without a value fails with a code of its own, by whatever name it is read")
  func variableFailures() throws {
    let check = try loadCheck(
      "http: {url: 'http://a.example/', expect: [size < limit, size < vars.limit, size < twice]}",
      variables: "{limit: '${int(run.check)}', twice: '${limit * 2}'}")
    let bindings = check.scope().bindings(facts: ["size": .int(1)] as [String: Value])
    for expectation in check.onlyStep.expectations {
      let error = try #require(throws: EvaluationError.self) { try expectation.expression.evaluate(bindings) }
      #expect(error.code == .variable)
      #expect(error.message.hasPrefix("variable '"))
    }
  }

  @Test("a fact comes before a variable of its name, which `vars` still reaches")
  func shadowing() throws {
    let check = try loadCheck(
      "http: {url: 'http://a.example/${redirects}', expect: [redirects == 1, vars.redirects == 5, limit == 7]}",
      variables: "{redirects: 5, limit: 7}")
    #expect(try check.httpSpec().url == "http://a.example/5")
    let bindings = check.scope().bindings(facts: ["redirects": .int(1)] as [String: Value])
    for expectation in check.onlyStep.expectations {
      #expect(try expectation.expression.evaluate(bindings) == .bool(true))
    }
  }
}
