import TestSupport
import Testing

@Suite("curlew agent")
struct AgentCommandTests {
  @Test(
    "what is missing or wrong is said before anything is sent",
    arguments: [
      ([], "no hub; write --hub"),
      (["--hub", "ftp://hub.example"], "\"ftp://hub.example\" is no http:// or https:// URL"),
      (["--hub", "https://hub.example"], "no region; write --region"),
      (["--hub", "https://hub.example", "--region", "eu"], "nothing says who this node is"),
      (
        ["--hub", "https://hub.example", "--region", "eu west", "--token-file", "token"],
        "the region 'eu west' is no name here"
      ),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--token-file", "none"],
        "the token file 'none' cannot be read"
      ),
      (["--hub", "https://hub.example", "--region", "eu", "--token-file", "empty"], "holds no token"),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--key", "token"],
        "--certificate and --key are given together"
      ),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--token-file", "token", "--ca", "none.pem"],
        "none.pem' cannot be read"
      ),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--token-file", "token", "--reference", "1.1.1.1"],
        "--reference '1.1.1.1' is no host:port"
      ),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--token-file", "token", "--label", "hetzner"],
        "--label 'hetzner' is no k=v"
      ),
      (
        ["--hub", "https://hub.example", "--region", "eu", "--token-file", "token", "--autonomy", "3"],
        "--autonomy '3' is no time from 1m to 30d"
      ),
    ] as [([String], String)])
  func wrongInput(_ arguments: [String], _ message: String) async throws {
    let workspace = try Workspace(["token": "curlew_secret\n", "empty": "\n"])
    let outcome = try await CurlewProcess.run(["agent"] + arguments, in: workspace.folder)
    #expect(outcome.exitCode == 2)
    #expect(outcome.stderr.contains(message), "\(outcome.stderr)")
    #expect(!outcome.stderr.contains("curlew_secret"))
  }

  @Test("a hub beyond this machine that is not asked by TLS is warned of")
  func plainHub() async throws {
    let workspace = try Workspace(["token": "curlew_secret\n"])
    let agent = try await Daemon(
      "--hub", "http://0.0.0.0:1", "--region", "eu", "--name", "n1", "--token-file", "token", command: "agent",
      in: workspace)
    #expect(
      try await agent.stop().stderr.contains("curlew: http://0.0.0.0:1/ is not https: whoever is on the way"))
  }

  @Test("a token file that cannot be used any more is told of, once for each change")
  func spoiledToken() async throws {
    let workspace = try Workspace(["token": "curlew_secret\n"])
    // A hub that is never there: the token is read for each attempt all the same.
    let agent = try await Daemon(
      "--hub", "http://127.0.0.1:1", "--region", "eu", "--name", "n1", "--token-file", "token", command: "agent",
      in: workspace)
    let complaint = "the token file cannot be used; the token before goes on"
    func complaints() -> Int { agent.process.stderr.ranges(of: complaint).count }
    try workspace.write("\n", to: "token")
    _ = try await eventually("the empty file is told of") { complaints() == 1 ? true : nil }
    try workspace.write("two words\n", to: "token")
    _ = try await eventually("the file of two words is told of") { complaints() == 2 ? true : nil }
    try workspace.write("curlew_other_secret\n", to: "token")
    _ = try await eventually("the good file is read") {
      agent.process.stderr.contains("the token file is read again") ? true : nil
    }
    let outcome = try await agent.stop()
    #expect(outcome.stderr.ranges(of: complaint).count == 2)
    #expect(!outcome.stderr.contains("is not https"))
    #expect(!outcome.stderr.contains("secret"))
  }
}
