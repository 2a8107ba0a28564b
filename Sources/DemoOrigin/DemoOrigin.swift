package import Transport

/// The parts of the demonstration that are no web pages: a TLS port whose certificate ends soon, a mail greeting, and a name
/// server. All on loopback.
package struct DemoOrigin: Sendable {
  /// Where the parts listen.
  package struct Addresses: Hashable, Sendable {
    package var tls: SocketAddress
    package var greeting: SocketAddress
    package var nameServer: SocketAddress
  }

  /// Where the parts listen; ports are the real ones.
  package let addresses: Addresses
  private let loop: EventLoop
  private let tls: Listener
  private let acceptor: TLSAcceptor
  private let greeting: Listener
  private let nameSocket: BoundSocket

  /// Opens all ports.
  ///
  /// - Parameters:
  ///   - port: gives the port of each part; 0 takes a free one.
  ///   - certificateLifetime: until the certificate ends.
  package init(
    loop: EventLoop, tlsPort: UInt16 = 0, greetingPort: UInt16 = 0, namePort: UInt16 = 0,
    certificateLifetime: Duration = .seconds(10 * 86_400)
  ) throws {
    self.loop = loop
    tls = try Listener(on: SocketAddress(.loopbackV4, port: tlsPort), loop: loop)
    acceptor = try TLSAcceptor(name: "shop.example", lifetime: certificateLifetime)
    greeting = try Listener(on: SocketAddress(.loopbackV4, port: greetingPort), loop: loop)
    nameSocket = try BoundSocket(.datagrams, at: SocketAddress(.loopbackV4, port: namePort))
    addresses = Addresses(tls: tls.address, greeting: greeting.address, nameServer: nameSocket.address)
  }

  /// Serves until the task is cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { [tls, acceptor] in await tls.serve { await acceptor.serve($0) } }
      group.addTask { [greeting] in
        await greeting.serve { try? await $0.write(Array("220 mail.shop.example ESMTP\r\n".utf8)) }
      }
      group.addTask { [loop, nameSocket] in
        await loop.actor.perform(within: .seconds(365 * 86_400)) { _, deadline in
          await DemoNameServer(descriptor: nameSocket.descriptor, deadline: deadline).serve()
        }
      }
    }
  }
}
