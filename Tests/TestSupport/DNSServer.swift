import Glibc

/// A real authoritative name server (nsd) on a loopback port of its own, for one zone, `example.test`.
package final class DNSServer: Sendable {
  /// The port that it listens on, by udp and tcp.
  package let port: UInt16
  /// The port that it listens on by tls, with the certificate `good` of `Certificates`.
  package let tlsPort: UInt16
  private let process: pid_t
  private let folder: String

  /// The one server that tests share; it starts with the first that asks for it.
  package static let shared: Result<DNSServer, any Error> = Result {
    let server = try DNSServer()
    // nsd is several processes, a group of their own, and inherits blocked signals from the thread that starts it.
    atexit { if let server = try? DNSServer.shared.get() { kill(-server.process, SIGKILL) } }
    return server
  }

  /// One record of nearly every kind; a name for each thing that goes wrong.
  private static let zone = """
    $ORIGIN example.test.
    $TTL 300
    @ SOA ns admin 2026010101 3600 600 86400 60
    @ NS ns
    ns A 127.0.0.1
    www A 192.0.2.1
    www A 192.0.2.2
    www AAAA 2001:db8::1
    four A 192.0.2.4
    six AAAA 2001:db8::6
    alias CNAME alias2
    alias2 CNAME www
    circle CNAME circle2
    circle2 CNAME circle
    outside CNAME elsewhere.invalid.
    dotted\\.label A 192.0.2.9
    mail MX 10 mx1
    mail MX 20 mx2
    text TXT "plain" "with \\"quotes\\" and \\\\ backslash"
    service SRV 1 2 443 www
    caa CAA 0 issue "ca.example"
    enum NAPTR 100 10 "U" "E2U+sip" "!^.*$!sip:info@example.test!" .
    ssh SSHFP 1 1 dd465c09cfa51fb45020cc83316fff21b9ec74ac
    web HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
    tlsa TLSA 3 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3
    place LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
    key DNSKEY 256 3 8 AwEAAbzNvzNvzNvzNvzNvzNvzNvzNvzNvw==
    delegation DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
    signature RRSIG A 8 3 300 20301231000000 20260101000000 12345 example.test. AwEAAbzNvzNvzNvzNvzNvw==
    hidden NSEC3PARAM 1 0 12 aabbccdd
    person RP admin text
    host HINFO "PC" "Linux"
    odd TYPE65280 \\# 4 0a000001
    ptr PTR www
    dname DNAME example.org.
    large TXT "\(String(repeating: "x", count: 250))" "\(String(repeating: "y", count: 250))" "\(String(repeating: "z", count: 250))"
    """

  /// Starts the server and returns once it answers.
  private init() throws {
    folder = try TestProgram.temporaryFolder()
    try TestProgram.write(Self.zone, to: "\(folder)/example.test.zone")
    // A port that was just free may be taken by somebody else before nsd has it.
    for _ in 0..<5 {
      let plain = try ScriptedDNSServer(udp: { _ in [] }, tcp: { _ in .init([]) }).port
      let secure = try ScriptedDNSServer(udp: { _ in [] }, tcp: { _ in .init([]) }).port
      if let process = try Self.start(in: folder, port: plain, tlsPort: secure) {
        self.process = process
        port = plain
        tlsPort = secure
        return
      }
    }
    throw TestProgram.Failure(description: "nsd did not start; is the package nsd installed?")
  }

  private static func start(in folder: String, port: UInt16, tlsPort: UInt16) throws -> pid_t? {
    let certificates = try Certificates.shared.get()
    try TestProgram.write(
      """
      server:
        ip-address: 127.0.0.1@\(port)
        ip-address: 127.0.0.1@\(tlsPort)
        tls-port: \(tlsPort)
        tls-service-key: "\(certificates.path("good.key"))"
        tls-service-pem: "\(certificates.path("good.pem"))"
        username: ""
        chroot: ""
        zonesdir: "\(folder)"
        pidfile: "\(folder)/nsd.pid"
        database: ""
        xfrdfile: "\(folder)/xfrd.state"
        zonelistfile: "\(folder)/zone.list"
        xfrdir: "\(folder)"
        server-count: 1
        rrl-ratelimit: 0
      remote-control:
        control-enable: no
      zone:
        name: example.test
        zonefile: example.test.zone
      """, to: "\(folder)/nsd.conf")
    let log = "\(folder)/log-\(port)"
    mkfifo(log, 0o600)
    // Opened for both directions, so that neither side waits for the other (fifo(7)).
    let reader = open(log, O_RDWR | O_CLOEXEC)
    guard reader >= 0 else { throw TestProgram.Failure(description: "\(log): \(errno)") }
    let process = try TestProgram.spawn(["setsid", "nsd", "-d", "-c", "nsd.conf"], in: folder, output: log)
    // It says so itself when it is ready, and why when it could not be.
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 1024)
    while case let count = read(reader, &buffer, buffer.count), count > 0 {
      text += String(decoding: buffer[..<count], as: UTF8.self)
      if text.contains("nsd started") { return process }
      if text.contains("error") { break }
    }
    kill(-process, SIGKILL)
    waitpid(process, nil, 0)
    close(reader)
    return nil
  }
}
