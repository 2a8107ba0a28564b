import Glibc
import TestSupport

/// A program with the flags of blackbox_exporter, on a free port beside a test: `curlew blackbox`, or blackbox_exporter
/// itself.
final class Exporter: Sendable {
  let process: ChildProcess
  let port: Int
  let http: PlainHTTP
  /// Held, because its files are read again and again.
  private let workspace: Workspace

  /// Starts `curlew blackbox` on the module file `blackbox.yml` and returns once it listens.
  convenience init(_ arguments: String..., in workspace: Workspace) async throws {
    try await self.init(arguments, in: workspace)
  }

  /// The same with a list of arguments.
  convenience init(_ arguments: [String], in workspace: Workspace) async throws {
    try await self.init(command: [try CurlewProcess.binary.get(), "blackbox"] + arguments, in: workspace)
  }

  /// Starts Debian's blackbox_exporter 0.23.0.
  convenience init(originalIn workspace: Workspace) async throws {
    try await self.init(
      command: ["prometheus-blackbox-exporter", "--config.file=blackbox.yml"], in: workspace)
  }

  private init(command: [String], in workspace: Workspace) async throws {
    let process = try ChildProcess(command + ["--web.listen-address=127.0.0.1:0"], in: workspace.folder)
    self.process = process
    self.workspace = workspace
    port = try await eventually("\(command[0]) listens") {
      let text = process.stderr
      if process.ended != nil { throw TestProgram.Failure(description: "\(command[0]) ended: \(text)") }
      // Both log the address that they were given when the port is 0.
      return text.firstMatch(of: #/address=\S*:(\d+)\n/#).flatMap { Int($0.1) }
    }
    http = PlainHTTP(port: port)
  }

  deinit {
    process.send(SIGKILL)
  }

  /// Asks for a probe.
  func probe(module: String, target: String, timeoutSeconds: Double = 10) async throws -> PlainHTTP.Answer {
    let encoded = target.utf8.map { byte -> String in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
        String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return try await http.get(
      "/probe?module=\(module)&target=\(encoded.joined())",
      ["X-Prometheus-Scrape-Timeout-Seconds": "\(timeoutSeconds)"])
  }

  /// Asks with curl(1), whose exit code and output are given back: the body, and behind it the status and the HTTP version.
  func curl(_ path: String, _ arguments: String...) async throws -> ChildProcess.Outcome {
    try await ChildProcess.run(
      ["curl", "-sS", "--max-time", "20", "-w", "\n%{http_code} %{http_version}"] + arguments
        + ["https://localhost:\(port)\(path)", "--resolve", "localhost:\(port):127.0.0.1"])
  }
}
