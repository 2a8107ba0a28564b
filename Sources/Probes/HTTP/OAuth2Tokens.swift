import Expressions
import Model
import Synchronization
import Transport

/// Access tokens (RFC 6749), kept for the whole process until they expire. Of several
/// runs that need the same one, one asks for it and the others wait.
final class OAuth2Tokens: Sendable {
  /// A token with its end.
  struct Token {
    var value: String
    /// Nanoseconds of `EventLoop.now`.
    var end: Int64
  }

  /// What a run that needs a token does next.
  enum Claim {
    case token(String)
    /// Ask for one, then call `fulfill`.
    case fetch
    /// Wait until the deadline is woken, then claim again.
    case wait
  }

  private struct Entry {
    var token: Token?
    var isFetching = false
    var waiting: [Deadline] = []
  }

  /// More clients than one process has; beyond it all are forgotten, which costs a request each.
  private static let maxEntries = 1024

  private let entries = Mutex<[OAuth2Client: Entry]>([:])
  private let observer: @Sendable (Secret) -> Void

  /// - Parameter observer: told of each new token, so that it is masked in everything written.
  init(observer: @escaping @Sendable (Secret) -> Void) {
    self.observer = observer
  }

  /// The token, or what to do about it. To be called on the deadline's loop, whose next wait is woken by `fulfill`.
  func claim(_ key: OAuth2Client, for deadline: Deadline) -> Claim {
    entries.withLock { entries in
      var entry = entries[key] ?? Entry()
      if let token = entry.token, token.end > EventLoop.now { return .token(token.value) }
      if entry.isFetching {
        entry.waiting.append(deadline)
        entries[key] = entry
        return .wait
      }
      if entries.count >= Self.maxEntries { entries = entries.filter { $0.value.isFetching } }
      entry.token = nil
      entry.isFetching = true
      entries[key] = entry
      return .fetch
    }
  }

  /// Says how a fetch ended, with a token or without, and wakes who waits for it.
  func fulfill(_ key: OAuth2Client, with token: Token?) {
    if let token { observer(Secret(token.value)) }
    let waiting = entries.withLock { entries in
      let waiting = entries[key]?.waiting ?? []
      entries[key] = token.map { Entry(token: $0) }
      return waiting
    }
    for deadline in waiting {
      // They live on loops of their own, each of which is the only place to wake its deadline from.
      Task { await deadline.loop.actor.wake(deadline) }
    }
  }

  /// Forgets a token that was refused.
  func forget(_ key: OAuth2Client) {
    entries.withLock { entries in
      if entries[key]?.isFetching == false { entries[key] = nil }
    }
  }
}

extension LoopActor {
  fileprivate func wake(_ deadline: Deadline) {
    deadline.wake()
  }
}

extension OAuth2Tokens.Token {
  /// How long a token is kept whose answer does not say.
  private static let usualSeconds = 300.0

  /// Reads a successful answer (RFC 6749 section 5.1); nil when it is none.
  init?(_ exchange: HTTPExchange) {
    guard (200...299).contains(exchange.status), let json = try? JSON.parse(exchange.body),
      case .map(let members) = json,
      case .string(let value)? = members["access_token"], !value.isEmpty,
      !value.utf8.contains(where: { $0 < 32 || $0 == 127 })
    else { return nil }
    let seconds: Double =
      switch members["expires_in"] {
      case .int(let seconds): Double(seconds)
      case .double(let seconds): seconds
      case .string(let text): Double(text) ?? Self.usualSeconds
      default: Self.usualSeconds
      }
    // A little before its end, so that it does not expire on its way.
    let lifetime = min(max(0, seconds - min(10, seconds / 10)), 86_400 * 30)
    self.init(value: value, end: EventLoop.now + Int64(lifetime * 1e9))
  }
}
