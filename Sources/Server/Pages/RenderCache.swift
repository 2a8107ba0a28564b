import HTTPTypes
import Model

/// What was rendered a moment ago, for everybody who asks at about the same time: a page that is hammered costs one rendering
/// a second, and no more than a tenth of a core where rendering is slow.
actor RenderCache {
  /// One document of one page, as a reader knows the page.
  struct Key: Hashable, Sendable {
    var page: String
    /// Of the access book and of the checks: what was made for others is not shown any more.
    var edition: [Int]
    /// The path below the page, and whatever else makes the document another one.
    var document: String
  }

  private struct Kept {
    var reply: Reply
    var taken: Duration
    var cost: Duration
  }

  private static let rest = Duration.seconds(1)
  private static let restFactor = 10
  /// Documents at a time; who asks for ever other ones pushes all out.
  private static let limit = 256

  private let time: any TimeSource
  private var kept: [Key: Kept] = [:]
  private var flights: [Key: Task<Reply, any Error>] = [:]

  init(time: any TimeSource) {
    self.time = time
  }

  /// The document, now or a moment ago.
  ///
  /// - Throws: what `make` threw, which is not kept.
  func reply(_ key: Key, _ make: @escaping @Sendable () async throws -> Reply) async throws -> Reply {
    if let known = kept[key], time.uptime - known.taken < max(Self.rest, known.cost * Self.restFactor) {
      return known.reply
    }
    if let flight = flights[key] { return try await flight.value }
    let task = Task { try await make() }
    flights[key] = task
    defer { flights[key] = nil }
    let begin = time.uptime
    let reply = try await task.value
    let end = time.uptime
    if kept.count >= Self.limit { kept = [:] }
    kept[key] = Kept(reply: reply, taken: end, cost: end - begin)
    return reply
  }
}
