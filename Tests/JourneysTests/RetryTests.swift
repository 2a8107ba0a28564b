import Journeys
import Model
import TestSupport
import Testing

@Suite("A check with retry")
struct RetryTests {
  private func check(_ retry: String) -> String {
    "retry: \(retry)\n    http: {url: \"http://shop.example/\"}"
  }

  @Test("whose second attempt holds is degraded, retried, and keeps the first on record")
  func retried() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.failed(.connectRefused, "refused"), .http(200))
    let check = check("{attempts: 3, delay: 2s}")
    async let ran = runOnce(check, prober, time: time)
    await time.sleepers()
    #expect(prober.requests.count == 1)
    #expect(time.nextDeadline == time.uptime + .seconds(2))
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .degraded)
    #expect(
      run.reason == Reason(code: .retried, step: "front-page", message: "attempt 2 held; attempt 1: refused"))
    #expect(run.attempts == 2)
    #expect(run.duration == .milliseconds(20))
    let earlier = try run.step().earlier
    #expect(earlier.map(\.reason.code) == [.connectRefused])
    #expect(earlier.map(\.duration) == [.milliseconds(5)])
    #expect(prober.requests.count == 2)
  }

  @Test("that fails at every attempt is down for the reason of the last one")
  func exhausted() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.failed(.connectRefused), .failed(.timeout), .http(500))
    let check = check("{attempts: 3, delay: 1s}")
    async let ran = runOnce(check, prober, time: time)
    await time.advanceToNextDeadline()
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.attempts == 3)
    #expect(try run.step().earlier.map(\.reason.code) == [.connectRefused, .timeout])
    #expect(prober.requests.count == 3)
  }

  @Test("computes a variable that is random once, however many attempts there are")
  func randomVariable() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.failed(.timeout), .http(200))
    async let ran = runOnce(
      "retry: {attempts: 2, delay: 1s}\n    http: {url: \"http://shop.example/${vars.order}\"}",
      variables: "{order: \"${uuid()}\"}", prober, time: time)
    await time.advanceToNextDeadline()
    _ = try await ran
    let urls = prober.requests.compactMap { request -> String? in
      if case .http(let spec) = request.spec { spec.url } else { nil }
    }
    #expect(urls.count == 2)
    #expect(Set(urls).count == 1)
    #expect(urls.first?.count == "http://shop.example/".count + 36)
  }

  @Test("tells expressions which attempt it is")
  func attemptNumber() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.http(200))
    async let ran = runOnce(
      "retry: {attempts: 5, delay: 1s}\n    http: {url: \"http://shop.example/\", expect: [attempt == 3]}", prober,
      time: time)
    await time.advanceToNextDeadline()
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .degraded)
    #expect(run.attempts == 3)
  }

  @Test(
    "is not repeated when the fault is ours",
    arguments: [ReasonCode.internal, .notPermitted, .cancelled, .templateFailed])
  func unknown(code: ReasonCode) async throws {
    let prober = ScriptedProber(.failed(code), .http(200))
    let run = try await runOnce(check("{attempts: 3}"), prober)
    #expect(run.verdict == .unknown)
    #expect(run.attempts == 1)
    #expect(prober.requests.count == 1)
  }

  @Test("is not repeated when it is degraded")
  func degraded() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      "retry: {attempts: 3}\n    http: {url: \"http://shop.example/\", warn: [size > 1]}", prober)
    #expect(run.verdict == .degraded)
    #expect(run.reason?.code == .warning)
    #expect(prober.requests.count == 1)
  }

  @Test("gives each attempt its time-out, and the last what is left of the budget")
  func budget() async throws {
    let time = ManualTime()
    let slow: ScriptedProber.Line = { _, context in
      time.advance(by: context.timeout)
      return .failed(.timeout, during: .wait)
    }
    let prober = ScriptedProber([slow])
    let check = "timeout: 4s\n    " + check("{attempts: 9, delay: 1s}")
    async let ran = runOnce(check, prober, time: time, budget: .seconds(12))
    await time.advanceToNextDeadline()
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(prober.requests.map(\.context.timeout) == [.seconds(4), .seconds(4), .seconds(2)])
    #expect(run.verdict == .down)
    #expect(run.attempts == 3)
    #expect(time.uptime == ManualTime().uptime + .seconds(12))
  }

  @Test("is unknown, cancelled, when it is cancelled before a failure was confirmed")
  func cancelled() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.failed(.connectRefused, "refused"))
    let check = check("{attempts: 3}")
    let task = Task { try await runOnce(check, prober, time: time) }
    await time.sleepers()
    task.cancel()
    let run = try await task.value
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .cancelled)
    #expect(run.attempts == 1)
    #expect(try run.step().earlier.map(\.reason.code) == [.connectRefused])
    #expect(prober.requests.count == 1)
  }

  @Test("is down although it is cancelled when no attempt is left")
  func cancelledAtTheLast() async throws {
    let prober = ScriptedProber([
      { _, _ in
        withUnsafeCurrentTask { $0?.cancel() }
        return .failed(.connectRefused)
      }
    ])
    let check = check("{attempts: 1}")
    let run = try await Task { try await runOnce(check, prober) }.value
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .connectRefused)
  }
}

@Suite("A check with until")
struct PollingTests {
  private func check(_ rest: String = "") -> String {
    "timeout: 30s\n    \(rest)http: {url: \"http://shop.example/\", until: ['body == \"ready\"']}"
  }

  @Test("polls every second, and is up when it holds at last")
  func polls() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(
      .http(200, "busy"), .failed(.connectRefused, "refused"), .http(503, "busy"), .http(200, "ready"))
    let check = check()
    async let ran = runOnce(check, prober, time: time)
    for _ in 0..<3 {
      await time.sleepers()
      #expect(time.nextDeadline == time.uptime + .seconds(1))
      await time.advanceToNextDeadline()
    }
    let run = try await ran
    #expect(run.verdict == .up)
    #expect(run.reason == nil)
    #expect(run.attempts == 4)
    #expect(
      try run.step().earlier.map(\.reason.message) == [
        "body is \"busy\", expected \"ready\"", "refused", "body is \"busy\", expected \"ready\"",
      ])
  }

  @Test("judges expect on the answer that satisfied it, once")
  func judgesOnce() async throws {
    let prober = ScriptedProber(.http(503, "ready"), .http(200, "ready"))
    let run = try await runOnce(check(), prober)
    #expect(run.verdict == .down)
    #expect(run.reason?.message.hasPrefix("status is 503") == true)
    #expect(prober.requests.count == 1)
  }

  @Test("is down at the deadline, for what it waited for")
  func deadline() async throws {
    let time = ManualTime()
    let prober = ScriptedProber([
      { _, _ in
        time.advance(by: .seconds(9))
        return .http(503, "busy")
      }
    ])
    let check = check()
    async let ran = runOnce(check, prober, time: time)
    await time.advanceToNextDeadline()
    await time.advanceToNextDeadline()
    let run = try await ran
    #expect(run.verdict == .down)
    #expect(run.reason?.code == .expectationFailed)
    #expect(run.reason?.message == "body is \"busy\", expected \"ready\"")
    #expect(prober.requests.map(\.context.timeout) == [.seconds(30), .seconds(20), .seconds(10)])
    #expect(run.attempts == 3)
  }

  @Test("polls by its own retry, which is no retry of the whole")
  func ownRetry() async throws {
    let time = ManualTime()
    let prober = ScriptedProber(.http(200, "busy"))
    let check = check("retry: {attempts: 3, delay: 500ms, backoff: 2}\n    ")
    async let ran = runOnce(check, prober, time: time)
    var pauses: [Duration] = []
    for _ in 0..<2 {
      await time.sleepers()
      pauses.append((time.nextDeadline ?? .zero) - time.uptime)
      await time.advanceToNextDeadline()
    }
    let run = try await ran
    #expect(pauses == [.milliseconds(500), .seconds(1)])
    #expect(run.verdict == .down)
    #expect(run.attempts == 3)
    #expect(prober.requests.count == 3)
    #expect(try run.step().earlier.count == 2)
  }

  @Test("ends at once when the fault is ours")
  func unknown() async throws {
    let prober = ScriptedProber(.failed(.notPermitted))
    let run = try await runOnce(check(), prober)
    #expect(run.verdict == .unknown)
    #expect(prober.requests.count == 1)
  }

  @Test("is unknown when it is cancelled while it waits")
  func cancelled() async throws {
    let time = ManualTime()
    let check = check()
    let task = Task { try await runOnce(check, ScriptedProber(.http(200, "busy")), time: time) }
    await time.sleepers()
    task.cancel()
    let run = try await task.value
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .cancelled)
    #expect(try run.step().earlier.count == 1)
  }
}

@Suite("A template that fails")
struct TemplateFailureTests {
  @Test("makes the run unknown before anything is sent, and is not retried")
  func unknown() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      "retry: {attempts: 3}\n    http: {url: \"http://shop.example/${vars.list[7]}\"}", variables: "{list: [1]}",
      prober)
    #expect(run.verdict == .unknown)
    #expect(run.reason?.code == .templateFailed)
    #expect(run.reason?.excerpt?.location.line == 7)
    #expect(run.attempts == 1)
    #expect(prober.requests.isEmpty)
    #expect(try run.step().facts == nil)
  }

  @Test("by a line end in a header sends nothing")
  func headerInjection() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      "http: {url: \"http://shop.example/\", headers: {X-Name: \"${env.NAME}\"}}",
      environment: ["NAME": "a\r\nX-Evil: 1"], prober)
    #expect(run.reason?.code == .templateFailed)
    #expect(prober.requests.isEmpty)
  }

  @Test("is no failure when the templates can be rendered: the prober gets the text")
  func rendered() async throws {
    let prober = ScriptedProber(.http(200))
    let run = try await runOnce(
      "http: {url: \"${base}/items/${count}\"}", variables: "{base: \"http://shop.example\", count: 7}", prober)
    #expect(run.verdict == .up)
    guard case .http(let spec)? = prober.requests.first?.spec else {
      Issue.record("nothing was asked")
      return
    }
    #expect(spec.url == "http://shop.example/items/7")
  }
}
