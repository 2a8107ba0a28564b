import CPostgres
import Glibc
import Synchronization

/// The way from a cancelled task to the statement that its connection waits for.
final class Interruption: Sendable {
  private struct State {
    var isCancelled = false
    /// There while the work runs.
    var handle: CancelHandle?
    var wasSent = false
  }

  private let state = Mutex(State())

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// The work begins on this connection.
  func begin(_ handle: CancelHandle) {
    state.withLock { $0.handle = handle }
  }

  /// The work is over.
  ///
  /// - Returns: whether the server was asked to stop something. It may hear of that later than of the connection's next
  ///   statement, so the connection cannot be used any more.
  func end() -> Bool {
    state.withLock { state in
      state.handle = nil
      return state.wasSent
    }
  }

  /// From any thread, and at once: the server is asked on a thread made for it, as that takes a connection of its own.
  func cancel() {
    state.withLock { state in
      guard !state.isCancelled else { return }
      state.isCancelled = true
      guard let handle = state.handle else { return }
      state.wasSent = true
      handle.cancelOnThread()
    }
  }
}

/// Owns a `PGcancel`, which may be used by any thread (https://www.postgresql.org/docs/15/libpq-cancel.html).
final class CancelHandle: @unchecked Sendable {
  // Sound because PQcancel only reads it, and it is freed with the last reference.
  private let pointer: OpaquePointer

  init?(of connection: OpaquePointer) {
    guard let pointer = PQgetCancel(connection) else { return nil }
    self.pointer = pointer
  }

  deinit { PQfreeCancel(pointer) }

  /// Asks the server to stop what the connection does. Without a thread for it, the statement's own limit has to do.
  func cancelOnThread() {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { start in
        guard let start else { return nil }
        let handle = Unmanaged<CancelHandle>.fromOpaque(start).takeRetainedValue()
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { words in
          _ = PQcancel(handle.pointer, words.baseAddress, 256)
        }
        return nil
      }, start.toOpaque())
    if code == 0 { pthread_detach(thread) } else { start.release() }
  }
}
