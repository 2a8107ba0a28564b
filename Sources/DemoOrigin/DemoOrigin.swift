import CLinux
import Glibc
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
  private let nameSocket: CInt

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
    nameSocket = socket(AF_INET, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard nameSocket >= 0 else { throw TransportFault(call: "socket", errno: errno) }
    let wanted = SocketAddress(.loopbackV4, port: namePort)
    let isBound = wanted.withSocketAddress { [nameSocket] in bind(nameSocket, $0, $1) } == 0
    guard isBound, let bound = SocketAddress(boundTo: nameSocket) else {
      let code = errno
      close(nameSocket)
      throw TransportFault(call: "bind", errno: code)
    }
    addresses = Addresses(tls: tls.address, greeting: greeting.address, nameServer: bound)
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
          await DemoNameServer(descriptor: nameSocket, deadline: deadline).serve()
        }
      }
    }
    close(nameSocket)
  }
}
