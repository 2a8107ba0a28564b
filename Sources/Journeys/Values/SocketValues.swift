import Expressions
import Model

/// The facts of an exchange over a stream socket as values.
enum SocketValues {
  static func value(of name: String, in socket: SocketFacts) -> Value? {
    switch name {
    case "received": .string(String(decoding: socket.received, as: UTF8.self))
    case "received_bytes": .bytes(socket.received)
    case "messages": .list(socket.messages.map { .string($0) })
    case "matches": .map(MapValue(socket.matches.mapValues { .string($0) }))
    default: nil
    }
  }
}
