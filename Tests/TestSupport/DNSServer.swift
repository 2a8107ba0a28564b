import Foundation

/// A real authoritative name server (nsd) on a loopback port of its own, for one zone, `example.test`.
package final class DNSServer: Sendable {
  /// The port that it listens on, by udp and tcp.
  package let port: UInt16
  private let process: Process
  private let folder: URL

  /// Whether the machine has one.
  package static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
  private static let path = "/usr/sbin/nsd"

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
  package init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("nsd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder
    try Self.zone.write(to: folder.appendingPathComponent("example.test.zone"), atomically: true, encoding: .utf8)
    // A port that was just free may be taken by somebody else before nsd has it.
    for _ in 0..<5 {
      let port = try ScriptedDNSServer(udp: { _ in [] }).port
      if let process = try Self.start(in: folder, port: port) {
        self.port = port
        self.process = process
        return
      }
    }
    throw CocoaError(.executableNotLoadable)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  private static func start(in folder: URL, port: UInt16) throws -> Process? {
    let configuration = """
      server:
        ip-address: 127.0.0.1@\(port)
        username: ""
        chroot: ""
        zonesdir: "\(folder.path)"
        pidfile: "\(folder.path)/nsd.pid"
        database: ""
        xfrdfile: "\(folder.path)/xfrd.state"
        zonelistfile: "\(folder.path)/zone.list"
        xfrdir: "\(folder.path)"
        server-count: 1
        rrl-ratelimit: 0
      remote-control:
        control-enable: no
      zone:
        name: example.test
        zonefile: example.test.zone
      """
    let file = folder.appendingPathComponent("nsd.conf")
    try configuration.write(to: file, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["-d", "-c", file.path]
    let log = Pipe()
    process.standardError = log
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // It says so itself when it is ready, and ends when it could not be.
    var text = ""
    while case let data = log.fileHandleForReading.availableData, !data.isEmpty {
      text += String(decoding: data, as: UTF8.self)
      if text.contains("nsd started") {
        // What it logs later goes nowhere, but must not block it.
        log.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        return process
      }
    }
    process.waitUntilExit()
    return nil
  }
}
