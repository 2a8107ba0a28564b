import TestSupport

/// A program with the flags of blackbox_exporter, on a port of its own: blackbox_exporter itself, or Curlew in its place.
final class ExporterProcess: Sendable {
  let http: PlainHTTP
  let port: Int
  private let process: ChildProcess

  /// Debian's blackbox_exporter 0.23.0.
  static func original(_ configuration: String) async throws -> ExporterProcess {
    try await ExporterProcess(
      ["prometheus-blackbox-exporter", "--config.file=\(configuration)", "--web.listen-address=127.0.0.1:0"])
  }

  /// Curlew in its place.
  static func curlew(_ configuration: String, _ arguments: [String] = []) async throws -> ExporterProcess {
    try await ExporterProcess(
      [
        try CurlewProcess.binary.get(), "blackbox", "--config.file=\(configuration)",
        "--web.listen-address=127.0.0.1:0",
      ]
        + arguments)
  }

  private init(_ command: [String]) async throws {
    let process = try ChildProcess(command)
    self.process = process
    let port = try await eventually("\(command[0]) listens") { () throws -> Int? in
      if process.ended != nil { throw TestProgram.Failure(description: "\(command): \(process.stderr)") }
      // Both log the address that they were given when the port is 0.
      guard let match = process.stderr.firstMatch(of: #/address=\S*:(\d+)/#) else { return nil }
      return Int(match.1)
    }
    self.port = port
    http = PlainHTTP(port: port)
  }

  /// What it answers to a request for a probe.
  func probe(module: String, target: String, timeoutSeconds: Double = 10) async throws -> PlainHTTP.Answer {
    let allowed = target.utf8.map { byte -> String in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
        String(UnicodeScalar(byte))
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return try await http.get(
      "/probe?module=\(module)&target=\(allowed.joined())",
      ["X-Prometheus-Scrape-Timeout-Seconds": "\(timeoutSeconds)"])
  }
}
