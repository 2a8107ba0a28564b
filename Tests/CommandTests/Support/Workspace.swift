import TestSupport

/// A folder of one test's own, in which `curlew` is run.
final class Workspace: Sendable {
  let folder: String

  /// A folder with these files.
  init(_ files: [String: String] = [:]) throws {
    folder = try TestProgram.temporaryFolder()
    for (name, text) in files { try write(text, to: name) }
  }

  deinit {
    try? TestProgram.run(["rm", "-rf", folder], in: "/")
  }

  func write(_ text: String, to name: String) throws {
    // Put in place as a whole: a daemon that watches the file never sees half of it.
    if name.contains("/") { try TestProgram.run(["mkdir", "-p", String(name.prefix { $0 != "/" })], in: folder) }
    try TestProgram.write(text, to: path("\(name).new"))
    try TestProgram.run(["mv", "\(name).new", name], in: folder)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Runs `curlew` in the folder to its end.
  func curlew(
    _ arguments: String..., environment: [String: String] = [:], input: String = "",
    within limit: Duration = .seconds(60)
  ) async throws -> ChildProcess.Outcome {
    try await CurlewProcess.run(arguments, environment: environment, input: input, in: folder, within: limit)
  }
}
