import Journeys
import Model
import TestSupport
import Testing

@Suite("The time of a journey")
struct JourneyTimeTests {
  /// Answers after as many seconds as the path says, or fails at the end of its time.
  private func slow(_ time: ManualTime) -> ScriptedProber {
    ScriptedProber([
      { spec, context in
        let seconds = Duration.seconds(Int64(spec.path.split(separator: "/").last ?? "") ?? 0)
        guard seconds < context.timeout else {
          time.advance(by: context.timeout)
          return .failed(.timeout, during: .wait, "no answer")
        }
        time.advance(by: seconds)
        return .http(200, took: seconds)
      }
    ])
  }

  @Test("is over at the check's time-out: the step under way is the reason, and clean-up has time of its own")
  func deadline() async throws {
    let time = ManualTime()
    let prober = slow(time)
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/4"}}
          - {step: b, http: {url: "http://shop.example/9"}}
          - {step: c, http: {url: "http://shop.example/1"}}
        finally:
          - {step: d, http: {url: "http://shop.example/2"}}
        finally_timeout: 5s
        """, "timeout: 10s"), prober, time: time)
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .timeout)
    #expect(run.reason?.step == "b")
    #expect(run.reason?.phase == .wait)
    #expect(prober.requests.map(\.context.timeout) == [.seconds(10), .seconds(6), .seconds(5)])
    #expect(run.steps.map(\.verdict) == [.up, .down, nil])
    #expect(run.cleanup.map(\.verdict) == [.up])
    #expect(run.duration == .seconds(10))
  }

  @Test("may be shorter for a step, after which the others go on where it says so")
  func stepTimeout() async throws {
    let time = ManualTime()
    let prober = slow(time)
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, timeout: 2s, continue: true, http: {url: "http://shop.example/4"}}
          - {step: b, timeout: 2s, http: {url: "http://shop.example/1"}}
        """, "timeout: 10s"), prober, time: time)
    #expect(prober.requests.map(\.context.timeout) == [.seconds(2), .seconds(2)])
    #expect(run.steps.map(\.verdict) == [.down, .up])
    #expect(run.steps[0].reason?.code == .timeout)
  }

  @Test("cuts a pause short, and leaves a step without time where it stands")
  func pause() async throws {
    let time = ManualTime()
    let text = journey(
      """
      steps:
        - {step: a, http: {url: "http://shop.example/1"}}
        - {step: rest, pause: 1m}
        - {step: b, http: {url: "http://shop.example/1"}}
      """, "timeout: 10s")
    async let ran = runOnce(text, slow(time), time: time)
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.reason?.code == .timeout)
    #expect(run.reason?.step == "rest")
    #expect(run.steps.map(\.duration) == [.seconds(1), .seconds(9), .zero])
  }

  @Test("of the run leaves room for clean-up: a quarter at most")
  func budget() async throws {
    let time = ManualTime()
    let prober = slow(time)
    _ = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/99"}}
        finally:
          - {step: d, http: {url: "http://shop.example/99"}}
        """, "every: 20s\ntimeout: 20s"), prober, time: time, budget: .seconds(20))
    #expect(prober.requests.map(\.context.timeout) == [.seconds(15), .seconds(5)])
  }

  @Test("is each row's own, as far as the run has time for them")
  func rows() async throws {
    let time = ManualTime()
    let prober = slow(time)
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/${takes}"}}
        each: {rows: [{takes: 3}, {takes: 4}, {takes: 1}, {takes: 1}]}
        """, "every: 10s\ntimeout: 5s"), prober, time: time, budget: .seconds(8))
    #expect(prober.requests.map(\.context.timeout) == [.seconds(5), .seconds(5), .seconds(1)])
    #expect(run.verdict == .down)
    #expect(run.reason?.step == "a[3]")
    #expect(run.steps.map(\.name) == ["a[1]", "a[2]", "a[3]"])
  }
}

@Suite("Attempts of a journey")
struct JourneyAttemptTests {
  @Test("of one step: a later one that holds makes it degraded, and the first stays on record")
  func stepRetry() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.http(503), .http(200), .http(200))
    let text = journey(
      """
      steps:
        - {step: a, retry: {attempts: 3, delay: 2s}, http: {url: "http://shop.example/a"}}
        - {step: b, http: {url: "http://shop.example/b"}, expect: [attempt == 1, steps.a.attempt == 2]}
      """)
    async let ran = runOnce(text, prober, time: time)
    await time.sleepers()
    #expect(time.nextDeadline == time.uptime + .seconds(2))
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .degraded)
    #expect(run.reason?.code == .retried)
    #expect(run.reason?.step == "a")
    #expect(run.steps.map(\.verdict) == [.degraded, .up])
    #expect(run.steps.map(\.attempts) == [2, 1])
    #expect(run.steps[0].earlier.count == 1)
    #expect(run.attempts == 1)
  }

  @Test("that wait for something are no failures, and captures count at the last")
  func until() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(
      .http(200, "{}"), .failed(.connectRefused), .http(200, #"{"state": "SHIPPED", "id": 5}"#))
    let text = journey(
      """
      steps:
        - step: shipped
          http: {url: "http://shop.example/"}
          until: ['has(json.state) && json.state == "SHIPPED"']
          retry: {attempts: 10, delay: 500ms, backoff: 2}
          capture: {id: json.id}
        - {step: assert, assert: [id == 5]}
      """)
    async let ran = runOnce(text, prober, time: time)
    var pauses: [Duration] = []
    for _ in 0..<2 {
      await time.sleepers()
      pauses.append((time.nextDeadline ?? .zero) - time.uptime)
      await time.advanceToNextDeadline()
    }
    let run = try await ran
    #expect(pauses == [.milliseconds(500), .seconds(1)])
    #expect(run.verdict == .up, "\(String(describing: run.reason))")
    #expect(run.steps[0].attempts == 3)
    #expect(run.steps[0].earlier.map(\.reason.code) == [.expectationFailed, .connectRefused])
  }

  @Test("that fail in what is captured are repeated too")
  func captureRetry() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.http(200, "{}"), .http(200, #"{"id": 1}"#))
    let text = journey(
      """
      steps:
        - {step: a, retry: {attempts: 2}, http: {url: "http://shop.example/"}, capture: {id: json.id}}
      """)
    async let ran = runOnce(text, prober, time: time)
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .degraded)
    #expect(run.steps[0].earlier.map(\.reason.code) == [.captureFailed])
  }

  @Test("of all steps begin anew, each with its clean-up and in a session of its own")
  func wholeRetry() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(
      .http(200, #"{"id": 1}"#), .http(503), .http(500), .http(200, #"{"id": 2}"#), .http(200), .http(200))
    let text = journey(
      """
      steps:
        - {step: a, http: {url: "http://shop.example/a"}, capture: {id: json.id}}
        - {step: b, http: {url: "http://shop.example/b/${id}"}}
      finally:
        - {step: c, when: has(vars.id), http: {url: "http://shop.example/c/${id}"}}
      """, "timeout: 20s\nretry: {attempts: 2, delay: 3s}")
    async let ran = runOnce(text, prober, time: time)
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(prober.paths == ["/a", "/b/1", "/c/1", "/a", "/b/2", "/c/2"])
    #expect(run.verdict == .degraded)
    #expect(run.reason?.code == .retried)
    #expect(run.attempts == 2)
    #expect(run.steps.map(\.verdict) == [.up, .up])
    #expect(run.steps[1].earlier.map(\.reason.code) == [.expectationFailed])
    // What could not be cleaned up after the first stays on record.
    #expect(run.cleanup.map(\.verdict) == [.down, .up])
    #expect(prober.allSessions.map(\.requests) == [3, 3])
    #expect(prober.allSessions.map(\.ends) == [1, 1])
  }

  @Test("of rows: each row is its own, and the worst decides")
  func rows() async throws {
    let prober = ScriptedProber { path in path == "/B-2" ? .http(503) : .http(200) }
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: order, http: {url: "http://shop.example/${sku}"}, capture: {seen: url}}
          - {step: fresh, assert: ['has(vars.seen)']}
        each: {rows: [{sku: A-1}, {sku: B-2}, {sku: C-3}]}
        """), prober)
    #expect(prober.paths == ["/A-1", "/B-2", "/C-3"])
    #expect(run.verdict == .down)
    #expect(run.reason?.step == "order[2]")
    #expect(run.reason?.message.hasPrefix("row 2: status is 503") == true)
    #expect(run.steps.map(\.name) == ["order[1]", "fresh[1]", "order[2]", "fresh[2]", "order[3]", "fresh[3]"])
    #expect(run.steps.map(\.verdict) == [.up, .up, .down, nil, .up, .up])
    #expect(prober.allSessions.count == 3)
  }
}

@Suite("The clean-up of a journey")
struct CleanupTests {
  @Test("runs all its steps, and its failures change nothing but are on record")
  func failures() async throws {
    let prober = ScriptedProber { path in path == "/ok" ? .http(200) : .http(500) }
    let run = try await runOnce(
      journey(
        """
        steps:
          - {step: a, http: {url: "http://shop.example/ok"}}
        finally:
          - {step: b, http: {url: "http://shop.example/no"}}
          - {step: c, when: 'steps.a.status == 500', http: {url: "http://shop.example/ok"}}
          - {step: d, http: {url: "http://shop.example/ok"}}
        """), prober)
    #expect(run.verdict == .up)
    #expect(run.reason == nil)
    #expect(run.cleanup.map(\.name) == ["b", "c", "d"])
    #expect(run.cleanup.map(\.verdict) == [.down, nil, .up])
  }

  @Test("runs whole when the run is cancelled, in the session of its steps, and the run is unknown")
  func cancelled() async throws {
    let prober = ScriptedProber([
      { spec, _ in
        if spec.path == "/slow" {
          // As an exchange that is cut short.
          withUnsafeCurrentTask { $0?.cancel() }
          return .failed(.cancelled, during: .wait, "cancelled")
        }
        if spec.path == "/d", Task.isCancelled { return .failed(.cancelled) }
        return .http(200)
      }
    ])
    let text = journey(
      """
      steps:
        - {step: a, http: {url: "http://shop.example/a"}}
        - {step: b, continue: true, http: {url: "http://shop.example/slow"}}
        - {step: c, http: {url: "http://shop.example/c"}}
      finally:
        - {step: d, http: {url: "http://shop.example/d"}}
        - pause: 1s
        - {step: e, http: {url: "http://shop.example/e"}}
      """, "timeout: 20s\nretry: {attempts: 3}")
    let time = ManualTime()
    let task = Task { try await runOnce(text, prober, time: time) }
    await time.advanceToNextDeadline()
    let run = try await task.value
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .cancelled)
    #expect(run.reason?.step == "b")
    #expect(run.steps.map(\.verdict) == [.up, .unknown, nil])
    #expect(run.cleanup.map(\.verdict) == [.up, .up, .up])
    #expect(prober.paths == ["/a", "/slow", "/d", "/e"])
    #expect(prober.allSessions == [.init(reusesConnections: true, ends: 1, requests: 4)])
  }

  @Test("runs when the run is cancelled between steps, and no further row begins")
  func cancelledBetween() async throws {
    let prober = ScriptedProber([
      { _, _ in
        withUnsafeCurrentTask { $0?.cancel() }
        return .http(200)
      }
    ])
    let text = journey(
      """
      steps:
        - {step: a, http: {url: "http://shop.example/a"}}
        - {step: b, http: {url: "http://shop.example/b"}}
      finally:
        - {step: c, http: {url: "http://shop.example/c"}}
      each: {rows: [{x: 1}, {x: 2}]}
      """)
    let run = try await Task { try await runOnce(text, prober) }.value
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .cancelled)
    #expect(prober.paths == ["/a", "/c"])
    #expect(run.cleanup.map(\.name) == ["c[1]"])
  }
}
