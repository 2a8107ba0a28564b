import Documents
import Fleet
import Foundation
import Model
import Scenarios
import Testing

@Suite("A bundle of scenario files")
struct BundleTests {
  private static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let samples: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "scenarios").path())) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test("of every sample gives a node what the hub has", arguments: samples)
  func sample(name: String) throws {
    let hub = try BundleHub(
      DiskFiles(), paths: [Self.root.appending(path: "scenarios/\(name)").path()],
      environment: ["PROBE_KEY": "k3y", "BACKUP_TOKEN": "t0ken-of-backups"])
    let node = try hub.node()
    #expect(node.checks.map(\.check) == hub.scenario.checks.map(\.check))
    #expect(node.services == hub.scenario.services)
    #expect(node.maintenance == hub.scenario.maintenance)
    #expect(
      node.checks.map { $0.journey.steps.map(\.name) } == hub.scenario.checks.map { $0.journey.steps.map(\.name) })
    let text = String(decoding: hub.bundle.bytes, as: UTF8.self)
    #expect(!text.contains("k3y") && !text.contains("t0ken-of-backups"))
  }

  @Test("has the files of a directory in their order")
  func directory() throws {
    func text(_ id: String) -> String { "version: 1\nchecks: [{id: \(id), http: {url: https://a.example}}]\n" }
    let hub = try BundleHub(
      MemoryFiles(["all/z.yaml": text("z"), "all/b/x.yml": text("x"), "all/a.yaml": text("a")]), paths: ["all"])
    #expect(hub.bundle.roots == ["all/a.yaml", "all/b/x.yml", "all/z.yaml"])
    #expect(try hub.node().checks.map(\.check) == hub.scenario.checks.map(\.check))
  }

  @Test("leaves alone what lies in a directory and nobody names")
  func unnamed() throws {
    let text =
      "version: 1\nchecks:\n  - {id: a, http: {url: https://a.example}}\n"
      + "  - {id: b, exec: {command: [ls], directory: work}}\n"
    let files = MemoryFiles(["all/a.yaml": text, "all/notes.txt": "my-passw0rd", "all/work/tool": "x"])
    let hub = try BundleHub(files, paths: ["all"])
    let bytes = String(decoding: hub.bundle.bytes, as: UTF8.self)
    #expect(!bytes.contains("my-passw0rd") && !bytes.contains("tool"))
    #expect(try hub.node().checks.map(\.check) == hub.scenario.checks.map(\.check))
  }

  private static let shop = MemoryFiles([
    "shop.yaml": """
    version: 1
    include: [parts/common.yaml]
    variables: {path: /a}
    secrets: {token: {env: TOKEN}, pin: {file: pin.txt}}
    defaults: {labels: {team: '${env.TEAM}'}}
    checks:
      - id: front
        http: {url: 'https://${host}${path}', headers: {authorization: 'Bearer ${secrets.token}'}, file: parts/order.json, method: POST}
      - id: upload
        http:
          url: https://shop.example/upload
          multipart: {picture: {file: parts/order.json}}
          method: POST
          tls: {ca: ca.pem, cert: client.pem, key: client.key}
      - id: journey
        journey:
          each: {file: parts/rows.csv}
          steps:
            - use: sign in
            - step: order
              http: {url: 'https://shop.example/${item}?pin=${secrets.pin}'}
    """,
    "parts/common.yaml": """
    version: 1
    variables: {host: shop.example}
    secrets: {password: {env: PASSWORD}}
    fragments:
      sign in:
        steps: [{step: form, http: {url: 'https://${host}/sign-in', form: {password: '${secrets.password}'}, method: POST}}]
    """,
    "parts/order.json": "{\"order\": 1}", "parts/rows.csv": "item\nshoes\nhats\n", "pin.txt": "4711-0815\n",
    "ca.pem": "CA", "client.pem": "CHAIN", "client.key": "PRIVATE",
  ])
  private static let environment = ["TOKEN": "t0ken-1", "PASSWORD": "passw0rd", "TEAM": "shop", "HOME": "/home/me"]

  @Test("carries what probes send and what journeys read, and no secret")
  func content() throws {
    let hub = try BundleHub(Self.shop, environment: Self.environment)
    let text = String(decoding: hub.bundle.bytes, as: UTF8.self)
    for secret in ["t0ken-1", "passw0rd", "4711-0815", "CHAIN", "PRIVATE"] { #expect(!text.contains(secret)) }
    let node = try hub.node()
    #expect(node.checks.map(\.check) == hub.scenario.checks.map(\.check))
    let front = try node.checks[0].httpSpec()
    #expect(front.body == .bytes(Array("{\"order\": 1}".utf8), contentType: nil))
    #expect(front.headers.contains(HeaderField("authorization", "Bearer t0ken-1")))
    let upload = try node.checks[1].httpSpec()
    #expect(upload.tls.caText == "CA" && upload.tls.caFile == nil)
    #expect(upload.tls.certificate == .text("CHAIN") && upload.tls.key == .text("PRIVATE"))
    #expect(
      upload.body
        == .multipart([
          MultipartPart(name: "picture", content: .bytes(Array("{\"order\": 1}".utf8)), filename: "order.json")
        ]))
    #expect(node.redactor.redact("Bearer t0ken-1") == "Bearer •••")
  }

  @Test("gives a node the values of its own checks alone")
  func values() throws {
    let hub = try BundleHub(Self.shop, environment: Self.environment)
    let front = hub.supply.values(for: ["front"].compactMap(CheckID.init))
    #expect(front.environment == ["TEAM": "shop"])
    #expect(front.secrets == ["shop.yaml": ["token": "t0ken-1"]])
    #expect(front.checks == ["front"])
    let journey = hub.supply.values(for: ["journey"].compactMap(CheckID.init))
    #expect(journey.secrets == ["shop.yaml": ["pin": "4711-0815"], "parts/common.yaml": ["password": "passw0rd"]])
    let upload = hub.supply.values(for: ["upload"].compactMap(CheckID.init))
    #expect(upload.secrets == ["client.pem": ["": "CHAIN"], "client.key": ["": "PRIVATE"]])
    #expect(hub.supply.values(for: []).secrets.isEmpty)
  }

  @Test("loads on a node the checks that values are for, and says nothing of the others")
  func others() throws {
    let hub = try BundleHub(Self.shop, environment: Self.environment)
    let node = try hub.node(["journey"])
    #expect(node.checks.map(\.check.id.text) == ["journey"])
    #expect(node.checks.map(\.check) == [hub.scenario.checks[2].check])
    #expect(try hub.node([]).checks.isEmpty)
  }

  @Test("loads a check although a variable that it does not use cannot be computed without its values")
  func unrelated() throws {
    let files = MemoryFiles([
      "shop.yaml": """
      version: 1
      secrets: {number: {env: NUMBER}}
      variables: {port: '${int(env.PORT)}', pin: '${int(secrets.number)}', plain: b}
      checks:
        - {id: a, every: '${env.RATE}', http: {url: 'https://a.example:${port}/'}}
        - {id: b, variables: {own: '${plain}'}, http: {url: 'https://${own}.example/'}}
        - {id: c, http: {url: 'https://c.example/${pin}'}}
      maintenance:
        - {id: update, title: 'Update of ${env.WHAT}', checks: [a], once: {from: 2026-12-01T22:00, until: 2026-12-01T23:00}}
      """
    ])
    let environment = ["PORT": "8443", "RATE": "30s", "NUMBER": "12", "WHAT": "the shop"]
    let hub = try BundleHub(files, environment: environment)
    #expect(hub.supply.values(for: ["b"].compactMap(CheckID.init)).environment == ["WHAT": "the shop"])
    let node = try hub.node(["b"])
    #expect(node.checks.map(\.check.id.text) == ["b"])
    #expect(node.maintenance == hub.scenario.maintenance)
    #expect(
      try hub.node(["a", "c"]).checks.map(\.check) == [hub.scenario.checks[0].check, hub.scenario.checks[2].check])
  }

  @Test("tells of a check that values are for and that it cannot load")
  func missing() throws {
    let hub = try BundleHub(Self.shop, environment: Self.environment)
    var values = hub.supply.values(for: ["front"].compactMap(CheckID.init))
    values.checks.append("gone")
    let result = hub.bundle.load(supplied: values)
    #expect(result.diagnostics.map(\.message) == ["check 'gone' cannot be loaded here, and is not run"])
    #expect(result.scenario?.checks.map(\.check.id.text) == ["front"])
  }

  @Test("takes what was not supplied as empty, without a word")
  func unsupplied() throws {
    let hub = try BundleHub(Self.shop, environment: Self.environment)
    let result = hub.bundle.load(supplied: SuppliedValues(environment: ["TEAM": "shop"], checks: ["front", "upload"]))
    #expect(result.diagnostics.isEmpty)
    let checks = try #require(result.scenario).checks
    #expect(try checks[0].httpSpec().headers.contains(HeaderField("authorization", "Bearer ")))
    #expect(try checks[1].httpSpec().tls.key == .text(""))
  }

  @Test("brings what the command line and standard input said")
  func commandLine() throws {
    let files = MemoryFiles(["vars.yaml": "tier: gold\n"])
    let overrides = Overrides(
      variables: ["count=3"], variableFiles: ["vars.yaml"], bases: ["shop=https://staging.example"])
    let text = """
      version: 1
      variables: {shop: https://shop.example, count: 1, tier: none}
      checks: [{id: a, http: {url: '${shop}/${tier}/${count}'}}]
      """
    let hub = try BundleHub(files, paths: ["-"], overrides: overrides, standardInput: text)
    #expect(try hub.node().checks[0].httpSpec().url == "https://staging.example/gold/3")
    #expect(try hub.node().checks[0].check.location == hub.scenario.checks[0].check.location)
  }

  @Test("loads a file with two names once")
  func links() throws {
    var files = MemoryFiles([
      "all/a.yaml": "version: 1\nchecks: [{id: a, http: {url: https://a.example}}]\n"
    ])
    files.links["all/b.yaml"] = "all/a.yaml"
    files.files["all/c.yaml"] = Array("version: 1\nchecks: [{id: c, http: {url: https://c.example}}]\n".utf8)
    let hub = try BundleHub(files, paths: ["all", "all/a.yaml"])
    #expect(try hub.node().checks.map(\.check.id.text) == ["a", "c"])
  }

  @Test("has the same bytes for the same files, and others for others")
  func deterministic() throws {
    let first = try BundleHub(Self.shop, environment: Self.environment).bundle
    let other = ["TOKEN": "another", "PASSWORD": "one", "TEAM": "shop"]
    let second = try BundleHub(Self.shop, environment: other).bundle
    #expect(first.bytes == second.bytes)
    #expect(first.digest == second.digest)
    var changed = Self.shop
    changed.files["parts/order.json"] = Array("{}".utf8)
    #expect(try BundleHub(changed, environment: Self.environment).bundle.digest != first.digest)
  }

  @Test("is read from its bytes")
  func bytes() throws {
    let bundle = try BundleHub(Self.shop, environment: Self.environment).bundle
    #expect(try ScenarioBundle(bundle.bytes) == bundle)
  }

  @Test("is refused where its bytes are cut off or changed, and never read beyond them")
  func hostile() throws {
    let bytes = try BundleHub(Self.shop, environment: Self.environment).bundle.bytes
    for length in 0..<bytes.count {
      #expect(throws: BundleFault.self) { try ScenarioBundle(Array(bytes[..<length])) }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      var changed = bytes
      for _ in 0..<3 {
        changed[Int.random(in: 0..<changed.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      // Whatever comes of it, it ends.
      _ = try? ScenarioBundle(changed)
    }
    #expect(throws: BundleFault.self) { try ScenarioBundle([1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) }
    #expect(throws: BundleFault.self) { try ScenarioBundle(bytes + [0]) }
  }

  @Test("is refused where it is larger than nodes can take")
  func tooLarge() throws {
    var files = Self.shop
    files.files["parts/order.json"] = [UInt8](repeating: 0x20, count: (16 << 20) + 1)
    #expect {
      try BundleHub(files, environment: Self.environment)
    } throws: {
      "\($0)".contains("'parts/order.json' cannot travel to nodes: it is longer than 16 MiB")
    }
  }
}
