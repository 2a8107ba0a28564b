import Glibc
import TestSupport
import Testing

@Suite("curlew blackbox")
struct BlackboxCommandTests {
  private static let modules = "modules:\n  http_2xx:\n    prober: http\n  tcp_connect:\n    prober: tcp\n"

  @Test("it serves the modules of its file until SIGTERM, which is success")
  func serves() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let exporter = try await Exporter(in: workspace)
    #expect(try await exporter.http.get("/-/healthy").body == "Healthy")
    #expect(try await exporter.http.get("/config").body.contains("tcp_connect:"))
    let missing = try await exporter.http.get("/probe?target=x&module=zz")
    #expect(missing.status == 400)
    #expect(missing.body == "Unknown module \"zz\"\n")
    let own = try await exporter.http.get("/metrics").body
    #expect(own.contains("\nblackbox_exporter_config_last_reload_successful 1\n"))
    #expect(own.contains("\nprocess_resident_memory_bytes "))
    exporter.process.send(SIGTERM)
    let outcome = try await exporter.process.outcome()
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.contains(" level=INFO msg=\"Listening on\" address=127.0.0.1:"))
  }

  @Test("a target that refuses is told of in metrics, and its failure in the log")
  func refusedTarget() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let exporter = try await Exporter(in: workspace)
    let answer = try await exporter.http.get("/probe?target=127.0.0.1:1")
    #expect(answer.status == 200)
    #expect(answer.body.contains("\nprobe_success 0\n"))
    #expect(try await exporter.http.get("/logs?target=127.0.0.1:1").body.contains("msg=\"Probe failed\""))
    #expect(exporter.process.stderr.contains("level=ERROR msg=\"Probe failed\" module=http_2xx target=127.0.0.1:1 "))
  }

  @Test("what is not allowed is not probed")
  func policy() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let exporter = try await Exporter("--probe.allow-target=*:443", in: workspace)
    let answer = try await exporter.http.get("/probe?target=127.0.0.1:\(exporter.port)")
    #expect(answer.body.contains("\nprobe_success 0\n"))
    let wrong = try await workspace.curlew("blackbox", "--probe.allow-target=10.0.0.0/99")
    #expect(wrong.exitCode == 1)
    #expect(wrong.stderr.contains("10.0.0.0/99"))
  }

  @Test("--config.check ends with 0 or 1, and says why")
  func configCheck() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules, "bad.yml": "modules:\n  a:\n    prober: ftp\n"])
    let right = try await workspace.curlew("blackbox", "--config.check")
    #expect(right.exitCode == 0)
    #expect(right.stderr.contains("msg=\"Config file is ok exiting...\""))
    for file in ["bad.yml", "missing.yml"] {
      let wrong = try await workspace.curlew("blackbox", "--config.check", "--config.file", file)
      #expect(wrong.exitCode == 1)
      #expect(wrong.stderr.contains("level=ERROR msg=\"Error loading config\" err="))
    }
  }

  @Test("flags are written as kingpin reads them, and a wrong one ends with 1")
  func flags() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let right = try await workspace.curlew(
      "blackbox", "--config.check", "--config.file=blackbox.yml", "--no-config.enable-auto-reload",
      "--config.auto-reload-interval", "5", "--timeout-offset", "0.25", "--history.limit=7",
      "--web.external-url=http://x.example/a", "--web.route-prefix", "/b", "--web.listen-address=:0",
      "--web.listen-address", "[::1]:0", "--no-web.systemd-socket", "--web.config.file=", "--log.level=debug",
      "--log.format=json", "--log.prober", "loud", "--compat=strict")
    #expect(right.exitCode == 0)
    #expect(right.stderr.contains(#""level":"INFO","msg":"Config file is ok exiting..."}"#))
    for wrong in [["--nothing"], ["--log.level=loud"], ["--history.limit=-1"], ["--timeout-offset=x"], ["extra"]] {
      let outcome = try await CurlewProcess.run(["blackbox"] + wrong, in: workspace.folder)
      #expect(outcome.exitCode == 1, "\(wrong)")
      #expect(!outcome.stderr.isEmpty)
    }
    let help = try await workspace.curlew("blackbox", "-h")
    #expect(help.exitCode == 0)
    #expect(help.stdout.contains("--web.listen-address"))
    #expect(help.stderr.isEmpty)
    let version = try await workspace.curlew("blackbox", "--version")
    #expect(version.stdout.hasPrefix("blackbox_exporter, version "))
  }

  @Test("called by blackbox_exporter's name, the binary is this command alone")
  func name() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    try TestProgram.run(["ln", "-s", try CurlewProcess.binary.get(), "blackbox_exporter"], in: workspace.folder)
    let command = workspace.path("blackbox_exporter")
    let outcome = try await ChildProcess.run([command, "--config.check"], in: workspace.folder)
    #expect(outcome.exitCode == 0)
    #expect(try await ChildProcess.run([command, "--nothing"], in: workspace.folder).exitCode == 1)
  }

  @Test("places that cannot be listened on end it with 1, and one line of the log")
  func places() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let exporter = try await Exporter(in: workspace)
    for arguments in [
      ["--web.listen-address=127.0.0.1:\(exporter.port)"], ["--web.listen-address=nowhere"],
      ["--web.listen-address=vsock://x"], ["--web.systemd-socket"],
      ["--web.systemd-socket", "--web.external-url=http://x.example/"], ["--web.external-url='http://x.example/'"],
    ] {
      let outcome = try await CurlewProcess.run(["blackbox"] + arguments, in: workspace.folder)
      #expect(outcome.exitCode == 1, "\(arguments)")
      #expect(outcome.stderr.split(separator: "\n").last?.contains("level=ERROR") == true, "\(outcome.stderr)")
    }
  }

  @Test("sockets that systemd hands over are listened on")
  func systemdSockets() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let launcher = """
      import os, socket, sys
      listener = socket.socket()
      listener.bind(("127.0.0.1", 0))
      listener.listen()
      print(listener.getsockname()[1], flush=True)
      os.dup2(listener.fileno(), 3)
      os.set_inheritable(3, True)
      os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
      os.execv(sys.argv[1], sys.argv[1:])
      """
    let process = try ChildProcess(
      [
        "python3", "-c", launcher, try CurlewProcess.binary.get(), "blackbox", "--web.systemd-socket",
        "--web.external-url=http://x.example/",
      ], in: workspace.folder)
    defer { process.send(SIGKILL) }
    let port = try await eventually("the launcher tells the port") { Int(process.stdout.prefix { $0.isNumber }) }
    let answer = try await eventually("the exporter answers") { try? await PlainHTTP(port: port).get("/-/healthy") }
    #expect(answer.body == "Healthy")
  }

  @Test("a reload by signal, by request and by watching puts a right file in force, and no wrong one")
  func reload() async throws {
    let workspace = try Workspace(["blackbox.yml": Self.modules])
    let exporter = try await Exporter("--config.enable-auto-reload", "--config.auto-reload-interval=1", in: workspace)
    func modulesShow(_ name: String) async throws {
      _ = try await eventually("\(name) is in force") {
        try await exporter.http.get("/config").body.contains("\(name):") ? true : nil
      }
    }
    try workspace.write(Self.modules + "  by_watch:\n    prober: icmp\n", to: "blackbox.yml")
    try await modulesShow("by_watch")
    try workspace.write(Self.modules + "  by_request:\n    prober: icmp\n", to: "blackbox.yml")
    #expect(try await exporter.http.send("POST", "/-/reload").status == 200)
    #expect(try await exporter.http.get("/config").body.contains("by_request:"))

    try workspace.write("modules: [", to: "blackbox.yml")
    let failed = try await exporter.http.send("POST", "/-/reload")
    #expect(failed.status == 500)
    #expect(failed.body.hasPrefix("failed to reload config: "))
    #expect(try await exporter.http.get("/config").body.contains("by_request:"))
    #expect(
      try await exporter.http.get("/metrics").body.contains("\nblackbox_exporter_config_last_reload_successful 0\n"))

    try workspace.write(Self.modules + "  by_signal:\n    prober: icmp\n", to: "blackbox.yml")
    exporter.process.send(SIGHUP)
    try await modulesShow("by_signal")
  }

  @Test("curlew run has /probe too, where it is given modules")
  func daemon() async throws {
    let workspace = try Workspace([
      "blackbox.yml": Self.modules,
      "checks.yaml": "version: 1\nchecks:\n  - id: one\n    every: 1h\n    tcp: {target: '127.0.0.1:1'}\n",
      "curlew.yaml": "modules: blackbox.yml\nfiles: [checks.yaml]\n",
    ])
    let daemon = try await Daemon("--config", "curlew.yaml", in: workspace)
    let answer = try await daemon.http.get("/probe?target=127.0.0.1:1")
    #expect(answer.body.contains("\nprobe_success 0\n"))
    #expect(try await daemon.http.get("/logs?id=0").body.contains("Probe failed"))
    #expect(try await daemon.http.get("/config").body.contains("checks:"))
    try workspace.write("modules: [", to: "blackbox.yml")
    #expect(try await daemon.http.send("POST", "/-/reload").status == 500)
  }
}
