package import Blackbox
import DequeModule
package import Model
import Synchronization

/// One probe that was made, with everything that its text is made of when somebody asks for it.
package struct ProbeResult: Sendable {
  /// Counted up from 0 as long as the process lives.
  package var id: Int
  package var moduleName: String
  package var module: BlackboxModule
  package var target: String
  package var started: Timestamp
  package var took: Duration
  package var timeout: Duration
  package var isSuccess: Bool
  package var log: [LogEntry]
  /// What was answered.
  package var metrics: [UInt8]

  /// About how much memory it holds, beside the module, which is shared.
  var byteCount: Int {
    log.reduce(metrics.count + target.utf8.count + 512) { sum, entry in
      entry.fields.reduce(sum + 64 + entry.message.utf8.count) { $0 + 48 + $1.0.utf8.count + $1.1.utf8.count }
    }
  }
}

/// The last probes, and the failures that were pushed out by others.
///
/// Bounded in number and in bytes: a target that fills the log of its probes pushes out others, and no more.
package final class ProbeHistory: Sendable {
  private struct Entries {
    var recent: Deque<ProbeResult> = []
    var failures: Deque<ProbeResult> = []
    var nextID = 0
    var byteCount = 0

    /// Failures that were kept longest go first, then what is oldest.
    mutating func shrink(toBytes limit: Int) {
      while byteCount > limit, let oldest = failures.popFirst() ?? recent.popFirst() { byteCount -= oldest.byteCount }
    }
  }

  /// All results together.
  package static let maximumBytes = 8 << 20

  private let limit: Int
  private let byteLimit: Int
  private let entries = Mutex(Entries())

  /// - Parameter limit: how many are kept, and how many failures beside them.
  package init(limit: Int, byteLimit: Int = ProbeHistory.maximumBytes) {
    self.limit = limit
    self.byteLimit = byteLimit
  }

  /// Keeps a result under the next id.
  func add(_ result: ProbeResult) {
    entries.withLock { entries in
      var result = result
      result.id = entries.nextID
      entries.nextID += 1
      entries.recent.append(result)
      entries.byteCount += result.byteCount
      if entries.recent.count > limit, let oldest = entries.recent.popFirst() {
        if oldest.isSuccess { entries.byteCount -= oldest.byteCount } else { entries.failures.append(oldest) }
      }
      if entries.failures.count > limit, let oldest = entries.failures.popFirst() {
        entries.byteCount -= oldest.byteCount
      }
      entries.shrink(toBytes: byteLimit)
    }
  }

  /// All results, oldest first.
  var all: [ProbeResult] {
    entries.withLock { Array($0.failures) + Array($0.recent) }
  }

  /// The result of that id, as long as it is kept.
  func result(_ id: Int) -> ProbeResult? {
    entries.withLock { entries in
      entries.failures.first { $0.id == id } ?? entries.recent.first { $0.id == id }
    }
  }

  /// A result for a target.
  ///
  /// - Parameters:
  ///   - module: nil is any.
  ///   - compatibility: the newest one, unless strict: blackbox_exporter gives the oldest.
  func result(target: String, module: String?, _ compatibility: Compatibility) -> ProbeResult? {
    func fits(_ result: ProbeResult) -> Bool {
      result.target == target && (module == nil || result.moduleName == module)
    }
    return entries.withLock { entries in
      switch compatibility {
      case .mended: entries.recent.last(where: fits) ?? entries.failures.last(where: fits)
      case .strict: entries.failures.first(where: fits) ?? entries.recent.first(where: fits)
      }
    }
  }
}
