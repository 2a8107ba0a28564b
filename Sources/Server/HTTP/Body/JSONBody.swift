import Expressions
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Reads the body of a request as JSON.
enum JSONBody {
  /// More than anybody writes by hand, and enough for a batch of a thousand reports.
  static let limit = 64 * 1024
  private static let limits = JSON.Limits(depth: 8, values: 20_000)

  /// The one value that the body holds.
  ///
  /// - Throws: `Problem` for another media type, a body that is too large, and what is no JSON.
  static func value(of request: Request) async throws(Problem) -> Value {
    let type = request.headers[.contentType] ?? ""
    let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard media == "application/json" else {
      throw Problem(
        .notJSON,
        type.isEmpty
          ? "the body has no Content-Type: send application/json"
          : "a body of \"\(type)\" is not read: send application/json")
    }
    let bytes = try await bytes(of: request)
    do throws(JSONError) {
      return try JSON.parse(bytes, limits: limits)
    } catch {
      var problem = Problem(.badBody, "the body is no JSON: \(error)")
      problem.errors = [BodyFault(pointer: "", detail: "\(error)")]
      throw problem
    }
  }

  /// The body as it came.
  static func bytes(of request: Request) async throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    do {
      for try await piece in request.body {
        bytes += piece.readableBytesView
        if bytes.count > limit { break }
      }
    } catch {
      throw Problem(.badBody, "the body ended before it was whole")
    }
    guard bytes.count <= limit else {
      throw Problem(.bodyTooLarge, "more than \(limit) bytes are sent, \(limit) are allowed")
    }
    return bytes
  }
}
