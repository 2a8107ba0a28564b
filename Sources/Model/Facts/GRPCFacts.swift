/// What a gRPC health check showed.
package struct GRPCFacts: Sendable {
  /// The status code of the call (0 OK, 5 NOT_FOUND, 12 UNIMPLEMENTED, 14 UNAVAILABLE); nil before there was one.
  package var status: Int?
  /// What the server said beside the status, decoded.
  package var statusMessage: String
  /// `SERVING`, `NOT_SERVING`, `UNKNOWN` or `SERVICE_UNKNOWN`; empty without an answer.
  package var serving: String

  /// What a health check showed.
  package init(status: Int? = nil, statusMessage: String = "", serving: String = "") {
    self.status = status
    self.statusMessage = statusMessage
    self.serving = serving
  }
}
