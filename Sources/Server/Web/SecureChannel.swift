import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS

/// A connection over TLS, with HTTP/2 or HTTP/1.1 in it. Each is secured by what the files say when it comes in.
struct SecureChannel: ServerChildChannel {
  struct Value: ServerChildChannelValue {
    let negotiated: EventLoopFuture<NIONegotiatedHTTPVersion<HTTP1Channel.Value, HTTP2Channel.Value>>
    let channel: any Channel
  }

  let http1: HTTP1Channel
  let http2: HTTP2Channel
  let keeper: WebKeeper

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    do {
      let (context, tls) = try keeper.security()
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(Self.handler(context, tls))
      if !tls.allowedNames.isEmpty { try pipeline.addHandler(AllowedNames(tls.allowedNames)) }
    } catch {
      logger.error("a connection cannot be secured", metadata: ["error": "\(error)"])
      return channel.eventLoop.makeFailedFuture(error)
    }
    return channel.configureHTTP2AsyncSecureUpgrade { channel in
      http1.setup(channel: channel, logger: logger)
    } http2ConnectionInitializer: { channel in
      http2.setup(channel: channel, logger: logger)
    }.map { Value(negotiated: $0, channel: channel) }
  }

  private static func handler(_ context: NIOSSLContext, _ tls: WebConfiguration.TLS) -> NIOSSLServerHandler {
    switch tls.clientAuthentication {
    case .none, .verifyIfGiven, .requireAndVerify: NIOSSLServerHandler(context: context)
    case .request, .requireAny:
      // Asked for, and not verified: whoever stands behind the server looks at it, or nobody does.
      NIOSSLServerHandler(context: context, customVerificationCallback: { $1.succeed(.certificateVerified) })
    }
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.negotiated.get() {
      case .http1_1(let connection): await http1.handle(value: connection, logger: logger)
      case .http2(let connection): await http2.handle(value: connection, logger: logger)
      }
    } catch {
      logger.debug("no TLS was agreed on", metadata: ["error": "\(error)"])
      value.channel.close(promise: nil)
    }
  }
}

/// Closes a connection whose client's certificate holds none of the names that are allowed.
private final class AllowedNames: ChannelInboundHandler {
  typealias InboundIn = Any

  private let names: Set<String>

  init(_ names: [String]) {
    self.names = Set(names)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
      guard let certificate, certificate._subjectAlternativeNames().contains(where: { names.contains($0.text) }) else {
        context.close(promise: nil)
        return
      }
    }
    context.fireUserInboundEventTriggered(event)
  }
}

extension _SubjectAlternativeName {
  /// As it is written in a configuration.
  fileprivate var text: String {
    contents.withUnsafeBufferPointer { bytes in
      guard nameType == .ipAddress else { return String(decoding: bytes, as: UTF8.self) }
      let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0)
      return address?.ipAddress ?? ""
    }
  }
}
