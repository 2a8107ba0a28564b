import Documents
import Model
import Scenarios
import Testing

@Suite struct ServiceFileTests {
  private func load(_ text: String) -> (file: ServiceFile?, diagnostics: [Diagnostic]) {
    ServiceFileLoader(files: MemoryFiles(["curlew.yaml": text])).load("curlew.yaml")
  }

  @Test("every key may be left out: a file that says nothing is one", arguments: ["", "# nothing yet\n", "{}"])
  func empty(text: String) {
    let result = load(text)
    #expect(result.file == ServiceFile())
    #expect(result.diagnostics.isEmpty)
  }

  @Test("all that is written is read")
  func everything() throws {
    let result = ServiceFileLoader(
      files: MemoryFiles([
        "etc/curlew.yaml": """
        listen: '[::1]:0'
        store: sqlite:/var/lib/curlew/history.db
        region: eu
        files: [scenarios, /srv/checks]
        retention: {runs: 3d, five_minutes: 20d, hours: 90d, days: 10000d}
        concurrency: {global: 50, per_host: 2}
        resolver: {servers: ['192.0.2.53:53', '[2001:db8::53]:53']}
        allow_exec: true
        log: {format: json, level: warning}
        """
      ])
    ).load("etc/curlew.yaml")
    #expect(result.diagnostics.map { $0.rendered() } == [])
    let file = try #require(result.file)
    #expect(file.listen == "[::1]:0")
    #expect(file.store == "sqlite:/var/lib/curlew/history.db")
    #expect(file.region == "eu")
    #expect(file.files == ["etc/scenarios", "/srv/checks"])
    #expect(file.retention.runs == .days(3))
    #expect(file.retention.fiveMinutes == .days(20))
    #expect(file.retention.hours == .days(90))
    #expect(file.retention.days == .days(10_000))
    #expect(file.globalConcurrency == 50)
    #expect(file.hostConcurrency == 2)
    #expect(file.nameServers == [Endpoint(host: "192.0.2.53", port: 53), Endpoint(host: "2001:db8::53", port: 53)])
    #expect(file.allowsExec)
    #expect(file.logsJSON)
    #expect(file.logLevel == "warning")
  }

  @Test(
    "addresses and stores are written in more than one way",
    arguments: [
      "listen: ':0'", "listen: 127.0.0.1:9115", "listen: localhost:1", "listen: '[::1]:9115'", "store: curlew.db",
      "store: ./a:b.db", "store: /var/lib/curlew.db", "retention: {days: forever}",
    ])
  func forms(text: String) {
    let result = load(text)
    #expect(result.diagnostics.map { $0.rendered() } == [])
    #expect(result.file != nil)
  }

  @Test(
    "a store that is misspelt is told of without its password, whatever else is wrong in its line",
    arguments: [
      "store: postgre://ada:s3cret@host/db", "store: postgres:ada:s3cret@host/db",
      "store: post.gres://ada:s3cret@host/db", "store: //ada:s3cret@host/db", "store: ada:s3cret@host/db",
      "stroe: postgres://ada:s3cret@host/db", "store:postgres://ada:s3cret@host/db",
      "store: 'postgres://ada:s3cret@host/db", "{store: 'postgre://ada:s3c@s3cret@host/db', listne: ':1'}",
      "store: [postgres://ada:s3cret@host/db]", "store: postgres://ada:s3cret@host/db: 1",
      "store: a.db\nstore: postgres://ada:s3cret@host/db",
      "listen: 1\nstroe: postgres://host/db?user=ada&password=s3cret",
      "store: postgres://ada:s3cret@host/db\n\tlisten: ':1'",
    ])
  func misspeltStores(text: String) {
    let result = load(text)
    #expect(result.file == nil)
    #expect(!result.diagnostics.isEmpty)
    for diagnostic in result.diagnostics { #expect(!diagnostic.rendered().contains("s3cret")) }
  }

  @Test("the rest of a line with a password is shown")
  func shown() {
    let words = load("store: postgre://ada:s3cret@host/db").diagnostics.map { $0.rendered() }.joined()
    #expect(words.contains("store: postgre://•••@host/db"))
    #expect(words.contains("no history is kept in 'postgre'"))
  }

  @Test("a file that is not there, or no text, is told in one sentence")
  func unreadable() {
    var files = MemoryFiles([:])
    #expect(
      ServiceFileLoader(files: files).load("a.yaml").diagnostics.map(\.message)
        == ["cannot read the service file 'a.yaml': there is no such file"])
    files.files["a.yaml"] = [0x61, 0x3A, 0x20, 0xC3, 0x28]
    #expect(
      ServiceFileLoader(files: files).load("a.yaml").diagnostics.map(\.message)
        == ["the service file 'a.yaml' is not UTF-8"])
  }
}
