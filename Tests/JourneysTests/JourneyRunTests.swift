import Journeys
import Model
import TestSupport
import Testing

@Suite("A journey")
struct JourneyRunTests {
  @Test("goes step by step, what one captures being there for the next, and results being found by name")
  func captures() async throws {
    let prober = ScriptedProber { path in
      switch path {
      case "/login": .http(200, #"{"token": "t-1", "cart": {"id": 7}}"#)
      default: .http(200, "ok")
      }
    }
    let run = try await runOnce(
      journey(
        """
        steps:
          - step: login
            http: {url: "http://shop.example/login"}
            capture: {token: json.token, cart: json.cart}
          - step: order
            http: {url: "http://shop.example/${cart.id}/${token}/${steps.login.status}"}
            expect: [status == steps.login.status, 'steps.login.json.token == token']
        """), prober)
    #expect(run.verdict == .up, "\(String(describing: run.reason))")
    #expect(prober.paths == ["/login", "/7/t-1/200"])
    #expect(run.steps.map(\.name) == ["login", "order"])
    #expect(run.steps.map(\.verdict) == [.up, .up])
    #expect(run.steps[0].captures == ["token": #""t-1""#, "cart": #"{"id":7}"#])
    #expect(run.attempts == 1)
    #expect(prober.allSessions == [.init(reusesConnections: true, ends: 1, requests: 2)])
  }

  @Test("of which all steps are skipped is up, and sends nothing")
  func allSkipped() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      journey(
        """
        variables: {wanted: false}
        steps:
          - {step: a, when: wanted, http: {url: "http://shop.example/"}}
          - {step: b, when: 'wanted && true', http: {url: "http://shop.example/"}}
        """), prober)
    #expect(run.verdict == .up)
    #expect(run.steps.map(\.verdict) == [nil, nil])
    #expect(prober.requests.isEmpty)
  }

  @Test("ends at the step that fails, the others being on record as skipped, and cleans up")
  func failure() async throws {
    let prober = ScriptedProber { path in path == "/b" ? .http(503) : .http(200) }
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/a"}}
          - {step: b, http: {url: "http://shop.example/b"}, expect: [status == 201]}
          - {step: c, http: {url: "http://shop.example/c"}}
        finally:
          - {step: d, http: {url: "http://shop.example/d"}}
        """), prober)
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.reason?.step == "b")
    #expect(run.reason?.message == "status is 503, expected 201")
    #expect(run.steps.map(\.verdict) == [.up, .down, nil])
    #expect(run.cleanup.map(\.name) == ["d"])
    #expect(prober.paths == ["/a", "/b", "/d"])
    #expect(prober.allSessions == [.init(reusesConnections: true, ends: 1, requests: 3)])
  }

  @Test("goes on after a step that says so, and is down all the same")
  func continues() async throws {
    let prober = ScriptedProber { path in path == "/a" ? .http(503) : .http(200) }
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, continue: true, http: {url: "http://shop.example/a"}}
          - {step: b, http: {url: "http://shop.example/b"}}
        """), prober)
    #expect(run.verdict == .down)
    #expect(run.reason?.step == "a")
    #expect(run.steps.map(\.verdict) == [.down, .up])
  }

  @Test("has entries without a probe: one that computes, one that judges, one that waits")
  func entries() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.http(200, #"{"n": 20}"#))
    let text = journey(
      """
      steps:
        - step: count
          http: {url: "http://shop.example/"}
          capture: {n: json.n}
        - set: {twice: n * 2, more: 'vars.twice + 1'}
        - pause: 2s
        - assert: [twice == 40, more == 41]
        - step: wrong
          assert: [more == 42]
      """)
    async let ran = runOnce(text, prober, time: time)
    await time.sleepers()
    #expect(time.nextDeadline == time.uptime + .seconds(2))
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.steps.map(\.name) == ["count", "set-1", "pause-1", "assert-1", "wrong"])
    #expect(run.steps.map(\.verdict) == [.up, .up, .up, .up, .down])
    #expect(run.steps.map(\.kind) == [.http, nil, nil, nil, nil])
    #expect(run.steps[1].captures == ["twice": "40", "more": "41"])
    #expect(run.steps[2].duration == .seconds(2))
    #expect(run.steps[3].expectations.map(\.passed) == [true, true])
    #expect(run.reason?.message == "more is 41, expected 42")
    #expect(run.duration == .seconds(2))
  }

  @Test("is unknown when a condition has no value, or is no bool", arguments: ["flag.nothing", "flag"])
  func faultyCondition(condition: String) async throws {
    let prober = ScriptedProber(.http(200, #"{"flag": "yes"}"#))
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/a"}, capture: {flag: json.flag}}
          - {step: b, when: \(condition), http: {url: "http://shop.example/b"}}
        """), prober)
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .templateFailed)
    #expect(run.reason?.step == "b")
    #expect(run.reason?.excerpt?.location.line == 10)
    #expect(prober.paths == ["/a"])
  }

  @Test("sends one trace id, with a span id for each attempt", arguments: [true, false])
  func trace(isOn: Bool) async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/a"}}
          - {step: b, http: {url: "http://shop.example/b"}}
        """, "trace: \(isOn)"), prober)
    let parents = prober.requests.map { $0.context.traceparent }
    guard isOn else {
      #expect(parents == [nil, nil])
      return
    }
    #expect(parents.allSatisfy { $0?.hasPrefix("00-\(run.traceID)-") == true })
    #expect(Set(parents).count == 2)
  }

  @Test("opens a connection for each step where it is told to")
  func fresh() async throws {
    let prober = ScriptedProber(.http(200))
    _ = try await runOnce(
      journey(
        """
        connections: fresh
        steps:
          - {step: a, http: {url: "http://shop.example/a"}}
        """), prober)
    #expect(prober.allSessions.map(\.reusesConnections) == [false])
  }

  @Test("keeps the newest bodies alone for later steps, and says so of older ones")
  func boundedBodies() async throws {
    let body = String(repeating: "x", count: 12 << 20)
    let prober = ScriptedProber(.http(200, body))
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/a", max_body: 12MiB}}
          - {step: b, http: {url: "http://shop.example/b", max_body: 12MiB}}
          - {step: c, http: {url: "http://shop.example/c", max_body: 12MiB}}
          - step: look
            continue: true
            assert: [steps.a.status == 200, 'steps.a.size == 12582912', 'steps.c.body.size() == 12582912']
          - {step: old, assert: ['steps.a.body != ""']}
        """), prober)
    #expect(run.steps[3].verdict == .up, "\(String(describing: run.steps[3].reason))")
    #expect(run.reason?.step == "old")
    #expect(run.reason?.message.contains("not kept so long") == true)
  }
}

@Suite("Captures and measures")
struct CaptureTests {
  private func run(
    _ keys: String, body: String = #"{"id": 1, "none": null, "text": "x"}"#, status: Int = 200
  ) async throws -> Run {
    try await runOnce(
      journey(
        """
        steps:
          - step: a
            http: {url: "http://shop.example/"}
            \(keys)
        """), ScriptedProber(.http(status, body)))
  }

  @Test("that find nothing fail at their own line, with the reason", arguments: ["json.order", "json.none"])
  func nothing(expression: String) async throws {
    let run = try await run("capture: {id: json.id, order: \(expression)}")
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .captureFailed)
    #expect(run.reason?.message.hasPrefix("capture order") == true)
    #expect(run.reason?.excerpt?.location.line == 11)
    #expect(run.steps[0].captures == ["id": "1"])
    // The default expectation was judged all the same.
    #expect(run.steps[0].expectations.map(\.passed) == [true])
  }

  @Test("do not outweigh an expectation that failed")
  func expectationFirst() async throws {
    let run = try await run("capture: {order: json.order}", status: 500)
    #expect(run.reason?.code == .expectationFailed)
  }

  @Test("are not asked for of an exchange that failed")
  func failedExchange() async throws {
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/"}, capture: {id: json.id}}
        """), ScriptedProber(.failed(.connectRefused, "refused")))
    #expect(run.reason?.code == .connectRefused)
  }

  @Test("see one another, in the order in which they are written")
  func order() async throws {
    let run = try await run("capture: {id: json.id, next: id + 1}")
    #expect(run.verdict == .up)
    #expect(run.steps[0].captures["next"] == "2")
  }

  @Test("are on record up to a bound")
  func bounded() async throws {
    let run = try await run(
      "capture: {text: json.text}", body: #"{"text": "\#(String(repeating: "x", count: 200_000))"}"#)
    #expect(run.verdict == .up)
    let text = try #require(run.steps[0].captures["text"])
    #expect(text.utf8.count < 1100)
    #expect(text.hasSuffix("x…"))
  }

  @Test("measures are numbers, and anything else is capture_failed")
  func measures() async throws {
    let good = try await run("measure: {depth: json.id, half: 'double(json.id) / 2.0'}")
    #expect(good.steps[0].measures == ["depth": 1, "half": 0.5])
    for expression in ["json.none", "json.text", "'1.0 / 0.0'", "json.order"] {
      let bad = try await run("measure: {depth: \(expression)}")
      #expect(bad.reason?.code == .captureFailed, "\(expression)")
      #expect(bad.reason?.excerpt?.location.line == 11, "\(expression)")
    }
  }

  @Test("measures are taken of a plain check too")
  func plainMeasure() async throws {
    let text = "measure: {depth: json.id}\n    http: {url: \"http://shop.example/\"}"
    let run = try await runOnce(text, ScriptedProber(.http(200, #"{"id": 4}"#)))
    #expect(run.steps[0].measures == ["depth": 4])
    let failed = try await runOnce(text, ScriptedProber(.http(200, "{}")))
    #expect(failed.reason?.code == .captureFailed)
  }

  @Test("of a sensitive step stay out of the record, with bodies and the values of failed expressions")
  func sensitive() async throws {
    let secret = "very-private-7361"
    let prober = ScriptedProber { path in
      path == "/a" ? .http(200, #"{"pin": "\#(secret)"}"#) : .http(500, secret)
    }
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, sensitive: true, http: {url: "http://shop.example/a"}, capture: {pin: json.pin}}
          - step: b
            sensitive: true
            continue: true
            http: {url: "http://shop.example/b"}
            capture: {other: json.pin}
            expect: ['body == "x"']
          - {step: c, sensitive: true, continue: true, http: {url: "http://shop.example/a"}, capture: {n: 'int(json.pin)'}}
          - {step: d, sensitive: true, set: {copy: pin}}
        """), prober)
    #expect(run.steps.map(\.verdict) == [.up, .down, .down, .up])
    #expect(run.steps[2].reason?.code == .captureFailed)
    #expect(run.steps[0].captures == ["pin": Redactor.mask])
    #expect(!String(describing: run).contains(secret))
    #expect(prober.paths.count == 3)
  }

  @Test("are masked")
  func masked() async throws {
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/"}, capture: {key: json.key, list: '[json.key, "x"]'}}
          - {step: b, set: {both: 'vars.key + "!"'}}
        """), secrets: "{key: {env: KEY}}", environment: ["KEY": #"s3cr3t-"q"-value"#],
      ScriptedProber(.http(200, #"{"key": "s3cr3t-\"q\"-value"}"#)))
    #expect(run.verdict == .up)
    #expect(run.steps[0].captures == ["key": #""•••""#, "list": #"["•••","x"]"#])
    #expect(run.steps[1].captures == ["both": #""•••!""#])
  }
}
