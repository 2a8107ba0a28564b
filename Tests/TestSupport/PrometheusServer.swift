import Glibc

/// A real Prometheus that scrapes one target every second.
package final class PrometheusServer: Sendable {
  /// Its API.
  package let http: PlainHTTP
  private let process: ChildProcess
  private let folder: String

  /// Starts it and returns once it is ready.
  package convenience init(scraping target: String) async throws {
    try await self.init(
      jobs: """
          - job_name: curlew
            static_configs: [{targets: ["\(target)"]}]
        """)
  }

  /// Starts it with the entries of `scrape_configs`, indented by two, and returns once it is ready.
  package init(jobs: String) async throws {
    folder = try TestProgram.temporaryFolder()
    try TestProgram.write(
      "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n\(jobs)\n", to: "\(folder)/prometheus.yml")
    // It does not tell which port 0 became, and one that was just free may be taken by somebody else before it has it.
    var complaints = ""
    for _ in 0..<5 {
      let port = try Self.freePort()
      let process = try ChildProcess(
        [
          "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=\(folder)/data",
          "--web.listen-address=127.0.0.1:\(port)",
        ], in: folder)
      let http = PlainHTTP(port: port)
      let isReady = try await eventually("Prometheus is ready") { () -> Bool? in
        if process.ended != nil { return false }
        return (try? await http.get("/-/ready"))?.status == 200 ? true : nil
      }
      if isReady {
        self.process = process
        self.http = http
        return
      }
      complaints = process.stderr
    }
    throw TestProgram.Failure(
      description: "prometheus did not start; is the package prometheus installed? \(complaints)")
  }

  deinit {
    kill(process.id, SIGKILL)
    try? TestProgram.run(["rm", "-rf", folder], in: "/")
  }

  private static func freePort() throws -> Int {
    try SocketServer { _ in }.port
  }
}
