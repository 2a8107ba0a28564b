import Synchronization

/// The secrets that are known at this moment: those of the files, and the access tokens that probes obtained since. Whoever
/// writes text asks for `current` when it writes.
package final class Masks: Sendable {
  private struct State {
    /// The secrets of all files that were ever in force: a run that began before a reload may still speak of the old ones.
    var files: Redactor
    var tokens: [Secret] = []
    var current: Redactor
  }

  /// As many as a process keeps to use again, twice over. Beyond it the older half is forgotten.
  private static let mostTokens = 2048

  private let state: Mutex<State>

  /// Masks of the files' secrets.
  package init(_ files: Redactor) {
    state = Mutex(State(files: files, current: files))
  }

  /// Knows all secrets up to now.
  package var current: Redactor { state.withLock { $0.current } }

  /// Masks a token that a probe has obtained.
  package func add(_ token: Secret) {
    state.withLock { state in
      guard !state.tokens.contains(token) else { return }
      state.tokens.append(token)
      if state.tokens.count > Self.mostTokens {
        state.tokens.removeFirst(Self.mostTokens / 2)
        state.current = state.files
        state.current.formUnion(Redactor(state.tokens))
      } else {
        state.current.insert(token)
      }
    }
  }

  /// Masks the secrets of files that come into force.
  package func add(_ files: Redactor) {
    state.withLock { state in
      state.files.formUnion(files)
      state.current.formUnion(files)
    }
  }
}
