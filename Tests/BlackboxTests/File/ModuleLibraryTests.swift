import Blackbox
import Documents
import Model
import TestSupport
import Testing

/// The modules, scrape configs and alert rules in `probes`.
struct ModuleLibraryTests {
  /// The folder, seen from this file.
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
    .joined(separator: "/") + "/probes"

  @Test("Every module file of the library is without fault", arguments: ["blackbox.yml", "blackbox-more.yml"])
  func files(name: String) throws {
    let path = Self.folder + "/" + name
    let reading = BlackboxFile.read(
      try DiskFiles().read(path, limit: BlackboxFile.sizeLimit), path: path, capabilities: Capabilities())
    #expect(reading.diagnostics.map { $0.rendered() } == [])
    let file = try #require(reading.file)
    #expect(file.modules.count >= 5)
  }

  @Test("Prometheus takes the scrape configs and the alert rules, and every alert fires when it should and not before")
  func prometheus() throws {
    let folder = try TestProgram.temporaryFolder()
    let rules = Self.folder + "/prometheus"
    try TestProgram.run(["promtool", "check", "config", "--syntax-only", rules + "/scrape.yml"], in: folder)
    try TestProgram.run(
      ["promtool", "check", "rules", "--lint=all", "--lint-fatal", rules + "/alerts.yml"], in: folder)
    try TestProgram.run(["promtool", "test", "rules", rules + "/alerts_test.yml"], in: folder)
  }

  @Test("A module is found by its name, with the kind of what it probes with; one without a prober is not")
  func modules() throws {
    let file = try #require(read("modules: {b: {prober: http}, a: }").file)
    let library = BlackboxLibrary(
      file,
      in: ModuleSurroundings(compatibility: .mended, environment: [:], userAgent: "test") { path in
        .failure(ModuleFault(.internal, "no file \(path)"))
      })
    #expect(library.moduleNames == ["a", "b"])
    #expect(library.module(named: "b")?.kind == .http)
    #expect(library.module(named: "a") == nil)
    #expect(library.module(named: "c") == nil)
    let spec = try library.module(named: "b")?.spec(for: "shop.example")
    guard case .http(let http) = spec else {
      Issue.record("\(String(describing: spec))")
      return
    }
    #expect(http.url.contains("shop.example"))
  }
}
