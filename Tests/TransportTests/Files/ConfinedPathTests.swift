import Glibc
import TestSupport
import Testing
import Transport

@Suite("Confined paths")
struct ConfinedPathTests {
  private let folder: String

  init() throws {
    let outer = try TestProgram.temporaryFolder()
    folder = "\(outer)/inner"
    mkdir(folder, 0o755)
    mkdir("\(folder)/deep", 0o755)
    try TestProgram.write("", to: "\(folder)/file")
    try TestProgram.write("", to: "\(outer)/outside")
    mkdir("\(outer)/inner-too", 0o755)
    try TestProgram.write("", to: "\(outer)/inner-too/file")
    symlink("\(outer)/outside", "\(folder)/link-out")
    symlink("deep/../file", "\(folder)/link-in")
    symlink(outer, "\(folder)/up")
  }

  private func real(_ path: String, allowsAbsolute: Bool = false) -> Result<String, ConfinedPathProblem> {
    do throws(ConfinedPathProblem) {
      return .success(try ConfinedPath.real(path, in: folder, allowsAbsolute: allowsAbsolute))
    } catch {
      return .failure(error)
    }
  }

  @Test(
    "what leads into the folder is allowed, however it is written",
    arguments: [
      "file", "./file", "deep/../file", "link-in", "../inner/file", "up/inner/file",
    ])
  func inside(_ path: String) {
    #expect(real(path) == .success("\(folder)/file"))
  }

  @Test("the folder itself is inside, and so is an absolute path into it")
  func edges() {
    #expect(real(".") == .success(folder))
    #expect(real("\(folder)/file") == .success("\(folder)/file"))
  }

  @Test(
    "what leads out of the folder is not allowed, whether it is there or not",
    arguments: [
      "../outside", "../inner-too/file", "deep/../../outside", "link-out", "up/outside", "/etc/passwd", "..",
      "../missing",
      "/no/such/file",
    ])
  func outside(_ path: String) {
    guard case .failure(let problem) = real(path) else {
      Issue.record("\(path) was allowed")
      return
    }
    #expect(problem.description == "\"\(path)\" leaves the folder of the file that names it; write a path below it")
    #expect(problem.code == nil)
  }

  @Test("an absolute path is taken as it is where that is allowed, and dots are not")
  func absolute() {
    #expect(real("/no/such/file", allowsAbsolute: true) == .success("/no/such/file"))
    #expect(throws: ConfinedPathProblem.self) { try real("../outside", allowsAbsolute: true).get() }
  }

  @Test("what is not there is told as such", arguments: ["missing", "deep/missing", "file/below"])
  func missing(_ path: String) {
    guard case .failure(let problem) = real(path) else {
      Issue.record("\(path) was found")
      return
    }
    #expect(problem.description.hasPrefix("\"\(path)\" cannot be read: "))
    #expect(problem.code == ENOENT || problem.code == ENOTDIR)
  }

  @Test("a NUL is no part of a path")
  func nul() {
    #expect(throws: ConfinedPathProblem.self) { try real("file\u{0}.txt", allowsAbsolute: true).get() }
    #expect(throws: ConfinedPathProblem.self) { try real("/etc/passwd\u{0}", allowsAbsolute: true).get() }
  }

  @Test("the root folder holds everything")
  func root() throws {
    #expect(try ConfinedPath.real("\(folder)/file", in: "/") == "\(folder)/file")
    #expect(try ConfinedPath.real("..", in: "/") == "/")
  }
}
