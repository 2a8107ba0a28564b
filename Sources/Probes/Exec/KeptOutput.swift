import Subprocess
import Synchronization
import Transport

/// The beginning of what a program writes; the rest is read and thrown away, so that the program is never held up by us.
final class KeptOutput: Sendable {
  /// How much is kept.
  static let limitBytes = 64 << 10

  private let kept = Mutex<[UInt8]>([])

  /// What was kept so far.
  var bytes: [UInt8] { kept.withLock { $0 } }

  /// Reads to the end, or until the program was ended.
  func take(_ sequence: SubprocessOutputSequence) async {
    do {
      for try await piece in sequence {
        piece.withUnsafeBytes { bytes in
          kept.withLock { $0.append(contentsOf: bytes.prefix(Self.limitBytes - $0.count)) }
        }
        // Reading gives what there is, cancelled or not, and what has left the program's group may write for ever.
        if Task.isCancelled { return }
      }
    } catch {
      // Reading ends like this when the program is torn down; what came until then is what there is.
      return
    }
  }
}

/// When a program was started, told from within the call that starts it.
final class StartTime: Sendable {
  private let time = Mutex<Int64?>(nil)

  /// Nanoseconds of `EventLoop.now`; nil when it never was.
  var value: Int64? { time.withLock { $0 } }

  /// It was started now.
  func set() {
    time.withLock { $0 = EventLoop.now }
  }
}
