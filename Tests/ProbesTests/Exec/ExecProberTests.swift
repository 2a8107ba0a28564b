import Glibc
import Model
import Probes
import TestSupport
import Testing

@Suite("exec probe")
struct ExecProberTests {
  private let folder: String

  init() throws {
    folder = try TestProgram.temporaryFolder()
  }

  private func probe(
    _ command: [String], timeout: Duration = .seconds(60), isAllowed: Bool = true,
    _ change: (inout ExecSpec) -> Void = { _ in }
  ) async throws -> (failure: ProbeFailure?, facts: ExecFacts, phases: Phases) {
    var spec = ExecSpec(command: command)
    change(&spec)
    let prober = ExecProber(isAllowed: isAllowed, searchPath: "/usr/bin:/bin")
    let observation = await prober.probe(spec, in: ProbeContext(timeout: timeout, folder: folder))
    guard case .exec(let facts) = observation.facts.detail else {
      throw TestProgram.Failure(description: "no facts of a program")
    }
    return (observation.failure, facts, observation.facts.phases)
  }

  private func shell(_ script: String) -> [String] { ["sh", "-c", script] }

  @Test("nothing runs where it is not allowed")
  func notAllowed() async throws {
    let (failure, facts, _) = try await probe(["touch", "ran"], isAllowed: false)
    #expect(failure?.code == .notPermitted)
    #expect(failure?.message.contains("start with --allow-exec") == true)
    #expect(facts.exitCode == -1)
    #expect(access("\(folder)/ran", F_OK) != 0)
  }

  @Test("exit code and both outputs are facts", arguments: [0, 1, 2, 77])
  func facts(_ code: Int) async throws {
    let (failure, facts, phases) = try await probe(shell("echo out; echo err >&2; exit \(code)"))
    #expect(failure == nil)
    #expect(facts.exitCode == code)
    #expect(facts.stdout == Array("out\n".utf8))
    #expect(facts.stderr == Array("err\n".utf8))
    #expect(phases.connect > .zero)
    #expect(phases.wait > .zero)
  }

  @Test("arguments arrive as they are, without a shell")
  func arguments() async throws {
    let (_, facts, _) = try await probe(["printf", "%s|", "a b", "$HOME", "*", "; true", ""])
    #expect(String(decoding: facts.stdout, as: UTF8.self) == "a b|$HOME|*|; true||")
  }

  @Test("the environment is PATH and what is given")
  func environment() async throws {
    let (_, facts, _) = try await probe(["env"]) { $0.environment = ["TOKEN": "abc", "LANG": "C"] }
    #expect(
      Set(String(decoding: facts.stdout, as: UTF8.self).split(separator: "\n").map(String.init))
        == ["PATH=/usr/bin:/bin", "TOKEN=abc", "LANG=C"])
  }

  @Test("standard input is empty")
  func input() async throws {
    let (failure, facts, _) = try await probe(["cat"])
    #expect(failure == nil)
    #expect(facts.stdout.isEmpty)
  }

  @Test("a program runs in the folder of its file, or in one below it")
  func directory() async throws {
    mkdir("\(folder)/below", 0o755)
    #expect(String(decoding: try await probe(["pwd"]).facts.stdout, as: UTF8.self) == "\(folder)\n")
    let (_, facts, _) = try await probe(["pwd"]) { $0.directory = "below" }
    #expect(String(decoding: facts.stdout, as: UTF8.self) == "\(folder)/below\n")
  }

  @Test("a program beside its file is found by a relative path")
  func relative() async throws {
    try TestProgram.write("#!/bin/sh\necho here $0\n", to: "\(folder)/check.sh")
    chmod("\(folder)/check.sh", 0o755)
    let (failure, facts, _) = try await probe(["./check.sh"])
    #expect(failure == nil)
    #expect(String(decoding: facts.stdout, as: UTF8.self).hasPrefix("here "))
  }

  @Test(
    "what cannot be run is told as a fault of the file",
    arguments: [
      (["no-such-program-anywhere"], nil, "there is no program \"no-such-program-anywhere\""),
      (["/no/such/program"], nil, "\"/no/such/program\""), (["./missing"], nil, "\"./missing\": no such file"),
      (["../outside"], nil, "\"../outside\""), (["true"], "..", "leaves the folder"),
      (["true"], "missing", "\"missing\": no such file"), ([""], nil, "names no program"),
      (["echo", "a\u{0}b"], nil, "holds a NUL"),
    ] as [([String], String?, String)])
  func unrunnable(_ command: [String], _ directory: String?, _ words: String) async throws {
    let (failure, facts, _) = try await probe(command) { $0.directory = directory }
    #expect(failure?.code == .templateFailed)
    #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    #expect(facts.exitCode == -1)
  }

  @Test("a file that is no program is not permitted")
  func notExecutable() async throws {
    try TestProgram.write("data", to: "\(folder)/data")
    let (failure, _, _) = try await probe(["./data"])
    #expect(failure?.code == .notPermitted)
    #expect(failure?.message == "\"./data\" may not be executed by this process")
  }

  @Test("a program that a signal ends has 128 and the signal as its code")
  func signalled() async throws {
    let (failure, facts, _) = try await probe(shell("kill -SEGV $$"))
    #expect(failure == nil)
    #expect(facts.exitCode == 139)
  }

  @Test("64 KiB of either output are kept, the rest does not hold the program up")
  func flood() async throws {
    let (failure, facts, _) = try await probe(shell("yes | head -c 500000; yes | head -c 500000 >&2; exit 5"))
    #expect(failure == nil)
    #expect(facts.exitCode == 5)
    #expect(facts.stdout.count == 65_536)
    #expect(facts.stderr.count == 65_536)
  }

  @Test("a program that does not end is ended, with what it wrote until then")
  func late() async throws {
    let (failure, facts, phases) = try await probe(shell("echo begun; exec sleep 600"), timeout: .seconds(3))
    #expect(failure == ProbeFailure(.timeout, during: .wait, "\"sh\" did not end within 3s"))
    #expect(facts.stdout == Array("begun\n".utf8))
    #expect(facts.exitCode == 143)
    #expect(phases.total < .seconds(50))
  }

  @Test("a program that ignores being asked to end is killed with all it started")
  func stubborn() async throws {
    let script = "trap '' TERM; echo $$; (trap '' TERM; while :; do sleep 1; done) & while :; do sleep 1; done"
    let (failure, facts, _) = try await probe(shell(script), timeout: .seconds(3))
    #expect(failure?.code == .timeout)
    #expect(facts.exitCode == 137)
    let group = try #require(pid_t(String(decoding: facts.stdout, as: UTF8.self).split(separator: "\n")[0]))
    // Killed processes may still be on their way out: asked until the group is gone, which it never is if they live.
    while kill(-group, 0) == 0 { sched_yield() }
    #expect(errno == ESRCH)
  }

  @Test("a run ends though what the program left behind writes for ever")
  func leftBehind() async throws {
    // Several writers, so that there is always something to read; they write when the program ends.
    let writers = "for i in 1 2 3 4; do yes & done; yes | head -c 300000 >&2; echo > go; wait"
    let script = "mkfifo go; setsid sh -c '\(writers)' & read x < go; exit 0"
    let (_, facts, phases) = try await probe(shell(script), timeout: .seconds(5))
    #expect(facts.stdout.count == 65_536)
    #expect(phases.total < .seconds(50))
  }

  @Test("a run that is cancelled ends its program")
  func cancelled() async throws {
    mkfifo("\(folder)/started", 0o600)
    let task = Task { try await probe(shell("echo > started; exec sleep 600"), timeout: .seconds(120)) }
    _ = try await Task.detached { try TestProgram.read("\(folder)/started") }.value
    task.cancel()
    let (failure, facts, _) = try await task.value
    #expect(failure?.code == .cancelled)
    #expect(facts.exitCode == 143)
  }

  @Test("a plugin's UNKNOWN is none of the target's faults; its other codes are facts", arguments: 0...3)
  func nagios(_ code: Int) async throws {
    let (failure, facts, _) = try await probe(shell("echo 'PING - 3 | rta=1.5ms;100;500;0; loss=10%'; exit \(code)")) {
      $0.format = .nagios
    }
    #expect(facts.exitCode == code)
    #expect(facts.metrics == ["rta": 0.0015, "loss": 10])
    #expect(failure?.code == (code == 3 ? .internal : nil))
    if code == 3 { #expect(failure?.words == "\"sh\" reports UNKNOWN (exit code 3): \"PING - 3 \"") }
  }

  @Test(
    "performance data are values by label",
    arguments: [
      ("OK | /=2643MB;5948;5958;0;5968", ["/": 2643.0 * 1_048_576]), ("OK", [:]), ("OK | ", [:]),
      ("OK | 'a b'=1 'it''s'=2c c=U d=3;", ["a b": 1, "it's": 2, "d": 3]),
      ("OK | t=2s u=5us v=7KB w=-1.5e3 x=40%;@10:20", ["t": 2, "u": 5e-6, "v": 7168, "w": -1500, "x": 40]),
      ("OK | a=1\nlong text\nmore | b=2\nc=3 d=4\n", ["a": 1, "b": 2, "c": 3, "d": 4]),
      ("OK | a=1\nno bar = 5\n", ["a": 1]), ("OK | a=1x =2 b c= d=nan e=inf 'open=3 f=5", [:]),
      ("OK | a=1 a=2", ["a": 2]),
    ] as [(String, [String: Double])])
  func performanceData(_ output: String, _ metrics: [String: Double]) async throws {
    let (_, facts, _) = try await probe(["printf", "%s", output]) { $0.format = .nagios }
    #expect(facts.metrics == metrics)
  }
}
