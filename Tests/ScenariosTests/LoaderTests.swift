import Documents
import Model
import Scenarios
import Testing

@Suite struct LoaderTests {
  private func file(_ id: String) -> String { "version: 1\nchecks: [{id: \(id), icmp: {target: a.example}}]\n" }

  private func ids(_ result: LoadResult) -> [String]? { result.scenario?.checks.map(\.check.id.text) }

  @Test("a directory means all its YAML files in the order of whole paths, hidden ones aside")
  func directory() {
    let files = [
      "s/b.yaml": file("b"), "s/a/z.yml": file("az"), "s/a.yaml": file("a"), "s/c.json": "{",
      "s/.ci/x.yaml": "jobs: {}",
      "other.yaml": file("other"), "s/parts.yaml": "version: 1\nfragments: {}\n",
    ]
    let result = load(files, paths: ["s"])
    #expect(ids(result) == ["a", "az", "b"])
    #expect(result.scenario?.directories.sorted() == ["s", "s/a"])
    #expect(result.scenario?.files == ["s/a.yaml", "s/a/z.yml", "s/b.yaml", "s/parts.yaml"])
  }

  @Test("a file given twice, by whatever path, is read once")
  func twice() {
    let result = load(
      ["s/a.yaml": file("a")], paths: ["s/a.yaml", "s", "./s/../s/a.yaml", "link.yaml"],
      links: ["link.yaml": "s/a.yaml"])
    #expect(ids(result) == ["a"])
  }

  @Test("standard input is a file like any other")
  func standardInput() throws {
    let result = load(["a.yaml": file("a")], paths: ["-", "a.yaml"], standardInput: file("b"))
    #expect(ids(result) == ["b", "a"])
    #expect(result.scenario?.checks.first?.check.location.file == "<stdin>")
    #expect(load([:], paths: ["-"]).scenario == nil)
  }

  @Test("nothing named, nothing found and nothing to check are errors")
  func nothing() {
    #expect(load([:], paths: []).diagnostics.map(\.message) == ["no scenario files were named"])
    #expect(load([:], paths: ["x"]).diagnostics.map(\.message) == ["'x' was not found"])
    #expect(
      load(["s/a.txt": ""], paths: ["s"]).diagnostics.map(\.message) == ["there are no checks in 's'"])
    #expect(
      load(["a.yaml": "version: 1\nfragments: {}\n"], paths: ["a.yaml"]).diagnostics.map(\.message)
        == ["there are no checks in 'a.yaml'"])
  }

  @Test("the problems of all files are told in one pass, a duplicate id with both places")
  func allFiles() throws {
    let result = load(
      ["a.yaml": file("x"), "b.yaml": file("x"), "c.yaml": "version: 3\nchecks: []"],
      paths: ["a.yaml", "b.yaml", "c.yaml"])
    #expect(result.scenario == nil)
    let duplicate = try #require(result.diagnostics.first { $0.message == "duplicate id 'x'" })
    #expect(duplicate.excerpt?.location.file == "b.yaml")
    #expect(duplicate.notes.first?.excerpt?.location.file == "a.yaml")
    #expect(result.diagnostics.contains { $0.excerpt?.location.file == "c.yaml" })
  }

  @Test("variables and secrets of included files are visible, those nearer win")
  func includes() throws {
    let scenario = try loadOne(
      """
      version: 1
      include: [parts/one.yaml, parts/two.yaml]
      variables: {c: own}
      checks:
        - {id: a, http: {url: 'http://a.example/${a}/${b}/${c}/${d}', headers: {T: '${secrets.t}'}}}
      """,
      files: [
        "parts/one.yaml": "version: 1\ninclude: [deep.yaml]\nvariables: {a: one, b: one, c: one}\nfragments: {}\n",
        "parts/two.yaml": "version: 1\ninclude: [deep.yaml]\nvariables: {b: two}\nsecrets: {t: {file: t.txt}}\n",
        "parts/deep.yaml": "version: 1\nvariables: {a: deep, d: '${c}!'}\n", "parts/t.txt": "hush-hush\r\n",
      ])
    let spec = try #require(scenario.checks.first).httpSpec()
    #expect(spec.url == "http://a.example/deep/two/own/own!")
    #expect(spec.headers == [HeaderField("T", "hush-hush")])
    #expect(scenario.redactor.redact("T: hush-hush") == "T: \(Redactor.mask)")
    #expect(scenario.files == ["shop.yaml", "parts/one.yaml", "parts/deep.yaml", "parts/two.yaml", "parts/t.txt"])
  }

  @Test("a link that leads out of the folder is no way around the rule")
  func links() {
    let files = [
      "s/shop.yaml": "version: 1\nchecks: [{id: a, http: {url: 'http://a.example/', file: body.txt}}]",
      "secret.txt": "x",
    ]
    let result = load(files, paths: ["s/shop.yaml"], links: ["s/body.txt": "secret.txt"])
    #expect(result.diagnostics.map(\.message) == ["'body.txt' leaves the folder of its file"])
  }

  @Test("what may not be reached is told as that, and not as missing; its checks do not vanish without a word")
  func closed() {
    var files = MemoryFiles([
      "s/a.yaml": file("a"), "s/closed/b.yaml": file("b"),
      "c.yaml": "version: 1\nchecks: [{id: c, http: {url: 'http://a.example/', file: s/closed/body}}]",
    ])
    files.closed = ["s/closed"]
    let loader = ScenarioLoader(environment: [:], files: files)
    for (path, message) in [
      ("s", "'s/closed/b.yaml' cannot be reached: Permission denied"),
      ("s/closed/b.yaml", "'s/closed/b.yaml' cannot be reached: Permission denied"),
      ("c.yaml", "'s/closed/body' cannot be reached from '.': Permission denied"),
    ] {
      let result = loader.load(paths: [path])
      #expect(result.scenario == nil)
      #expect(result.diagnostics.map(\.message) == [message])
    }
  }

  @Test("the disk tells nothing from something that may not be reached")
  func disk() throws {
    let files = DiskFiles()
    #expect(try files.kind(of: "/none/of/this") == nil)
    #expect(try files.kind(of: "/dev/null/x") == nil)
    #expect(try files.kind(of: "/dev/null") == .other)
    #expect(try files.kind(of: "/") == .directory)
    // Nobody, root included, reaches through a name that is longer than the system takes.
    #expect(throws: FileProblem.self) { try files.kind(of: "/" + String(repeating: "x", count: 300)) }
    #expect(try files.names(in: "/").contains("dev"))
  }

  @Test(
    "what is no text in UTF-8 is told and not guessed",
    arguments: [
      [0xFF, 0xFE, 0x61, 0x00], [0x61, 0x3A, 0x20, 0xC3, 0x28], [0x61, 0x3A, 0x00], [0xED, 0xA0, 0x80],
    ] as [[UInt8]])
  func encodings(bytes: [UInt8]) {
    let result = ScenarioLoader(environment: [:], files: MemoryFiles([:])).load(paths: ["-"], standardInput: bytes)
    #expect(result.scenario == nil)
    #expect(result.diagnostics.count == 1)
  }

  @Test("a byte order mark is borne, and does not shift places")
  func byteOrderMark() {
    let result = load([:], paths: ["-"], standardInput: "\u{FEFF}versio: 1\n")
    #expect(result.diagnostics.contains { $0.excerpt?.location.description == "<stdin>:1:1" && $0.excerpt?.width == 6 })
    #expect(ids(load([:], paths: ["-"], standardInput: "\u{FEFF}" + file("a"))) == ["a"])
  }

  @Test("a file over 16 MiB is refused")
  func tooLong() {
    let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: (16 << 20) + 1)
    var files = MemoryFiles([:])
    files.files["big.yaml"] = bytes
    let loader = ScenarioLoader(environment: [:], files: files)
    #expect(
      loader.load(paths: ["big.yaml"]).diagnostics.map(\.message) == [
        "'big.yaml' could not be read: it is longer than 16 MiB"
      ])
    #expect(
      loader.load(paths: ["-"], standardInput: bytes).diagnostics.map(\.message) == ["'<stdin>' is longer than 16 MiB"])
  }

  @Test("any damage to a file gives problems or a scenario, within bounds, and no crash")
  func damaged() {
    let text = Array(
      """
      version: 1
      variables: &v {a: '${b}', b: [1, {c: "d\\u00fc"}]}
      defaults: {every: 30s, labels: {team: web}}
      checks:
        - id: a
          http: {url: "http://a.example/${a}", json: *v, expect: ['status == 200']}
        - {id: b, tcp: {target: 'a.example:1', dialogue: [{expect: '(?P<x>.)'}, {send: "${x}"}]}}
        - id: c
          dns:
            name: >-
              a.example
            expect:
              - |
                rcode == "NOERROR"
      """.utf8)
    var generator = SplitMix(state: 7)
    let spice = Array("{}[]&*!|>'\"%@`:,#?-\t\n\r ${}\0\u{85}ü<<".utf8)
    for _ in 0..<500 {
      var damaged = text
      for _ in 0...Int(generator.next() % 4) {
        let index = Int(generator.next() % UInt64(damaged.count))
        switch generator.next() % 4 {
        case 0: damaged.remove(at: index)
        case 1: damaged.insert(spice[Int(generator.next() % UInt64(spice.count))], at: index)
        case 2: damaged[index] = UInt8(truncatingIfNeeded: generator.next())
        default: damaged.removeSubrange(index..<min(damaged.count, index + Int(generator.next() % 40)))
        }
      }
      let result = ScenarioLoader(environment: [:], files: MemoryFiles([:])).load(paths: ["-"], standardInput: damaged)
      #expect((result.scenario == nil) == result.diagnostics.contains { $0.severity == .error })
      #expect(result.diagnostics.allSatisfy { !$0.rendered().isEmpty })
    }
  }

  @Test("thousands of mistakes are counted and not all printed")
  func many() {
    let checks = (0..<2000).map { "  - {id: A\($0), icmp: {target: b}}\n" }.joined()
    let result = load(["shop.yaml": "version: 1\nchecks:\n" + checks])
    #expect(result.diagnostics.count == 501)
    #expect(result.diagnostics.last?.message == "1500 more problems are not shown")
  }
}

/// A generator with a seed, so that a failure comes again.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
