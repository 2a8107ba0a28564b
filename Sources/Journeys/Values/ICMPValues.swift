import Expressions
import Model

/// The facts of echo requests as values.
enum ICMPValues {
  static func value(of name: String, in icmp: ICMPFacts) -> Value? {
    switch name {
    case "sent": return .int(Int64(icmp.sent))
    case "received": return .int(Int64(icmp.received))
    case "loss": return .double(icmp.loss)
    case "rtt":
      let trips = icmp.roundTrips
      let mean = trips.isEmpty ? Duration.zero : trips.reduce(.zero, +) / trips.count
      return .map(
        MapValue([
          ("min", .duration(trips.min() ?? .zero)), ("avg", .duration(mean)), ("max", .duration(trips.max() ?? .zero)),
          ("jitter", .duration(icmp.jitter)),
        ]))
    default: return nil
    }
  }
}
