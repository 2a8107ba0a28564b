package import Glibc
import Synchronization

/// A program that runs beside a test, with its outputs in files, so that nothing blocks whoever does not read them.
package final class ChildProcess: Sendable {
  /// How a program ended.
  package struct Outcome: Sendable {
    /// The exit code; 128 + n after signal n, as shells have it.
    package var exitCode: Int
    package var stdout: String
    package var stderr: String
  }

  /// Its process id, which stays its own until the object goes.
  package let id: pid_t
  /// What was started, for messages.
  package let command: [String]
  private let folder: String
  private let exitCode = Mutex<Int?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program and its arguments; it is looked for in PATH, and in the system's folders.
  ///   - environment: all that it gets beside PATH, HOME and the locale; nothing is inherited.
  ///   - input: what it reads from standard input.
  ///   - directory: where it works; its own temporary folder when absent.
  package init(
    _ command: [String], environment: [String: String] = [:], input: String = "", in directory: String? = nil
  ) throws {
    self.command = command
    folder = try TestProgram.temporaryFolder()
    try TestProgram.write(input, to: "\(folder)/stdin")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "\(folder)/stdin", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/stdout", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/stderr", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A test's own dispositions and masks are none of the program's business.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGPIPE)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // The folder is changed by env(1), because posix_spawn_file_actions_addchdir_np(3) is not open to Swift.
    let words = ["env", "-C", directory ?? folder] + command
    var variables = ["LC_ALL": "C.UTF-8", "HOME": folder, "PATH": Self.path]
    variables.merge(environment) { $1 }
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var pairs: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in arguments + pairs { free(pointer) } }
    var id = pid_t()
    let code = TestProgram.inheritance.withLock { _ in
      posix_spawn(&id, "/usr/bin/env", &actions, &attributes, &arguments, &pairs)
    }
    guard code == 0 else { throw TestProgram.Failure(description: "\(command[0]): \(String(cString: strerror(code)))") }
    self.id = id
  }

  deinit {
    if exitCode.withLock({ $0 == nil }) {
      kill(id, SIGKILL)
      waitpid(id, nil, 0)
    }
    for name in ["stdin", "stdout", "stderr"] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static let path = {
    let inherited: UnsafeMutablePointer<CChar>? = getenv("PATH")
    return (inherited.map { String(cString: $0) + ":" } ?? "")
      + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  }()

  /// What it has written so far.
  package var stdout: String { (try? TestProgram.read("\(folder)/stdout")) ?? "" }
  package var stderr: String { (try? TestProgram.read("\(folder)/stderr")) ?? "" }

  /// Sends it a signal, unless it has ended.
  package func send(_ signal: CInt) {
    if ended == nil { kill(id, signal) }
  }

  /// Its exit code once it has ended.
  package var ended: Int? {
    exitCode.withLock { exitCode in
      if exitCode == nil {
        var status: CInt = 0
        if waitpid(id, &status, WNOHANG) == id {
          let signal = Int(status & 0x7f)
          exitCode = signal == 0 ? Int(status >> 8 & 0xff) : 128 + signal
        }
      }
      return exitCode
    }
  }

  /// Waits for its end.
  ///
  /// - Throws: when it runs longer; it is killed then.
  package func outcome(within limit: Duration = .seconds(60)) async throws -> Outcome {
    do {
      let code = try await eventually("\(command.joined(separator: " ")) ends", within: limit) { ended }
      return Outcome(exitCode: code, stdout: stdout, stderr: stderr)
    } catch {
      kill(id, SIGKILL)
      throw error
    }
  }

  /// Runs a program to its end.
  package static func run(
    _ command: [String], environment: [String: String] = [:], input: String = "", in directory: String? = nil,
    within limit: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await ChildProcess(command, environment: environment, input: input, in: directory).outcome(within: limit)
  }
}

/// Asks again and again until there is an answer: for what other processes do, which tell nobody when they have done it.
///
/// - Throws: when there is none within the limit, which is generous because machines under test are busy.
package func eventually<Answer>(
  _ what: String, within limit: Duration = .seconds(60), _ ask: () async throws -> Answer?
) async throws -> Answer {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while true {
    if let answer = try await ask() { return answer }
    guard clock.now < end else { throw TestProgram.Failure(description: "it never happened that \(what)") }
    try await clock.sleep(for: .milliseconds(20))
  }
}
