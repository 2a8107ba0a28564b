import Glibc
import TestSupport

/// `curlew blackbox` on a free port, beside a test.
final class Exporter: Sendable {
  let process: ChildProcess
  let port: Int
  let http: PlainHTTP

  /// Starts the exporter on the module file `blackbox.yml` and returns once it listens.
  init(_ arguments: String..., in workspace: Workspace) async throws {
    let process = try CurlewProcess.start(
      ["blackbox", "--web.listen-address=127.0.0.1:0"] + arguments, in: workspace.folder)
    port = try await eventually("the exporter listens") {
      let text = process.stderr
      if process.ended != nil { throw TestProgram.Failure(description: "curlew ended: \(text)") }
      guard let start = text.firstRange(of: "127.0.0.1:") else { return nil }
      let digits = text[start.upperBound...].prefix { $0.isNumber }
      return text[digits.endIndex...].isEmpty ? nil : Int(digits)
    }
    self.process = process
    http = PlainHTTP(port: port)
  }

  deinit {
    process.send(SIGKILL)
  }

  /// Asks with curl(1), whose exit code and output are given back: the body, and behind it the status and the HTTP version.
  func curl(_ path: String, _ arguments: String...) async throws -> ChildProcess.Outcome {
    try await ChildProcess.run(
      ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code} %{http_version}"] + arguments
        + ["https://localhost:\(port)\(path)", "--resolve", "localhost:\(port):127.0.0.1"])
  }
}
