import TestSupport
import Testing

@Suite("The modules in probes/blackbox.yml")
struct LibraryModuleTests {
  private static let file =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    + "/probes/blackbox.yml"

  @Test("take servers for well that are, and for ill that are not")
  func modules() async throws {
    let nginx = try HTTPNginx(
      files: ["index.html": "Welcome to the shop\n"],
      locations: """
        location /old { return 302 /index.html; }
        location /closed { return 401; }
        location /health { return 200 '{"status": "UP"}'; }
        location /ill { return 200 '{"status": "DOWN"}'; }
        location /packed { gzip on; rewrite ^ /index.html break; }
        location /form { return 204; }
        """)
    defer { nginx.stop() }
    let ssh = try SocketServer { peer in
      peer.send("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
      peer.waitForEnd()
    }
    let irc = try SocketServer { peer in
      guard peer.line() == "NICK prober", peer.line() == "USER prober prober prober :prober" else { return }
      peer.send(":irc.example NOTICE * :*** Looking up your hostname\r\nPING :6C6F\r\n")
      guard peer.line() == "PONG 6C6F" else { return }
      peer.send(":irc.example 001 prober :Welcome\r\n")
      peer.waitForEnd()
    }
    let redis = try SocketServer { peer in
      guard peer.line() == "PING" else { return }
      peer.send("+PONG\r\n")
      peer.waitForEnd()
    }
    let page = "http://127.0.0.1:\(nginx.http)"
    let workspace = try Workspace(["blackbox.yml": try TestProgram.read(Self.file)])
    let exporter = try await Exporter(in: workspace)
    let probes: [(module: String, target: String, success: Bool)] = [
      ("http_2xx", page + "/index.html", true), ("http_2xx", page + "/old", true), ("http_2xx", page + "/none", false),
      ("https_2xx", page + "/index.html", false),
      ("http_redirect", page + "/old", true), ("http_redirect", page + "/index.html", false),
      ("http_401", page + "/closed", true), ("http_401", page + "/index.html", false),
      ("http_post_2xx", page + "/form", true), ("http_json_status_ok", page + "/health", true),
      ("http_json_status_ok", page + "/ill", false), ("http_json_status_ok", page + "/index.html", false),
      ("http_gzip", page + "/packed", true), ("http_gzip", page + "/index.html", false),
      ("tcp_connect", "127.0.0.1:\(nginx.http)", true), ("tls_connect", "127.0.0.1:\(nginx.http)", false),
      ("tls_expiry_unverified", "127.0.0.1:\(nginx.https)", true),
      ("ssh_banner", "127.0.0.1:\(ssh.port)", true), ("ssh_banner", "127.0.0.1:\(redis.port)", false),
      ("irc_banner", "127.0.0.1:\(irc.port)", true), ("redis_ping", "127.0.0.1:\(redis.port)", true),
    ]
    for probe in probes {
      let answer = try await exporter.probe(module: probe.module, target: probe.target, timeoutSeconds: 2)
      #expect(answer.status == 200, "\(probe): \(answer.body)")
      #expect(answer.body.contains("\nprobe_success \(probe.success ? 1 : 0)\n"), "\(probe): \(answer.body)")
    }
    let banner = try await exporter.probe(module: "ssh_banner", target: "127.0.0.1:\(ssh.port)")
    #expect(
      banner.body.contains(#"probe_expect_info{ssh_comments="Debian-2",ssh_version="OpenSSH_9.2p1"} 1"#),
      "\(banner.body)"
    )
  }
}
