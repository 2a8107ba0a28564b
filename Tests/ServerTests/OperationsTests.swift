import Exposition
import Model
import Server
import Synchronization
import Testing

@Suite("Metrics, health, reload")
struct OperationsTests {
  @Test("metrics come in the format that is asked for")
  func metrics() async throws {
    let fixture = ServerFixture()
    try fixture.registry.counter("curlew_test_total", help: "Things.").child().increment()
    try await fixture.serving { client async throws in
      let text = try await client.get("/metrics")
      #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(text.text.contains("curlew_test_total 1\n"))
      let open = try await client.get("/metrics", ["Accept": "application/openmetrics-text; version=1.0.0"])
      #expect(open.headers["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
      #expect(open.text.hasSuffix("# EOF\n"))
    }
  }

  @Test("a program whose files are not loaded is live and not ready")
  func notLoaded() async throws {
    let fixture = ServerFixture(nil)
    try await fixture.serving { client async throws in
      #expect(try await client.get("/health").text == "{\"status\":\"live\"}\n")
      let ready = try await client.get("/health/ready")
      #expect(ready.status == 503)
      #expect(ready.text == "{\"status\":\"not ready\",\"not_ready\":[\"scenarios\"]}\n")
      fixture.catalogue.apply([])
      #expect(try await client.get("/health/ready").text == "{\"status\":\"ready\"}\n")
    }
  }

  @Test("a store that cannot be written makes the program not ready, and is named with its reason")
  func storeBroken() async throws {
    let fixture = try ServerFixture([.sample("a")])
    fixture.store.change {
      $0.health = HistoryHealth(isWritable: false, latency: .milliseconds(3), message: "disk is full")
    }
    fixture.components.withLock { $0 = [ComponentHealth(name: "scheduler", isReady: true, latency: .microseconds(5))] }
    try await fixture.serving { client async throws in
      let detailed = try await client.get("/health/detailed")
      #expect(detailed.status == 503)
      #expect(
        detailed.text == """
          {"status":"not ready","components":[\
          {"name":"scenarios","ready":true,"latency_ms":0,"message":"1 check"},\
          {"name":"history","ready":false,"latency_ms":3,"message":"disk is full"},\
          {"name":"scheduler","ready":true,"latency_ms":0.005,"message":null}]}

          """)
      #expect(try await client.get("/health").status == 200)
    }
  }

  @Test("a component that is not ready makes the program not ready")
  func componentBroken() async throws {
    let fixture = ServerFixture()
    fixture.components.withLock { $0 = [ComponentHealth(name: "scheduler", isReady: false, message: "stopped")] }
    try await fixture.serving { client async throws in
      #expect(try await client.get("/health/ready").text.contains("[\"scheduler\"]"))
    }
  }

  @Test("a reload wants POST or PUT, in the words of blackbox_exporter")
  func reload() async throws {
    try await ServerFixture().serving { client async throws in
      let get = try await client.get("/-/reload")
      #expect(get.status == 405)
      #expect(get.headers["allow"] == "POST, PUT")
      #expect(get.text == "This endpoint requires a POST request.\n")
      for method in ["POST", "PUT"] {
        let answer = try await client.send(method, "/-/reload", ["Content-Length": "0"])
        #expect(answer.status == 200)
        #expect(answer.bytes.isEmpty)
      }
    }
  }

  @Test("a refused reload is a 500 with the diagnostics")
  func refusedReload() async throws {
    let fixture = ServerFixture()
    fixture.reloadOutcome.withLock { $0 = .refused(diagnostics: "error: unknown key \"urll\"\n  shop.yaml:4:7") }
    try await fixture.serving { client async throws in
      let answer = try await client.send("POST", "/-/reload", ["Content-Length": "0"])
      #expect(answer.status == 500)
      #expect(answer.text == "failed to reload config: error: unknown key \"urll\"\n  shop.yaml:4:7\n")
    }
  }

  @Test("a page of another site cannot reload")
  func crossSite() async throws {
    try await ServerFixture().serving { client async throws in
      let answer = try await client.send(
        "POST", "/-/reload", ["Content-Length": "0", "Sec-Fetch-Site": "cross-site"])
      #expect(answer.status == 403)
    }
  }

  @Test("healthy answers any method, and config shows what is in force")
  func plain() async throws {
    try await ServerFixture().serving { client async throws in
      #expect(try await client.send("POST", "/-/healthy", ["Content-Length": "0"]).text == "Healthy")
      let config = try await client.get("/config")
      #expect(config.headers["content-type"] == "text/plain; charset=utf-8")
      #expect(config.text == "checks:\n  - id: front-page\n")
    }
  }
}
