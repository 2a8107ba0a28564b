import Model
import Synchronization

/// So many requests at once for each token, and so many more in each second: a job gone wild keeps nobody else from reporting.
final class TokenBuckets: Sendable {
  /// As many as may be remembered. Beyond it all are forgotten; there are as many tokens as files name.
  private static let mostBuckets = 20_000

  private let limit: WebConfiguration.RateLimit
  private let time: any TimeSource
  private let buckets = Mutex<[[UInt8]: RateLimiter]>([:])

  init(_ limit: WebConfiguration.RateLimit, time: any TimeSource) {
    self.limit = limit
    self.time = time
  }

  /// Lets one more request pass.
  ///
  /// - Parameter digest: of the token that it shows.
  /// - Throws: `Problem` when there were too many.
  func pass(_ digest: [UInt8]) throws(Problem) {
    let bucket = buckets.withLock { buckets in
      if let bucket = buckets[digest] { return bucket }
      if buckets.count >= Self.mostBuckets { buckets = [:] }
      let bucket = RateLimiter(limit, time: time)
      buckets[digest] = bucket
      return bucket
    }
    guard bucket.passes() else {
      var problem = Problem(
        .tooMany, "this token has sent \(limit.burst) requests at once; there is room for more soon")
      problem.retryAfter = limit.interval
      throw problem
    }
  }
}
