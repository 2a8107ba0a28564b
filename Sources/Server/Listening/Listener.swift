import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// One listening socket, and the connections that come in by it.
struct Listener<Base: ServerChildChannel> {
  let connection: Connection<Base>
  let connectionLimit: Int
  let logger: Logger

  /// Listens until graceful shutdown, which lets answers under way finish, or until it is cancelled.
  ///
  /// - Parameter onListening: hears of the port that TCP was bound to.
  /// - Throws: `ListenFailure`.
  func run(on place: ListenPlace, onListening: (UInt16?) -> Void) async throws {
    switch place {
    case .address(let address):
      guard let host = address.host else { return try await runOnAll(port: address.port, place, onListening) }
      try await serve(place, by: .host(host, port: Int(address.port)), onListening)
    case .vsock(let port): try await serve(place, by: .vsock(port: port), onListening)
    case .inherited(let descriptor): try await serve(place, by: .descriptor(descriptor), onListening)
    }
  }

  /// An IPv6 socket on `::` takes IPv4 too, unless the system has no IPv6 at all.
  private func runOnAll(port: UInt16, _ place: ListenPlace, _ onListening: (UInt16?) -> Void) async throws {
    do {
      try await serve(place, by: .host("::", port: Int(port)), onListening)
    } catch let failure as NoSuchFamily {
      logger.debug("no IPv6 here, listening on IPv4 alone", metadata: ["error": "\(failure.reason)"])
      try await serve(place, by: .host("0.0.0.0", port: Int(port)), onListening)
    }
  }

  private enum Binding {
    case host(String, port: Int)
    case vsock(port: UInt32)
    case descriptor(CInt)
  }

  private struct NoSuchFamily: Error {
    var reason: String
  }

  private typealias Server = NIOAsyncChannel<Connection<Base>.Value, Never>

  private func serve(
    _ place: ListenPlace, by binding: Binding, _ onListening: (UInt16?) -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let quiescing = ServerQuiescingHelper(group: group)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: place.isAddress ? 1 : 0)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let limit = MaximumAvailableConnections(connectionLimit, logger: logger)
          try channel.pipeline.syncOperations.addHandler(AvailableConnectionsChannelHandler(delegate: limit))
          try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
        }
      }
    let server: Server
    do {
      let setup: @Sendable (any Channel) -> EventLoopFuture<Connection<Base>.Value> = {
        connection.setup(channel: $0, logger: logger)
      }
      server =
        switch binding {
        case .host(let host, let port):
          try await bootstrap.bind(host: host, port: port, childChannelInitializer: setup)
        case .vsock(let port):
          try await bootstrap.bind(
            to: VsockAddress(cid: .any, port: .init(Int(port))), childChannelInitializer: setup)
        case .descriptor(let descriptor):
          try await bootstrap.bind(descriptor, childChannelInitializer: setup)
        }
    } catch let error as IOError {
      if case .address(let address) = place, address.host == nil,
        [EAFNOSUPPORT, EADDRNOTAVAIL].contains(error.errnoCode)
      {
        throw NoSuchFamily(reason: Self.words(for: error))
      }
      throw ListenFailure(place: place, reason: Self.words(for: error))
    } catch is SocketAddressError.UnknownHost {
      throw ListenFailure(place: place, reason: "there is no such host")
    }
    onListening(server.channel.localAddress?.port.map(UInt16.init))
    await withGracefulShutdownHandler {
      await accept(server)
    } onGracefulShutdown: {
      quiescing.initiateShutdown(promise: nil)
    }
  }

  private func accept(_ server: Server) async {
    await withDiscardingTaskGroup { group in
      do {
        try await server.executeThenClose { connections in
          for try await value in connections {
            group.addTask { await connection.handle(value: value, logger: logger) }
          }
        }
      } catch is CancellationError {
        return
      } catch {
        logger.error("no more connections are taken", metadata: ["error": "\(error)"])
      }
    }
  }

  private static func words(for error: IOError) -> String {
    switch error.errnoCode {
    case EADDRINUSE: "address already in use"
    case EADDRNOTAVAIL: "this machine has no such address"
    case EACCES: "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"
    default: String(cString: strerror(error.errnoCode))
    }
  }
}

extension ListenPlace {
  fileprivate var isAddress: Bool {
    if case .address = self { true } else { false }
  }
}
