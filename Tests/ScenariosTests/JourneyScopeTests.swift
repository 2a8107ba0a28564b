import Documents
import Expressions
import Model
import Scenarios
import Testing

/// What an expression gives where a step stands, as JSON. It need not be one of the step's own.
func value(_ source: String, in check: ScenarioCheck, step: Int, _ scope: JourneyScope) throws -> String {
  let steps = check.journey.steps + check.journey.cleanup
  let environment = Environment(variables: ["vars": .dyn, "steps": .dyn, "sku": .dyn, "note": .dyn])
  let value = try environment.compile(source).evaluate(scope.scope(of: steps[step]).bindings())
  return try JSON.write(value)
}

@Suite struct JourneyScopeTests {
  private static func scope(_ check: ScenarioCheck, row: Int? = nil) -> JourneyScope {
    JourneyScope(journey: check.journey, run: check.scope(), row: row)
  }

  @Test("a captured variable is absent before its capture, and there after it")
  func captures() throws {
    let check = try loadJourney(
      "steps: [{step: a, http: {url: 'https://a.example/'}, capture: {order: json.id}}, {pause: 1s}]")
    let scope = Self.scope(check)
    #expect(try value("has(vars.order)", in: check, step: 1, scope) == "false")
    let error = #expect(throws: EvaluationError.self) { try value("vars.order", in: check, step: 1, scope) }
    #expect(error?.message == "variable 'order' has no value yet: step 'a' captures it")
    scope.assign(.int(7), to: "order", by: check.journey.steps[0])
    #expect(try value("has(vars.order) && vars.order == 7", in: check, step: 1, scope) == "true")
    #expect(try value("has(vars.order)", in: check, step: 1, Self.scope(check)) == "false")
  }

  @Test("a variable that uses a captured one follows it, and all others stay as they are for the whole run")
  func dependents() throws {
    let check = try loadJourney(
      "variables: {url: '${base}/${order}', key: '${uuid()}'}\nsteps: [{set: {order: '1'}}, {set: {base: '\"b\"'}}]",
      variables: "{base: a}")
    let run = check.scope()
    let scope = JourneyScope(journey: check.journey, run: run)
    let steps = check.journey.steps
    #expect(throws: EvaluationError.self) { try value("vars.url", in: check, step: 0, scope) }
    scope.assign(.int(1), to: "order", by: steps[0])
    #expect(try value("vars.url", in: check, step: 0, scope) == #""a/1""#)
    scope.assign(.int(2), to: "order", by: steps[0])
    #expect(try value("vars.url", in: check, step: 0, scope) == #""a/2""#)
    scope.assign(.string("b"), to: "base", by: steps[1])
    #expect(try value("vars.url", in: check, step: 0, scope) == #""b/2""#)
    let again = JourneyScope(journey: check.journey, run: run)
    #expect(try value("vars.base", in: check, step: 0, again) == #""a""#)
    #expect(try value("vars.key", in: check, step: 0, scope) == value("vars.key", in: check, step: 1, again))
  }

  @Test("rows beat variables, and the command line beats rows; their templates are evaluated once a run")
  func rows() throws {
    let check = try loadJourney(
      """
      variables: {who: nobody, path: '/${who}'}
      steps: [{pause: 1s}]
      each: {rows: [{who: me, id: '${uuid()}', host: row}, {who: '${base}', id: x, host: row}]}
      """, variables: "{base: b}", overrides: Overrides(variables: ["host=mine"]))
    let run = check.scope()
    let scopes = [0, 0, 1].map { JourneyScope(journey: check.journey, run: run, row: $0) }
    #expect(try value("vars.path", in: check, step: 0, scopes[0]) == #""/me""#)
    #expect(try value("vars.path", in: check, step: 0, scopes[2]) == #""/b""#)
    #expect(try value("vars.host", in: check, step: 0, scopes[0]) == #""mine""#)
    #expect(try value("vars.id", in: check, step: 0, scopes[0]) == value("vars.id", in: check, step: 0, scopes[1]))
  }

  @Test("a fragment sees its file's variables and its parameters, and gives out its outputs alone")
  func fragments() throws {
    let files = [
      "login.yaml": """
      version: 1
      variables: {base: fragment, greeting: 'hello'}
      fragments:
        login:
          parameters: [user, limit]
          outputs: [token]
          steps:
            - {step: ask, http: {url: 'https://a.example/${user}'}, capture: {token: json.token, hidden: status}}
        open:
          steps:
            - {step: ask, http: {url: 'https://a.example/'}, capture: {seen: status}}
            - {set: {unseen: '1'}}
      """
    ]
    let check = try loadOne(
      """
      version: 1
      include: [login.yaml]
      variables: {base: mine}
      checks:
        - id: a
          journey:
            steps:
              - {set: {name: '"me"'}}
              - {use: login, with: {user: '${name}', limit: '${1 + 1}'}}
              - {use: open}
              - {assert: [token != "", steps.login.ask.status == 200]}
      """, files: files
    ).checks[0]
    let scope = Self.scope(check)
    let steps = check.journey.steps
    #expect(throws: TemplateFailure.self) { try scope.scope(of: steps[1]) }
    scope.assign(.string("me"), to: "name", by: steps[0])
    #expect(
      try value("[vars.user, vars.limit, vars.base]", in: check, step: 1, scope) == #"["me",2,"fragment"]"#)
    #expect(try value("[vars.base, has(vars.user)]", in: check, step: 0, scope) == #"["mine",false]"#)
    scope.assign(.string("t"), to: "token", by: steps[1])
    scope.assign(.int(200), to: "hidden", by: steps[1])
    #expect(try value("[has(vars.token), has(vars.hidden)]", in: check, step: 1, scope) == "[true,true]")
    #expect(try value("[has(vars.token), has(vars.hidden)]", in: check, step: 0, scope) == "[true,false]")
    _ = try scope.scope(of: steps[2])
    scope.assign(.int(1), to: "seen", by: steps[2])
    scope.assign(.int(1), to: "unseen", by: steps[3])
    #expect(try value("[has(vars.seen), has(vars.unseen)]", in: check, step: 0, scope) == "[true,false]")
  }

  @Test("a variable has one value in a run, whether the journey sees it or a fragment does")
  func sharedVariables() throws {
    let files = [
      "common.yaml": """
      version: 1
      variables: {id: '${uuid()}', label: '${name}-${id}', name: theirs}
      fragments: {rest: {steps: [{pause: 1s}]}}
      """
    ]
    let check = try loadOne(
      """
      version: 1
      include: [common.yaml]
      variables: {name: mine}
      checks: [{id: a, journey: {steps: [{pause: 1s}, {use: rest}]}}]
      """, files: files
    ).checks[0]
    let scope = Self.scope(check)
    let ids = try [0, 1].map { try value("vars.id", in: check, step: $0, scope) }
    #expect(ids[0] == ids[1])
    let labels = try [0, 1].map { try value("vars.label", in: check, step: $0, scope) }
    #expect(labels[0].hasPrefix("\"mine-") && labels[1].hasPrefix("\"theirs-"))
    #expect(labels[0].suffix(36) == labels[1].suffix(36))
  }

  @Test("steps are seen by their own names inside of a fragment, and under the fragment's name outside")
  func records() throws {
    let check = try loadOne(
      """
      version: 1
      fragments:
        inner: {steps: [{step: x, icmp: {target: a.example}}, {assert: [steps.x.sent == 1]}]}
        outer: {steps: [{use: inner, as: deep}, {assert: [steps.deep.x.sent == 1]}]}
      checks: [{id: a, journey: {steps: [{use: outer}, {assert: [steps.outer.deep.x.sent == 1]}]}}]
      """
    ).checks[0]
    let scope = Self.scope(check)
    let steps = check.journey.steps
    #expect(steps.map(\.name) == ["outer.deep.x", "outer.deep.assert-1", "outer.assert-1", "assert-1"])
    for step in steps { _ = try scope.scope(of: step) }
    #expect(try value("has(steps.outer)", in: check, step: 3, scope) == "false")
    scope.record(.map(MapValue(["sent": .int(1)])), of: steps[0])
    for (index, step) in steps.enumerated().dropFirst() {
      guard case .assert(let expectations) = step.action else { throw ScenarioCheck.Unexpected() }
      let value = try expectations[0].expression.evaluate(scope.scope(of: steps[index]).bindings())
      #expect(value == .bool(true))
    }
    let error = #expect(throws: EvaluationError.self) { try value("steps.nobody", in: check, step: 3, scope) }
    #expect(error?.message.contains("has not run") == true)
  }

  @Test("the 'when' of a use is decided once, and holds for all of its steps")
  func conditions() throws {
    let check = try loadOne(
      """
      version: 1
      fragments:
        login:
          steps:
            - {step: a, http: {url: 'https://a.example/'}, capture: {token: json.token}}
            - {step: b, when: 'token == "t"', icmp: {target: a.example}}
      checks:
        - id: a
          journey:
            steps:
              - {set: {token: '""'}}
              - {use: login, when: token == ""}
              - {use: login, when: token == ""}
      """
    ).checks[0]
    let scope = Self.scope(check)
    let steps = check.journey.steps
    scope.assign(.string(""), to: "token", by: steps[0])
    #expect(try scope.runs(steps[1]))
    _ = try scope.scope(of: steps[1])
    scope.assign(.string("t"), to: "token", by: steps[1])
    #expect(try scope.runs(steps[2]))
    #expect(try !scope.runs(steps[3]))
    #expect(try !scope.runs(steps[4]))
  }

  @Test("a 'when' that fails, or gives no bool, is a failure at its place")
  func brokenConditions() throws {
    let check = try loadJourney(
      """
      steps:
        - {set: {n: 'dyn(5)'}}
        - {pause: 1s, when: 'n'}
        - {pause: 1s, when: vars.late == 1}
        - {set: {late: '1'}}
      """)
    let scope = Self.scope(check)
    let steps = check.journey.steps
    scope.assign(.int(5), to: "n", by: steps[0])
    let first = #expect(throws: TemplateFailure.self) { try scope.runs(steps[1]) }
    #expect(first?.message == "'when' must give bool, and this gives int")
    let second = #expect(throws: TemplateFailure.self) { try scope.runs(steps[2]) }
    #expect(second?.message == "variable 'late' has no value yet: a 'set' computes it")
    #expect(second?.excerpt.location.line == 10)
  }
}
