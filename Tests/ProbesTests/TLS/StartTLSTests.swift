import Model
import Probes
import TestSupport
import Testing
import Transport

/// The eight protocols, against servers scripted from their RFCs that hand the connection to a real TLS server.
@Suite("STARTTLS") struct StartTLSTests {
  private func probe(_ name: StartTLS, _ server: any LocalPort, timeout: Duration = .seconds(60)) async throws
    -> Observation
  {
    defer { withExtendedLifetime(server) {} }
    let spec = TLSSpec(
      target: Endpoint(host: "127.0.0.1", port: server.port), startTLS: name, tls: TLSOptions(caFile: "root.pem"))
    return try await TLSProber(.forTests()).probe(
      spec, in: ProbeContext(timeout: timeout, folder: try Certificates.shared.get().folder))
  }

  /// What a server does before TLS; true when it has agreed to begin.
  typealias Words = @Sendable (SocketPeer) -> Bool

  struct Case: Sendable, CustomTestStringConvertible {
    var name: StartTLS
    var words: Words
    var testDescription: String { name.rawValue }

    init(_ name: StartTLS, _ words: @escaping Words) {
      self.name = name
      self.words = words
    }
  }

  private static let xmppHeader =
    "<?xml version='1.0'?><stream:stream from='127.0.0.1' id='1' version='1.0' xmlns='jabber:client' "
    + "xmlns:stream='http://etherx.jabber.org/streams'>"

  /// A greeting of MySQL's protocol 10 with the lower capabilities.
  private static func mysqlGreeting(capabilities: UInt16) -> [UInt8] {
    let payload: [UInt8] =
      [10] + Array("8.0.36".utf8) + [0] + [1, 0, 0, 0] + [UInt8](repeating: 65, count: 8) + [0]
      + [UInt8(capabilities & 255), UInt8(capabilities >> 8)] + [33, 2, 0, 255, 193, 21]
      + [UInt8](repeating: 0, count: 10)
      + [UInt8](repeating: 66, count: 12) + [0]
    return [UInt8(payload.count), 0, 0, 0] + payload
  }

  static let agreeing = [
    Case(.smtp) { peer in
      peer.send("220-mail.example ESMTP\r\n220 ready\r\n")
      guard peer.line()?.hasPrefix("EHLO ") == true else { return false }
      peer.send("250-mail.example\r\n250-SIZE 1000\r\n250-starttls\r\n250 HELP\r\n")
      guard peer.line() == "STARTTLS" else { return false }
      return peer.send("220 2.0.0 go ahead\r\n")
    },
    Case(.imap) {
      $0.agree(
        to: "a1 STARTTLS", after: "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
        with: "* CAPABILITY IMAP4rev1\r\na1 OK Begin TLS\r\n")
    },
    Case(.pop3) { $0.agree(to: "STLS", after: "+OK POP3 ready\r\n", with: "+OK Begin TLS\r\n") },
    Case(.ftp) {
      $0.agree(
        to: "AUTH TLS", after: "220-Welcome\r\n  to this server\r\n220 ready\r\n", with: "234 AUTH TLS OK\r\n")
    },
    Case(.ldap) { peer in
      guard let request = peer.read(31), request.suffix(22).elementsEqual("1.3.6.1.4.1.1466.20037".utf8) else {
        return false
      }
      return peer.send([0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00])
    },
    Case(.xmpp) { peer in
      guard peer.text(until: ">", times: 2)?.contains("to='127.0.0.1'") == true else { return false }
      peer.send(xmppHeader)
      peer.send(
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>")
      guard peer.text(until: ">", times: 1) == "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" else {
        return false
      }
      return peer.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    },
    Case(.postgres) { peer in
      guard peer.read(8) == [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f] else { return false }
      return peer.send("S")
    },
    Case(.mysql) { peer in
      peer.send(mysqlGreeting(capabilities: 0xffff))
      // The head of packet 1 with 32 bytes, the first four of which are flags.
      guard let request = peer.read(36), request.prefix(4).elementsEqual([32, 0, 0, 1]) else { return false }
      return request[5] & 8 != 0
    },
  ]

  @Test("TLS begins once the server agrees, and all of it is the phase tls", arguments: agreeing)
  func agrees(_ example: Case) async throws {
    let secure = try OpenSSLServer("good")
    // Not the server itself, which the thread would keep beyond the test, and its process beyond the tests.
    let port = secure.port
    let server = try SocketServer { peer in
      if example.words(peer) { peer.relay(toPort: port) }
    }
    let observation = try await probe(example.name, server)
    withExtendedLifetime(secure) {}
    #expect(observation.failure == nil)
    #expect(observation.facts.tls?.isVerified == true)
    #expect(observation.facts.phases.tls > .zero)
    #expect(observation.facts.phases.wait == .zero)
    #expect(observation.facts.phases.receive == .zero)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var name: StartTLS
    var message: String
    var words: @Sendable (SocketPeer) -> Void
    var testDescription: String { "\(name.rawValue): \(message)" }

    init(_ name: StartTLS, _ message: String, _ words: @escaping @Sendable (SocketPeer) -> Void) {
      self.name = name
      self.message = message
      self.words = words
    }
  }

  static let refusing = [
    Refusal(.smtp, "refused to begin TLS: \"554 no service\"") { $0.send("554 no service\r\n") },
    Refusal(.smtp, "does not offer STARTTLS in its answer to EHLO") { peer in
      peer.send("220 ready\r\n")
      _ = peer.line()
      peer.send("250-mail.example\r\n250 HELP\r\n")
    },
    Refusal(.smtp, "refused to begin TLS: \"454 TLS not available\"") { peer in
      peer.send("220 ready\r\n")
      _ = peer.line()
      peer.send("250 STARTTLS\r\n")
      _ = peer.line()
      peer.send("454 TLS not available\r\n")
    },
    Refusal(.smtp, "gave an unknown answer after the connection: \"SSH-2.0-OpenSSH_9.2\"") {
      $0.send("SSH-2.0-OpenSSH_9.2\r\n")
    },
    Refusal(.smtp, "closed the connection after the connection, before TLS") { _ in },
    Refusal(.smtp, "gave an unknown answer after the connection: \"more than 256 lines\"") {
      $0.flood(Array("220-more\r\n".utf8))
    },
    Refusal(.smtp, "went on in plain words where TLS begins: \"250 injected\\r\\n\"") { peer in
      peer.send("220 ready\r\n")
      _ = peer.line()
      peer.send("250 STARTTLS\r\n")
      _ = peer.line()
      peer.send("220 go ahead\r\n250 injected\r\n")
    },
    Refusal(.imap, "refused to begin TLS: \"a1 NO not now\"") { peer in
      peer.send("* OK ready\r\n")
      _ = peer.line()
      peer.send("a1 NO not now\r\n")
    },
    Refusal(.imap, "refused to begin TLS: \"* BYE too many\"") { $0.send("* BYE too many\r\n") },
    Refusal(.pop3, "refused to begin TLS: \"-ERR unknown command\"") { peer in
      peer.send("+OK ready\r\n")
      _ = peer.line()
      peer.send("-ERR unknown command\r\n")
    },
    Refusal(.ftp, "refused to begin TLS: \"502 not implemented\"") { peer in
      peer.send("220 ready\r\n")
      _ = peer.line()
      peer.send("502 not implemented\r\n")
    },
    Refusal(.ldap, "refused to begin TLS: \"result code 2: no TLS here\"") { peer in
      _ = peer.read(31)
      peer.send(
        [0x30, 0x17, 0x02, 0x01, 0x01, 0x78, 0x12, 0x0a, 0x01, 0x02, 0x04, 0x00, 0x04, 0x0b]
          + Array("no TLS here".utf8))
    },
    Refusal(.ldap, "gave an unknown answer after the StartTLS request: \"16777216 bytes\"") { peer in
      _ = peer.read(31)
      peer.send([0x30, 0x84, 1, 0, 0, 0])
    },
    Refusal(.xmpp, "does not offer STARTTLS among its stream features") { peer in
      peer.send(xmppHeader + "<stream:features><bind/></stream:features>")
      peer.waitForEnd()
    },
    Refusal(.xmpp, "refused to begin TLS: \"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\"") { peer in
      peer.send("<stream:stream><stream:features>urn:ietf:params:xml:ns:xmpp-tls</stream:features>")
      _ = peer.text(until: ">", times: 3)
      peer.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    },
    Refusal(.postgres, "refused to begin TLS: \"N\"") { peer in
      _ = peer.read(8)
      peer.send("N")
    },
    Refusal(.mysql, "does not offer TLS among its capabilities") { $0.send(mysqlGreeting(capabilities: 0xf7ff)) },
    Refusal(.mysql, "refused to begin TLS: \"Host is blocked\"") { peer in
      peer.send([18, 0, 0, 0, 0xff, 0x69, 0x04] + Array("Host is blocked".utf8))
    },
    Refusal(.mysql, "gave an unknown answer after the connection: \"HTTP\"") { $0.send("HTTP/1.1 400\r\n") },
  ]

  @Test("a server that does not agree is quoted", arguments: refusing)
  func refuses(_ example: Refusal) async throws {
    let server = try SocketServer { peer in
      example.words(peer)
      peer.finish()
    }
    let observation = try await probe(example.name, server)
    #expect(observation.failure?.code == .protocolError)
    #expect(observation.failure?.phase == .tls)
    #expect(observation.failure?.words == "127.0.0.1:\(server.port) \(example.message)")
    // Quotes are the server's words, and held apart from ours.
    #expect(observation.failure?.message.contains("\"") == false)
    #expect(observation.facts.tls == nil)
  }

  @Test("XMPP asks for the domain that is served, which need not be the host", arguments: [true, false])
  func xmppDomain(asTCP: Bool) async throws {
    let (headers, said) = AsyncStream<String>.makeStream()
    let server = try SocketServer { peer in
      said.yield(peer.text(until: ">", times: 2) ?? "")
      said.finish()
    }
    let target = Endpoint(host: "127.0.0.1", port: server.port)
    let options = TLSOptions(serverName: "example.net")
    let context = ProbeContext(timeout: .seconds(60))
    if asTCP {
      _ = try await TCPProber(.forTests()).probe(TCPSpec(target: target, tls: options, startTLS: .xmpp), in: context)
    } else {
      _ = try await TLSProber(.forTests()).probe(TLSSpec(target: target, startTLS: .xmpp, tls: options), in: context)
    }
    for await header in headers { #expect(header.contains(" to='example.net' ")) }
  }

  @Test("a server that says nothing costs the timeout", arguments: StartTLS.allCases)
  func silence(_ name: StartTLS) async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let observation = try await probe(name, server, timeout: .seconds(3))
    #expect(
      observation.failure
        == ProbeFailure(
          .timeout, during: .tls,
          "no leave to begin TLS by \(name.rawValue) STARTTLS within 3s (127.0.0.1:\(server.port))"))
  }
}

extension SocketPeer {
  /// Greets, and agrees if the client then sends this command.
  fileprivate func agree(to command: String, after greeting: String, with agreement: String) -> Bool {
    send(greeting)
    guard line() == command else { return false }
    return send(agreement)
  }
}
