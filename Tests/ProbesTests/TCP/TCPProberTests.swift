import Model
import Probes
import TestSupport
import Testing
import Transport

@Suite("TCP probe") struct TCPProberTests: TCPProbing {
  // MARK: Connecting

  @Test("a connection is all that is asked without words")
  func connects() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let (observation, _) = try await probe(server)
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
    #expect(observation.facts.phases.connect > .zero)
    #expect(observation.facts.phases.wait == .zero)
    #expect(observation.facts.tls == nil)
  }

  @Test("a port where nobody listens refuses")
  func refused() async throws {
    let deaf = try DeafPort()
    let (observation, _) = try await probe(deaf)
    #expect(
      observation.failure
        == ProbeFailure(.connectRefused, during: .connect, "connection to 127.0.0.1:\(deaf.port) refused"))
    #expect(observation.facts.ip == "127.0.0.1")
  }

  @Test("a name with several addresses is reached by the one that answers")
  func secondAddress() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let (observation, _) = try await probe(server, host: "localhost")
    #expect(observation.failure == nil)
    #expect(observation.facts.ip == "127.0.0.1")
  }

  @Test("the connection comes from the address that is asked for")
  func source() async throws {
    let server = try SocketServer { peer in
      peer.send("you are \(peer.clientAddress)\n")
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(server, .dialogue([.expect("^you are 127[.]0[.]0[.]9$")])) {
      $0.sourceIP = "127.0.0.9"
    }
    #expect(observation.failure == nil)
    #expect(facts.messages == ["you are 127.0.0.9"])
  }

  @Test("an address that is not ours cannot be the source, and that is our fault")
  func foreignSource() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let (observation, _) = try await probe(server) { $0.sourceIP = "192.0.2.1" }
    #expect(observation.failure?.code == .internal)
    #expect(
      observation.failure?.message
        == "source_ip \"192.0.2.1\" cannot be used to reach 127.0.0.1:\(server.port): cannot assign requested address")
    let (other, _) = try await probe(server) { $0.sourceIP = "home" }
    #expect(
      other.failure == ProbeFailure(.templateFailed, during: .resolve, "source_ip \"home\" is not an IP address"))
  }

  // MARK: One message

  @Test("what comes up to the text that is waited for is kept, however it is cut")
  func receiveText() async throws {
    let server = try SocketServer { peer in
      guard peer.line() == "PING" else { return }
      for byte in "+PO+PON+PONG\r\nrest".utf8 { peer.send([byte]) }
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(
      server, .message(send: Array("PING\n".utf8), receive: .text("+PONG\r\n")))
    #expect(observation.failure == nil)
    #expect(facts.received == Array("+PO+PON+PONG\r\n".utf8))
    #expect(observation.facts.phases.wait > .zero)
    #expect(observation.facts.elapsed == observation.facts.phases.total)
  }

  @Test("a number of bytes is waited for")
  func receiveBytes() async throws {
    let server = try SocketServer { peer in
      peer.send([0, 1, 2])
      peer.send([3, 255, 5])
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(server, .message(send: nil, receive: .bytes(5)))
    #expect(observation.failure == nil)
    #expect(facts.received == [0, 1, 2, 3, 255])
  }

  @Test("a pattern may match over several lines, and its named groups are kept")
  func receivePattern() async throws {
    let server = try SocketServer { peer in
      peer.send("redis_version:7.0\nuptime:12")
      peer.send("\nrole:master\n")
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(
      server, .message(send: nil, receive: .pattern("version:(?P<version>\\S+)\n(?s:.*)role:(?P<role>\\w+)")))
    #expect(observation.failure == nil)
    #expect(facts.matches == ["version": "7.0", "role": "master"])
    #expect(observation.facts.elapsed < .seconds(50))
  }

  @Test("a pattern is found as soon as it is there, though the peer says nothing more")
  func patternAtOnce() async throws {
    let server = try SocketServer { peer in
      peer.send("220 mail")
      peer.send(".example ESMTP\r\n")
      peer.waitForEnd()
    }
    for _ in 0..<50 {
      let (observation, facts) = try await probe(server, .message(send: nil, receive: .pattern("^220 (?P<name>\\S+) ")))
      #expect(observation.failure == nil)
      #expect(facts.matches == ["name": "mail.example"])
      // It ends with the answer and not with the timeout of a minute, where a last look would find it too.
      #expect(observation.facts.elapsed < .seconds(50))
    }
  }

  @Test("what a peer says is cut between two characters", arguments: 0...3)
  func cutWords(before: Int) async throws {
    let line = String(repeating: "x", count: 160 - before) + "€ and more"
    let server = try SocketServer { $0.send(line) }
    let (observation, _) = try await probe(server, .dialogue([.expect("^220")]))
    let shown = String(repeating: "x", count: 160 - before) + (before == 3 ? "€" : "")
    #expect(observation.failure?.quote == "; the last line was \"\(shown)…\"")
  }

  @Test(
    "a text that cannot come any more fails the expectation", arguments: [ReceiveUntil.text("END"), .pattern("^END$")])
  func closedBeforeText(_ end: ReceiveUntil) async throws {
    let server = try SocketServer { $0.send("half of\n") }
    let (observation, facts) = try await probe(server, .message(send: nil, receive: end))
    #expect(observation.failure?.code == .expectationFailed)
    #expect(observation.failure?.words.hasSuffix("came; what came: \"half of\\n\"") == true)
    #expect(facts.received == Array("half of\n".utf8))
  }

  @Test("fewer bytes than were waited for fail the expectation")
  func closedBeforeBytes() async throws {
    let server = try SocketServer { $0.send("abc") }
    let (observation, _) = try await probe(server, .message(send: nil, receive: .bytes(10)))
    #expect(
      observation.failure
        == ProbeFailure(
          .expectationFailed, during: .receive, "127.0.0.1:\(server.port) closed the connection after 3 of 10 bytes"))
  }

  @Test("a peer that closes without reading has closed, though the kernel calls it a reset")
  func reset() async throws {
    let server = try SocketServer { peer in
      _ = peer.read(1)
      peer.reset()
    }
    let (observation, _) = try await probe(
      server, .message(send: Array("hello".utf8), receive: .text("world")))
    #expect(observation.failure?.code == .expectationFailed)
    #expect(observation.failure?.words.hasSuffix("came; nothing came") == true)
  }

  @Test("a flood without the text that is waited for is cut off")
  func flood() async throws {
    let server = try SocketServer { $0.flood([UInt8](repeating: 120, count: 65536)) }
    for end in [ReceiveUntil.text("END"), .pattern("END")] {
      let (observation, facts) = try await probe(server, .message(send: nil, receive: end))
      #expect(observation.failure?.code == .bodyTooLarge)
      #expect(facts.received.count == 1 << 20)
    }
  }

  // MARK: Dialogues

  @Test("a dialogue skips lines until one matches, and later lines use what was matched")
  func dialogue() async throws {
    let server = try SocketServer { peer in
      peer.send(":irc NOTICE welcome\r\nPING :token-17 abc\r\n")
      peer.send(peer.line() == "PONG token-17 abc $5" ? ":irc 001 prober :Hello\r\n" : "ERROR\r\n")
      peer.waitForEnd()
    }
    let (observation, facts) = try await probe(
      server,
      .dialogue([
        .expect("^PING :(?P<token>[^ ]+) (.*)$"), .send("PONG ${token} ${2} $$5"), .expect("^:irc 001 (?P<nick>.*) :"),
      ]))
    #expect(observation.failure == nil)
    #expect(facts.messages == ["PING :token-17 abc", ":irc 001 prober :Hello"])
    #expect(facts.matches == ["token": "token-17", "nick": "prober"])
    #expect(
      facts.received == Array(":irc NOTICE welcome\nPING :token-17 abc\n:irc 001 prober :Hello\n".utf8))
  }

  @Test("a line that never comes is a time-out while the peer waits")
  func lineNeverComes() async throws {
    let server = try SocketServer { peer in
      peer.send("220 ready\n")
      peer.waitForEnd()
    }
    let (observation, _) = try await probe(
      server, .dialogue([.expect("^250")]), timeout: .seconds(3))
    #expect(
      observation.failure
        == ProbeFailure(
          .timeout, during: .receive,
          "no line matched \"^250\" within 3s (127.0.0.1:\(server.port))",
          quote: "; the last line was \"220 ready\""))
  }

  @Test("a line that never comes is a failed expectation once the peer has closed")
  func lineCannotCome() async throws {
    let server = try SocketServer { $0.send("554 go \"away\"\u{7}") }
    let (observation, _) = try await probe(server, .dialogue([.expect("^220")]))
    #expect(
      observation.failure
        == ProbeFailure(
          .expectationFailed, during: .receive,
          "127.0.0.1:\(server.port) closed the connection before a line matched \"^220\"",
          quote: #"; the last line was "554 go \"away\"\u{7}""#))
  }

  @Test("a line without end is cut off")
  func endlessLine() async throws {
    let server = try SocketServer { $0.flood([UInt8](repeating: 120, count: 65536)) }
    let (observation, _) = try await probe(server, .dialogue([.expect("^220")]))
    #expect(
      observation.failure
        == ProbeFailure(
          .protocolError, during: .receive, "127.0.0.1:\(server.port) sent a line of more than 65536 bytes"))
  }

  @Test("lines without end stop at the timeout, and leave the loop to others meanwhile")
  func endlessLines() async throws {
    let server = try SocketServer { $0.flood(Array(repeating: "no\n", count: 10000).joined().utf8.map { $0 }) }
    let quick = try SocketServer { $0.send("220 ready\n") }
    async let slow = probe(server, .dialogue([.expect("^220")]), timeout: .milliseconds(600))
    // Twice as many as there are loops: some of them share one with the flood.
    for _ in 0..<8 {
      let (observation, _) = try await probe(quick, .dialogue([.expect("^220")]))
      #expect(observation.failure == nil)
    }
    let (observation, facts) = try await slow
    #expect(observation.failure?.code == .timeout)
    #expect(observation.facts.elapsed < .seconds(50))
    #expect(facts.received.count <= 1 << 20)
  }

  @Test("a bad pattern is told, and is not the target's fault")
  func badPattern() async throws {
    let server = try SocketServer { $0.waitForEnd() }
    let (observation, _) = try await probe(server, .dialogue([.expect("(")]))
    #expect(observation.failure?.code == .templateFailed)
    #expect(observation.failure?.message == "bad regular expression \"(\": missing ): (")
  }

  // MARK: TLS

  @Test("words go over TLS from the start when it is asked for")
  func overTLS() async throws {
    let server = try OpenSSLServer("good")
    let (observation, facts) = try await probe(
      server, .message(send: Array("abc\n".utf8), receive: .text("cba\n"))
    ) { $0.tls = TLSOptions(caFile: "root.pem") }
    #expect(observation.failure == nil)
    #expect(facts.received == Array("cba\n".utf8))
    #expect(observation.facts.tls?.isVerified == true)
    #expect(observation.facts.phases.tls > .zero)
  }

  @Test("a dialogue begins TLS in the middle")
  func startTLSInDialogue() async throws {
    let secure = try OpenSSLServer("good")
    let port = secure.port
    let server = try SocketServer { peer in
      peer.send("220 ready\r\n")
      guard peer.line() == "STARTTLS" else { return }
      peer.send("220 go ahead\r\n")
      peer.relay(toPort: port)
    }
    let (observation, facts) = try await probe(
      server,
      .dialogue([.expect("^220"), .send("STARTTLS"), .expect("^220"), .startTLS, .send("drow"), .expect("^word$")])
    ) { $0.tls = TLSOptions(caFile: "root.pem") }
    withExtendedLifetime(secure) {}
    #expect(observation.failure == nil)
    #expect(facts.messages == ["220 ready", "220 go ahead", "word"])
    #expect(observation.facts.tls?.isVerified == true)
  }

  @Test("plain words behind the leave to begin TLS are not taken for secure ones")
  func injection() async throws {
    let server = try SocketServer { peer in
      peer.send("220 go ahead\r\n250 injected\r\n")
      peer.waitForEnd()
    }
    let (observation, _) = try await probe(server, .dialogue([.expect("^220"), .startTLS, .expect("^250")]))
    #expect(
      observation.failure
        == ProbeFailure(
          .protocolError, during: .receive,
          "127.0.0.1:\(server.port) went on in plain words where TLS begins", quote: ": \"250 injected\\r\\n\""))
  }

  @Test(
    "a client certificate that the server refuses fails the exchange, also where nothing is read after it",
    arguments: [
      SocketExchange.none, .message(send: Array("abc\n".utf8), receive: nil), .dialogue([.send("abc")]),
      .dialogue([.startTLS]),
    ])
  func refusedCertificate(exchange: SocketExchange) async throws {
    let server = try OpenSSLServer("good", ["-Verify", "2", "-verify_return_error", "-CAfile", "root.pem", "-tls1_3"])
    let (observation, _) = try await probe(server, exchange) { $0.tls = TLSOptions(caFile: "root.pem") }
    #expect(observation.failure?.code == .tlsFailed)
    #expect(observation.failure?.message.contains("the peer sent the alert") == true)
  }

  @Test("TLS that a template makes begin twice is told, and is not the target's fault")
  func twice() async throws {
    let server = try OpenSSLServer("good")
    let (observation, _) = try await probe(server, .dialogue([.startTLS, .startTLS])) {
      $0.tls = TLSOptions(caFile: "root.pem")
    }
    #expect(observation.failure?.code == .templateFailed)
  }

  // MARK: Time

  @Test("a cancelled probe ends at once and is nobody's fault")
  func cancelled() async throws {
    let (started, signal) = AsyncStream<Void>.makeStream()
    let server = try SocketServer { peer in
      signal.yield()
      peer.waitForEnd()
    }
    let task = Task { try await probe(server, .dialogue([.expect("x")]), timeout: .seconds(60)) }
    for await _ in started { break }
    task.cancel()
    let (observation, _) = try await task.value
    #expect(observation.failure?.code == .cancelled)
    #expect(observation.facts.elapsed < .seconds(50))
  }
}
