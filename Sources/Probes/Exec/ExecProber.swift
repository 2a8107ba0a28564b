package import Model
import Subprocess
import SystemPackage
import Transport

/// Runs a program and takes its exit code and what it wrote; without a shell, with a given environment, in its own session.
///
/// A program that ends is a fact, whatever its code. One that does not is asked to end (SIGTERM) shortly before the
/// deadline and killed (SIGKILL) with all of its process group at the deadline.
package struct ExecProber: Sendable {
  private let isAllowed: Bool
  private let environment: [String: String]

  /// A prober that refuses unless it is allowed to run what scenario files say.
  ///
  /// - Parameter searchPath: the `PATH` of programs whose spec gives none, and where those without a slash are found.
  package init(isAllowed: Bool, searchPath: String) {
    self.isAllowed = isAllowed
    environment = ["PATH": searchPath]
  }

  /// Runs the program once.
  package func probe(_ spec: ExecSpec, in context: ProbeContext) async -> Observation {
    guard isAllowed else {
      return Self.refusal(
        .notPermitted,
        "running programs is not allowed here; start with --allow-exec, or set allow_exec: true in the service file")
    }
    let configuration: Configuration
    do throws(CommandProblem) {
      configuration = try self.configuration(of: spec, in: context)
    } catch {
      return Self.refusal(.templateFailed, error.description)
    }
    let run = ProgramRun(configuration, spec: spec, context: context)
    return await run.observe()
  }

  private static func refusal(_ code: ReasonCode, _ message: String) -> Observation {
    Observation(
      facts: Facts(phases: Phases(), detail: .exec(ExecFacts())), failure: ProbeFailure(code, during: .connect, message)
    )
  }

  private func configuration(
    of spec: ExecSpec, in context: ProbeContext
  ) throws(CommandProblem) -> Configuration {
    guard let program = spec.command.first, !program.isEmpty else {
      throw CommandProblem(description: "the command names no program")
    }
    for text in spec.command + spec.environment.flatMap({ [$0.key, $0.value] }) where text.utf8.contains(0) {
      throw CommandProblem(description: "the command or its environment holds a NUL")
    }
    let executable: Executable
    if !program.utf8.contains(UInt8(ascii: "/")) {
      executable = .name(program)
    } else if program.hasPrefix("/") {
      executable = .path(FilePath(program))
    } else {
      executable = .path(FilePath(try Self.path(program, in: context.folder)))
    }
    let directory = try Self.path(spec.directory ?? ".", in: context.folder)
    var options = PlatformOptions()
    // A session of its own, so that all it starts can be ended with it, and no terminal of ours is within its reach.
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: ProgramRun.grace(in: context.timeout))
    ]
    let variables = environment.merging(spec.environment) { _, given in given }
    return Configuration(
      executable: executable,
      arguments: Arguments(executablePathOverride: program, remainingValues: Array(spec.command.dropFirst())),
      environment: .custom(
        Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
      workingDirectory: FilePath(directory), platformOptions: options)
  }

  private static func path(_ path: String, in folder: String) throws(CommandProblem) -> String {
    do throws(ConfinedPathProblem) {
      return try ConfinedPath.real(path, in: folder)
    } catch {
      let words = error.code.map { ": \(SystemError.words($0))" } ?? " \(error.words)"
      throw CommandProblem(description: Words.quoted(error.path) + words)
    }
  }
}

/// Why a command cannot be started, in one line with the user's words in quotes.
private struct CommandProblem: Error {
  let description: String
}
