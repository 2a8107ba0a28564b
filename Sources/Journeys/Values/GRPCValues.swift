import Expressions
import Model

/// The facts of a gRPC health check as values.
enum GRPCValues {
  /// - Parameter because: what to add where there was no answer.
  static func value(of name: String, in grpc: GRPCFacts, because: String) throws(EvaluationError) -> Value? {
    switch name {
    case "status":
      guard let status = grpc.status else {
        throw EvaluationError(.host, "status: there was no answer\(because)")
      }
      return .int(Int64(status))
    case "serving": return .string(grpc.serving)
    default: return nil
    }
  }
}
