import Glibc
import TestSupport

/// `curlew run` on a free port, beside a test.
final class Daemon: Sendable {
  let process: ChildProcess
  let port: Int
  let http: PlainHTTP

  /// Starts the daemon and returns once it listens.
  init(
    _ arguments: String..., command: String = "run", environment: [String: String] = [:], input: String = "",
    in workspace: Workspace
  ) async throws {
    let process = try CurlewProcess.start(
      [command] + arguments + ["--listen", "127.0.0.1:0"], environment: environment, input: input,
      in: workspace.folder)
    port = try await eventually("curlew listens") {
      // With the words before it: a log line of a first run, which names its target, may come earlier.
      let (text, announcement) =
        command == "demo"
        ? (process.stdout, "page      http://127.0.0.1:") : (process.stderr, "listening on http://127.0.0.1:")
      if process.ended != nil {
        throw TestProgram.Failure(description: "curlew ended: \(process.stderr)\(process.stdout)")
      }
      guard let start = text.firstRange(of: announcement) else { return nil }
      let digits = text[start.upperBound...].prefix { $0.isNumber }
      return text[digits.endIndex...].isEmpty ? nil : Int(digits)
    }
    self.process = process
    http = PlainHTTP(port: port)
  }

  /// The value of a metric at this moment; nil when there is no such series.
  func metric(_ series: String) async throws -> Double? {
    try await http.get("/metrics").body.split(separator: "\n").first { $0.hasPrefix("\(series) ") }
      .flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  /// Waits until a metric has reached a value.
  @discardableResult
  func metric(_ series: String, reaches value: Double) async throws -> Double {
    try await eventually("\(series) reaches \(value)") {
      try await metric(series).flatMap { $0 >= value ? $0 : nil }
    }
  }

  /// Waits until a metric has a value.
  func metric(_ series: String, is value: Double) async throws {
    _ = try await eventually("\(series) is \(value)") { try await metric(series) == value ? true : nil }
  }

  /// Ends it in order.
  func stop(within limit: Duration = .seconds(60)) async throws -> ChildProcess.Outcome {
    process.send(SIGTERM)
    return try await process.outcome(within: limit)
  }
}
