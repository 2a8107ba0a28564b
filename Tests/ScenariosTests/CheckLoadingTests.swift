import Documents
import Model
import Scenarios
import Testing

@Suite struct CheckLoadingTests {
  @Test("a check says all that is written of it")
  func everything() throws {
    let scenario = try loadOne(
      """
      version: 1
      defaults: {every: 30s, labels: {team: web, tier: "0"}, trace: false}
      checks:
        - id: front-page
          name: Front page
          moved_from: home
          group: shop
          labels: {tier: "1"}
          every: 1m30s
          timeout: 5s
          regions: [eu, us]
          enabled: false
          sensitive: true
          retry: {attempts: 2, delay: 500ms, backoff: 1.5}
          http:
            url: https://Shop.example/
            expect: [status == 200, 'body.contains("Welcome")']
            warn: ['elapsed < duration("400ms")']
          objective: {availability: 99.9%, window: 7d, latency: {below: 1s, ratio: 95%}}
      """)
    let loaded = try #require(scenario.checks.first)
    let check = loaded.check
    #expect(check.id.text == "front-page")
    #expect(check.name == "Front page")
    #expect(check.movedFrom?.text == "home")
    #expect(check.group == "shop")
    #expect(check.labels == ["team": "web", "tier": "1"])
    #expect(check.kind == .http)
    #expect(check.interval == .seconds(90))
    #expect(check.timeout == .seconds(5))
    #expect(check.regions == ["eu", "us"])
    #expect(!check.isEnabled)
    #expect(check.retry == RetryPolicy(attempts: 2, delay: .milliseconds(500), backoff: 1.5))
    #expect(
      check.objective
        == Objective(
          availability: 0.999, window: .rolling(.days(7)), latency: LatencyObjective(below: .seconds(1), ratio: 0.95)))
    #expect(check.host == "shop.example")
    #expect(check.location == Model.SourceLocation(file: "shop.yaml", line: 4, column: 9))
    #expect(!loaded.propagatesTrace)
    #expect(loaded.journey.steps.map(\.name) == ["front-page"])
    #expect(loaded.onlyStep.isSensitive)
    #expect(loaded.onlyStep.retry == check.retry)
    #expect(loaded.onlyStep.expectations.map(\.kind) == [.expect, .expect, .warn])
    #expect(scenario.files == ["shop.yaml"])
  }

  @Test("a check that says nothing has the documented defaults")
  func defaults() throws {
    let loaded = try loadCheck("http: {url: 'https://shop.example/'}")
    #expect(loaded.check.name == "a")
    #expect(loaded.check.interval == .seconds(60))
    #expect(loaded.check.timeout == .seconds(10))
    #expect(loaded.check.regions == nil)
    #expect(loaded.check.isEnabled)
    #expect(loaded.check.retry == .none)
    #expect(loaded.check.objective == .standard)
    #expect(loaded.onlyStep.retry == nil)
    #expect(loaded.propagatesTrace)
  }

  @Test("a time-out that is not written is never longer than the interval")
  func shortInterval() throws {
    #expect(try loadCheck("every: 200ms\n    icmp: {target: a.example}").check.timeout == .milliseconds(200))
  }

  @Test(
    "durations are read",
    arguments: [
      ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .minutes(5)), ("1h30m", .minutes(90)),
      ("7d", .days(7)), ("2w", .days(14)), ("1.5s", .milliseconds(1500)), ("1m0.25s", .milliseconds(60_250)),
    ])
  func durations(text: String, duration: Duration) throws {
    #expect(try loadCheck("every: \(text)\n    icmp: {target: a.example}").check.interval == duration)
  }

  @Test(
    "what is no duration is refused",
    arguments: ["1", "s", "1x", "1s1m", "1s1s", "-1s", "1e3s", "'1 s'", "99999999999999999999s", "1..5s", ".5s", "１s"])
  func noDurations(text: String) {
    #expect(load(["shop.yaml": "version: 1\nchecks: [{id: a, every: \(text), icmp: {target: b}}]"]).scenario == nil)
  }

  @Test(
    "sizes are read",
    arguments: [("64KiB", 65_536), ("10MB", 10_000_000), ("1.5KiB", 1536), ("512", 512), ("2GiB", 2 << 30), ("7B", 7)])
  func sizes(text: String, bytes: Int) throws {
    #expect(try loadCheck("http: {url: 'http://a.example/', max_body: \(text)}").httpSpec().maxBodyBytes == bytes)
  }

  @Test(
    "the default expectation is listed like a written one, and points to the probe",
    arguments: [
      ("http: {url: 'http://a.example/'}", "status >= 200 && status < 400"),
      ("dns: {name: a.example}", "rcode == \"NOERROR\""), ("icmp: {target: a.example}", "received > 0"),
      ("exec: {command: [ls]}", "exit_code == 0"), ("grpc: {target: 'a.example:1'}", "status == 0"),
    ])
  func defaultExpectation(probe: String, source: String) throws {
    let expectation = try #require(try loadCheck(probe).onlyStep.expectations.first)
    #expect(expectation.source == source)
    #expect(expectation.isDefault)
    #expect(expectation.kind == .expect)
    #expect(expectation.excerpt(of: 0..<3).location == Model.SourceLocation(file: "shop.yaml", line: 6, column: 5))
  }

  @Test("a plugin's codes are held to what they mean, where its format says that it is one")
  func pluginExpectations() throws {
    let step = try loadCheck("exec: {command: [ls], format: nagios, warn: ['metrics.a < 1.0']}").onlyStep
    let plugin = step.expectations.filter { $0.applies(to: .exec(ExecSpec(command: ["ls"], format: .nagios))) }
    #expect(plugin.map(\.source) == ["exit_code == 0 || exit_code == 1", "exit_code == 0", "metrics.a < 1.0"])
    #expect(plugin.map(\.kind) == [.expect, .warn, .warn])
    let program = step.expectations.filter { $0.applies(to: .exec(ExecSpec(command: ["ls"], format: .exitCode))) }
    #expect(program.map(\.source) == ["exit_code == 0", "metrics.a < 1.0"])
    let written = try loadCheck("exec: {command: [ls], format: nagios, expect: [exit_code < 3]}").onlyStep
    #expect(written.expectations.map(\.source) == ["exit_code < 3"])
  }

  @Test(
    "tcp, tls, unix and websocket ask for the exchange alone",
    arguments: [
      "tcp: {target: 'a.example:1'}", "tls: {target: 'a.example:1'}", "unix: {path: /run/a}",
      "websocket: {url: 'ws://a.example/'}",
    ])
  func noDefaultExpectation(probe: String) throws {
    #expect(try loadCheck(probe).onlyStep.expectations.isEmpty)
  }

  @Test("an empty list of expectations is a list: nothing is expected")
  func emptyExpectations() throws {
    #expect(try loadCheck("http: {url: 'http://a.example/', expect: []}").onlyStep.expectations.isEmpty)
  }

  @Test("expectations in the probe and beside it are joined, and only a warning leaves the default in place")
  func joined() throws {
    let check = try loadCheck(
      "http: {url: 'http://a.example/', expect: [status == 200]}\n    expect: [size > 0]\n    until: [redirects == 0]")
    #expect(check.onlyStep.expectations.map(\.source) == ["status == 200", "size > 0", "redirects == 0"])
    #expect(check.onlyStep.expectations.map(\.kind) == [.expect, .expect, .until])
    let warned = try loadCheck("http: {url: 'http://a.example/', warn: [size > 0]}")
    #expect(warned.onlyStep.expectations.map(\.isDefault) == [true, false])
  }

  @Test(
    "a step knows whether its expectations speak of verification",
    arguments: [
      ("verified", true), ("verify_error == \"\"", true), ("certificate.expires_in > duration(\"1h\")", true),
      ("protocol == \"TLSv1.3\"", false),
    ])
  func verification(source: String, speaks: Bool) throws {
    #expect(
      try loadCheck("tls: {target: 'a.example:443', expect: ['\(source)']}").onlyStep.speaksOfVerification == speaks)
  }

  @Test("a warning that speaks of verification does not decide about it")
  func verificationWarning() throws {
    #expect(!(try loadCheck("tls: {target: 'a.example:443', warn: [verified]}").onlyStep.speaksOfVerification))
    #expect(try loadCheck("tls: {target: 'a.example:443', until: [verified]}").onlyStep.speaksOfVerification)
  }

  @Test("HTTP/3 is read where the program can speak it, and a template that asks for it is left to the prober")
  func http3() throws {
    let probe = "http: {url: 'https://a.example/', http_version: VERSION}"
    let text = "version: 1\nchecks:\n  - id: a\n    \(probe)\n"
    for version in ["3", "\"3\"", "3.0"] {
      let file = ["shop.yaml": text.replacing("VERSION", with: version)]
      #expect(
        load(file).diagnostics.map(\.message) == ["HTTP/3 is not spoken here: the libcurl that is installed cannot"])
      let able = load(file, capabilities: Capabilities(http3: true))
      #expect(try able.scenario?.checks.first?.httpSpec().version == .v3)
    }
    let late = try loadCheck(probe.replacing("VERSION", with: "'${v}'"), variables: "{v: 3}")
    #expect(try late.httpSpec().version == .v3)
  }

  @Test(
    "a HEAD request without a body, echo requests within the time-out and one STARTTLS are no mistakes",
    arguments: [
      "http: {url: 'http://a.example/', method: HEAD}", "http: {url: 'http://a.example/', method: GET, body: x}",
      "icmp: {target: a.example, count: 50}", "icmp: {target: a.example, count: 1, spacing: 60s}",
      "tcp: {target: 'a.example:25', tls: {verify: false}, dialogue: [{starttls: true}]}",
      "tcp: {target: 'a.example:25', starttls: smtp, dialogue: [{send: x}]}",
      "dns: {name: a.example, transport: tls, server: 192.0.2.1, tls: {verify: false}}",
      "tcp: {target: '[fe80::1%eth0]:25'}", "http: {url: 'http://a.example/', address: '::1'}",
      "dns: {name: a.example, server: '2001:db8::53'}", "retry: {attempts: 2, backoff: 100}\n    icmp: {target: a}",
      "every: 1.5s\n    timeout: 1s\n    icmp: {target: a}",
    ])
  func noMistakes(check: String) throws {
    _ = try loadCheck(check)
  }

  @Test("the place of a part of an expression is found through quotes, escapes and folding")
  func excerpts() throws {
    let check = try loadCheck(
      #"""
      http:
            url: http://a.example/
            expect:
              - 'body.contains("it''s") && size > 0'
              - "body.contains(\"\u00fc\") && size > 0"
              - >-
                status == 200 &&
                size > 0
              - |
                status == 200
                && size > 0
      """#)
    for expectation in check.onlyStep.expectations {
      let source = Array(expectation.source.utf8)
      let start = try #require((0..<source.count).first { source[$0...].starts(with: "size".utf8) })
      let excerpt = expectation.excerpt(of: start..<(start + 4))
      let scalars = Array(excerpt.lineText.unicodeScalars)
      let underlined = scalars[(excerpt.location.column - 1)...].prefix(excerpt.width)
      #expect(String(String.UnicodeScalarView(underlined)) == "size")
    }
    #expect(check.onlyStep.expectations.map { $0.excerpt(of: 0..<4).location.line } == [9, 10, 12, 15])
  }
}
