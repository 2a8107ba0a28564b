import Glibc
import Model
import Subprocess
import SystemPackage
import Transport

/// One run of a program, from its start to its end.
struct ProgramRun: Sendable {
  private let configuration: Configuration
  private let spec: ExecSpec
  private let timeout: Duration
  private let folder: String
  private let output = KeptOutput()
  private let errors = KeptOutput()

  init(_ configuration: Configuration, spec: ExecSpec, context: ProbeContext) {
    self.configuration = configuration
    self.spec = spec
    timeout = context.timeout
    folder = context.folder
  }

  /// How long before the deadline a program is asked to end: time to clean up, taken from its own.
  static func grace(in timeout: Duration) -> Duration { min(.milliseconds(200), timeout / 10) }

  func observe() async -> Observation {
    var clock = PhaseClock(start: EventLoop.now, phase: .connect)
    let started = StartTime()
    let (status, isLate) = await run(started)
    if let time = started.value { clock.enter(.wait, at: time) }
    let phases = clock.phases()

    var facts = ExecFacts(stdout: output.bytes, stderr: errors.bytes)
    var failure: ProbeFailure?
    if Task.isCancelled {
      failure = ProbeFailure(.cancelled, during: .wait, "the run was cancelled")
    } else if isLate {
      failure = ProbeFailure(.timeout, during: .wait, "\(program) did not end within \(Words.duration(timeout))")
    }
    switch status {
    case .success(.exited(let code)): facts.exitCode = Int(code)
    case .success(.signaled(let signal)): facts.exitCode = 128 + Int(signal)
    case .failure(let error): failure = failure ?? startFailure(error)
    }
    if spec.format == .nagios {
      facts.metrics = PerformanceData(String(decoding: facts.stdout, as: UTF8.self)).metrics
      if failure == nil { failure = unknown(facts) }
    }
    return Observation(facts: Facts(phases: phases, detail: .exec(facts)), failure: failure)
  }

  private var program: String { Words.quoted(spec.command.first ?? "") }

  // MARK: Running

  private func run(_ started: StartTime) async -> (Result<TerminationStatus, any Error>, isLate: Bool) {
    await withTaskGroup(of: Result<TerminationStatus, any Error>?.self) { group in
      group.addTask { await end(started) }
      group.addTask {
        // Cancelled as soon as the program has ended.
        try? await Task.sleep(for: timeout - Self.grace(in: timeout))
        return nil
      }
      var isLate = false
      while let result = await group.next() {
        // Cancelling the run is what begins the teardown that its configuration describes; it then ends by itself.
        group.cancelAll()
        if let result { return (result, isLate) }
        isLate = !Task.isCancelled
      }
      return (.failure(CancellationError()), isLate)
    }
  }

  private func end(_ started: StartTime) async -> Result<TerminationStatus, any Error> {
    do {
      let result = try await Subprocess.run(configuration, input: .none, output: .sequence, error: .sequence) {
        execution in
        started.set()
        let (standardOutput, standardError) = (execution.standardOutput, execution.standardError)
        await withTaskGroup { group in
          group.addTask { await output.take(standardOutput) }
          group.addTask { await errors.take(standardError) }
        }
      }
      return .success(result.terminationStatus)
    } catch {
      return .failure(error)
    }
  }

  // MARK: Failing

  private func startFailure(_ error: any Error) -> ProbeFailure {
    guard let error = error as? SubprocessError else {
      return ProbeFailure(.internal, during: .connect, "\(program) could not be run: \(error)")
    }
    let why = error.underlyingError.map { SystemError.words($0.rawValue) }
    switch error.code {
    case .executableNotFound where existsUnderItsPath:
      return ProbeFailure(.notPermitted, during: .connect, "\(program) may not be executed by this process")
    case .executableNotFound:
      return ProbeFailure(.templateFailed, during: .connect, "there is no program \(program)")
    case .failedToChangeWorkingDirectory:
      return ProbeFailure(
        .templateFailed, during: .connect, "\(Words.quoted(spec.directory ?? ".")) is no directory to run \(program) in"
      )
    case .spawnFailed where why != nil:
      return ProbeFailure(.notPermitted, during: .connect, "\(program) could not be started: \(why ?? "")")
    default: return ProbeFailure(.internal, during: .connect, "\(program) could not be run: \(error)")
    }
  }

  /// Subprocess does not tell a file that is no program from one that is missing.
  private var existsUnderItsPath: Bool {
    guard let path = spec.command.first, path.utf8.contains(UInt8(ascii: "/")) else { return false }
    return access(path.hasPrefix("/") ? path : "\(folder)/\(path)", F_OK) == 0
  }

  /// UNKNOWN says that the plugin could not find out, which is no downtime of what it was to look at.
  private func unknown(_ facts: ExecFacts) -> ProbeFailure? {
    guard facts.exitCode == 3 else { return nil }
    let line = facts.stdout.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "|") }
    return ProbeFailure(
      .internal, during: .wait, "\(program) reports UNKNOWN (exit code 3)", quote: ": \(Words.quoted(line))")
  }
}
