import Foundation
import Model
import Postgres
import Synchronization

/// One transaction that reads, held open from one page to the next, so that all of them are of one moment.
///
/// A connection has a thread of its own, which waits here for what is to be read next.
final class HeldReading: Sendable {
  /// Is given nil when the transaction has ended.
  private typealias Errand = @Sendable (PostgresSession?) -> Void

  private struct State {
    var errands: [Errand] = []
    var isClosed = false
    var hasEnded = false
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)
  private let pool: PostgresPool

  init(_ pool: PostgresPool) {
    self.pool = pool
    Task {
      do {
        try await pool.read { try self.serve($0) }
        self.end(nil)
      } catch {
        self.end(error)
      }
    }
  }

  private func serve(_ session: PostgresSession) throws {
    // It may wait for the other side longer than transactions may be idle.
    try session.run("SET LOCAL idle_in_transaction_session_timeout = 0")
    // Before the moment is taken: partitions that it holds must not be dropped.
    try session.run("LOCK TABLE runs, five_minutes, hours IN ACCESS SHARE MODE")
    while true {
      arrivals.wait()
      let (errands, isClosed) = state.withLock { state in
        defer { state.errands = [] }
        return (state.errands, state.isClosed)
      }
      for errand in errands { errand(session) }
      if isClosed { return }
    }
  }

  private func end(_ failure: (any Error)?) {
    let left = state.withLock { state in
      state.hasEnded = true
      state.failure = failure
      defer { state.errands = [] }
      return state.errands
    }
    for errand in left { errand(nil) }
  }

  /// Reads in the transaction.
  func read<Result: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> Result) async throws -> Result {
    do {
      return try await withCheckedThrowingContinuation { continuation in
        let errand: Errand = { session in
          guard let session else {
            continuation.resume(throwing: self.ending)
            return
          }
          continuation.resume(with: Swift.Result { try body(session) })
        }
        let isQueued = state.withLock { state in
          guard !state.hasEnded, !state.isClosed else { return false }
          state.errands.append(errand)
          return true
        }
        if isQueued { arrivals.signal() } else { errand(nil) }
      }
    } catch let fault as PostgresFault {
      throw HistoryError(fault, in: pool)
    }
  }

  private var ending: any Error {
    state.withLock { $0.failure } ?? HistoryError("history \"\(pool.name)\": the copy has ended already")
  }

  /// Ends the transaction.
  func close() {
    state.withLock { $0.isClosed = true }
    arrivals.signal()
  }
}
