/// The status codes of gRPC calls (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
package enum GRPCStatus {
  /// The call went through.
  package static let ok = 0
  /// The caller gave up.
  package static let cancelled = 1
  /// Nobody knows.
  package static let unknown = 2
  /// The time was over first.
  package static let deadlineExceeded = 4
  /// Something was larger than allowed.
  package static let resourceExhausted = 8
  /// The call, or its answer, is not as the protocol has it.
  package static let `internal` = 13
  /// Nobody could be reached.
  package static let unavailable = 14

  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  /// `5 NOT_FOUND`; a code without a name is the number alone.
  package static func text(_ status: Int) -> String {
    names.indices.contains(status) ? "\(status) \(names[status])" : "\(status)"
  }

  /// The code that stands for an answer without `grpc-status`, such as one of a proxy
  /// (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
  package static func code(forHTTPStatus status: Int) -> Int {
    switch status {
    case 400: 13
    case 401: 16
    case 403: 7
    case 404: 12
    case 429, 502, 503, 504: 14
    default: 2
    }
  }
}
