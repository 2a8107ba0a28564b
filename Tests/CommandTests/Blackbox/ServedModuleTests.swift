import TestSupport
import Testing

@Suite("The modules in probes/blackbox.yml for names, mail, calls and sockets")
struct ServedModuleTests {
  private static let file =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    + "/probes/blackbox.yml"

  /// aiosmtpd with STARTTLS, and a WebSocket server that sends back what it gets.
  private static let servers = #"""
    import asyncio, ssl, sys
    import websockets
    from aiosmtpd.smtp import SMTP
    from aiosmtpd.handlers import Sink

    async def echo(connection, path):
        async for message in connection:
            await connection.send(message)

    async def main():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        loop = asyncio.get_running_loop()
        mail = await loop.create_server(lambda: SMTP(Sink(), tls_context=context, loop=loop), "127.0.0.1", 0)
        plain = await loop.create_server(lambda: SMTP(Sink(), loop=loop), "127.0.0.1", 0)
        socket = await websockets.serve(echo, "127.0.0.1", 0)
        print(*(server.sockets[0].getsockname()[1] for server in (mail, plain, socket)), flush=True)
        await asyncio.Future()

    asyncio.run(main())
    """#

  @Test("take real servers for well that are, and for ill that are not")
  func modules() async throws {
    let certificates = try Certificates.shared.get()
    let own = try await PythonServer.start(
      Self.servers, [certificates.path("good.pem"), certificates.path("good.key")])
    let grpc = try await PythonServer.grpcHealth()
    let dns = "127.0.0.1:\(try DNSServer.shared.get().port)"
    let irc = try IRCServer()
    // Of the test's zone, and trusting the test's authority.
    let text = try TestProgram.read(Self.file)
      .replacing(
        "query_name: example.com\n      query_type: MX", with: "query_name: mail.example.test\n      query_type: MX"
      )
      .replacing(
        "query_name: example.com\n      query_type: DNSKEY",
        with: "query_name: key.example.test\n      query_type: DNSKEY"
      )
      .replacing("query_name: example.com", with: "query_name: example.test")
      .replacing(
        "  smtp_starttls:\n    prober: tcp\n    tcp:\n",
        with:
          "  smtp_starttls:\n    prober: tcp\n    tcp:\n      tls_config: {ca_file: \(certificates.path("root.pem"))}\n"
      )
    let exporter = try await Exporter(in: try Workspace(["blackbox.yml": text]))
    let probes: [(module: String, target: String, success: Bool)] = [
      ("dns_soa", dns, true), ("dns_mx", dns, true), ("dns_dnssec", dns, true), ("dns_resolver", dns, false),
      ("dns_over_tls", dns, false), ("icmp", "127.0.0.1", true), ("grpc_plain", "127.0.0.1:\(grpc.port)", true),
      ("grpc", "127.0.0.1:\(grpc.port)", false), ("irc_banner", "127.0.0.1:\(irc.port)", true),
      ("smtp_starttls", "localhost:\(own.ports[0])", true), ("smtp_starttls", "localhost:\(own.ports[1])", false),
      ("imap_starttls", "localhost:\(own.ports[0])", false), ("pop3_starttls", "localhost:\(own.ports[0])", false),
      ("websocket", "ws://127.0.0.1:\(own.ports[2])/", true),
      ("websocket_echo", "ws://127.0.0.1:\(own.ports[2])/", true),
      ("websocket", "ws://127.0.0.1:\(own.ports[0])/", false),
    ]
    for probe in probes {
      let answer = try await exporter.probe(
        module: probe.module, target: probe.target, timeoutSeconds: probe.success ? 20 : 2)
      #expect(answer.status == 200, "\(probe): \(answer.body)")
      #expect(answer.body.contains("\nprobe_success \(probe.success ? 1 : 0)\n"), "\(probe): \(answer.body)")
    }
  }
}
