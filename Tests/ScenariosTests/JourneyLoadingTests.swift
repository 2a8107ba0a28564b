import Expressions
import Model
import Scenarios
import Testing

@Suite struct JourneyLoadingTests {
  @Test("the journey of the design loads, with everything where it was written")
  func design() throws {
    let check = try loadOne(
      """
      version: 1
      variables: {base: https://shop.example}
      secrets: {password: {env: PASSWORD}}
      fragments: {logout: {steps: [{step: leave, http: {url: "${base}/logout"}}]}}
      checks:
        - id: checkout
          every: 5m
          journey:
            variables: {sku: A-1}
            steps:
              - step: login
                http: {method: POST, url: "${base}/login", json: {user: probe, password: "${secrets.password}"}}
                capture: {token: json.token}
              - step: order
                when: 'token != ""'
                http: {method: POST, url: "${base}/orders", headers: {Authorization: "Bearer ${token}"}, json: {sku: "${sku}"}}
                capture: {order: json.id}
                expect: [status == 201]
              - step: shipped
                http: {url: "${base}/orders/${order}"}
                until: ['json.state == "SHIPPED"']
                retry: {attempts: 10, delay: 500ms, backoff: 1.5}
              - use: logout
            finally:
              - step: cancel
                when: has(vars.order)
                http: {method: DELETE, url: "${base}/orders/${order}"}
            each: {rows: [{sku: A-1}, {sku: B-2}]}
      """, environment: ["PASSWORD": "x"]
    ).checks[0]
    #expect(check.check.kind == .journey)
    #expect(check.check.timeout == .seconds(60))
    #expect(check.check.host == "shop.example")
    let journey = check.journey
    #expect(journey.steps.map(\.name) == ["login", "order", "shipped", "logout.leave"])
    #expect(journey.cleanup.map(\.name) == ["cancel"])
    #expect(journey.cleanupTimeout == .seconds(10))
    #expect(journey.rows?.count == 2)
    #expect(journey.reusesConnections)
    #expect(journey.steps[1].condition?.source == #"token != """#)
    #expect(journey.steps[1].captures.map(\.name) == ["order"])
    guard case .probe(let shipped) = journey.steps[2].action else { throw ScenarioCheck.Unexpected() }
    #expect(shipped.retry == RetryPolicy(attempts: 10, delay: .milliseconds(500), backoff: 1.5))
    #expect(shipped.expectations.map(\.kind) == [.expect, .until])
  }

  @Test("every kind of entry is read, and those without a name are numbered by kind")
  func entries() throws {
    let journey = try loadJourney(
      """
      steps:
        - {pause: 2s}
        - {step: rest, pause: '${wait}'}
        - {set: {n: 1 + 1, m: n * 2}, when: 'true'}
        - {pause: 1s}
        - {assert: [m == 4], continue: true, sensitive: true}
        - {step: a, http: {url: 'https://a.example/', expect: [status == 200]}, warn: [size < 10], timeout: 3s,
           continue: true, sensitive: true, measure: {depth: json.depth, bytes: size}}
      finally_timeout: 5s
      finally: [{set: {done: 'true'}}]
      connections: fresh
      """, variables: "{wait: 1s}"
    ).journey
    #expect(journey.steps.map(\.name) == ["pause-1", "rest", "set-1", "pause-2", "assert-1", "a"])
    #expect(journey.cleanup.map(\.name) == ["set-2"])
    #expect(journey.cleanupTimeout == .seconds(5))
    #expect(!journey.reusesConnections)
    #expect(journey.steps.map(\.continues) == [false, false, false, false, true, true])
    #expect(journey.steps.map(\.isSensitive) == [false, false, false, false, true, true])
    let step = journey.steps[5]
    #expect(step.timeout == .seconds(3))
    #expect(step.measures.map(\.name) == ["depth", "bytes"])
    guard case .probe(let probe) = step.action, case .set(let assignments) = journey.steps[2].action,
      case .assert(let expectations) = journey.steps[4].action
    else { throw ScenarioCheck.Unexpected() }
    #expect(probe.isSensitive)
    #expect(probe.expectations.map(\.source) == ["status == 200", "size < 10"])
    #expect(assignments.map(\.expression.source) == ["1 + 1", "n * 2"])
    #expect(expectations.map(\.source) == ["m == 4"])
  }

  @Test("a check's 'sensitive' holds for steps that say nothing of it")
  func sensitive() throws {
    let check = try loadCheck(
      """
      sensitive: true
          journey:
            steps:
              - {step: a, icmp: {target: a.example}}
              - {step: b, icmp: {target: a.example}, sensitive: false}
      """)
    #expect(check.journey.steps.map(\.isSensitive) == [true, false])
  }

  @Test("a pause is as long as its template says, and one that gives no duration fails the step")
  func pauses() throws {
    let check = try loadJourney(
      "steps: [{set: {wait: '\"3s\"', bad: '\"soon\"'}}, {pause: '${wait}'}, {pause: '${bad}'}]")
    let scope = JourneyScope(journey: check.journey, run: check.scope())
    let steps = check.journey.steps
    for (name, value) in [("wait", "3s"), ("bad", "soon")] { scope.assign(.string(value), to: name, by: steps[0]) }
    guard case .pause(let good) = steps[1].action, case .pause(let bad) = steps[2].action else {
      throw ScenarioCheck.Unexpected()
    }
    #expect(try good.duration(in: scope.scope(of: steps[1])) == .seconds(3))
    let failure = #expect(throws: TemplateFailure.self) { try bad.duration(in: scope.scope(of: steps[2])) }
    #expect(failure?.message == "expected a duration, found the text 'soon'")
  }

  @Test("what 'defaults' expect of exchanges is not asked of journeys")
  func defaults() throws {
    let checks = try loadOne(
      """
      version: 1
      defaults: {expect: [status == 200], measure: {bytes: size}, timeout: 20s}
      checks:
        - {id: a, http: {url: 'https://a.example/'}}
        - {id: b, journey: {steps: [{pause: 1s}]}}
      """
    ).checks
    #expect(checks[0].journey.steps[0].measures.map(\.name) == ["bytes"])
    #expect(checks[1].check.timeout == .seconds(20))
  }

  @Test("fragments are put in place, each use under a name of its own, however deep")
  func fragments() throws {
    let files = [
      "parts/a.yaml": """
      version: 1
      include: [b.yaml]
      fragments: {outer: {parameters: [who], steps: [{pause: 1s}, {use: inner}, {use: inner, as: again}]}}
      """,
      "parts/b.yaml": "version: 1\nfragments: {inner: {steps: [{step: x, icmp: {target: a.example}}]}}",
    ]
    let journey = try loadOne(
      """
      version: 1
      include: [parts/a.yaml, parts/b.yaml]
      checks:
        - id: a
          journey:
            steps: [{use: outer, with: {who: me}}, {use: outer, with: {who: you}}, {use: inner, as: last}]
            finally: [{use: inner}]
      """, files: files
    ).checks[0].journey
    #expect(
      journey.steps.map(\.name) == [
        "outer.pause-1", "outer.inner.x", "outer.again.x", "outer-2.pause-1", "outer-2.inner.x", "outer-2.again.x",
        "last.x",
      ])
    #expect(journey.cleanup.map(\.name) == ["inner.x"])
    #expect(Set((journey.steps + journey.cleanup).map(\.name)).count == 8)
  }

  @Test("a name that only a later step captures is known when the file is loaded, and a reserved one as vars.NAME")
  func later() throws {
    _ = try loadJourney(
      """
      steps:
        - {assert: ['has(vars.order) ? vars.order == 1 : true'], when: '!has(vars.order)'}
        - {step: a, http: {url: 'https://a.example/${order}'}, capture: {order: json.id, int: status}}
        - {assert: [vars.int == 200, steps.a.status == 200]}
      """)
  }

  @Test("rows of a CSV file are text, and the file is watched")
  func csv() throws {
    let scenario = try loadOne(
      """
      version: 1
      checks: [{id: a, journey: {steps: [{assert: ['sku.size() > 0', 'note != ""']}], each: {file: rows.csv}}}]
      """, files: ["rows.csv": "sku,note\r\nA-1,\"a, \"\"b\"\"\"\r\n007,${x}\r\n"])
    #expect(scenario.files == ["shop.yaml", "rows.csv"])
    let check = scenario.checks[0]
    let notes = try [0, 1].map { row in
      try value("[sku, note]", in: check, step: 0, JourneyScope(journey: check.journey, run: check.scope(), row: row))
    }
    #expect(notes == [#"["A-1","a, \"b\""]"#, #"["007","${x}"]"#])
  }
}

/// The one check of a file with this journey, in block style.
func loadJourney(
  _ journey: String, variables: String = "{}", files: [String: String] = [:], overrides: Overrides = Overrides(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> ScenarioCheck {
  let lines = journey.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }
  return try loadCheck(
    "journey:\n" + lines.joined(separator: "\n"), variables: variables, files: files, overrides: overrides,
    sourceLocation: sourceLocation)
}
