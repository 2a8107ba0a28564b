import Glibc
import Synchronization

/// The loops that share the work of a process. One run stays on one loop.
package final class EventLoops: Sendable {
  /// All loops, at least one.
  package let all: [EventLoop]
  private let turn = Atomic<Int>(0)

  /// Starts `count` loops.
  ///
  /// - Parameter count: by default one a processor, at most four: a loop handles thousands of exchanges a second.
  package init(count: Int = min(4, max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))))) throws(TransportFault) {
    var all: [EventLoop] = []
    for index in 0..<max(1, count) {
      all.append(try EventLoop(name: "curlew-loop-\(index)"))
    }
    self.all = all
  }

  /// The loop that the caller runs on, so that a run stays where it was started; for callers elsewhere the next one.
  package var currentOrNext: EventLoop {
    all.first { $0.isCurrent } ?? next
  }

  /// Does `body` on the caller's own loop, since a change of threads costs more than many a probe, unless that loop is so busy
  /// that its sockets wait; then on the next of the others. To be called by a task that prefers its loop.
  package func onLeastDisturbed(_ body: @concurrent () async -> Void) async {
    let current = all.first { $0.isCurrent }
    if let current, !current.isBusy || all.count == 1 { return await body() }
    var next = next
    if next === current { next = self.next }
    await withTaskExecutorPreference(next) { await body() }
  }

  /// The loop whose turn it is.
  package var next: EventLoop {
    all[turn.wrappingAdd(1, ordering: .relaxed).oldValue.magnitudeModulo(all.count)]
  }

  /// Ends all threads.
  package func stop() {
    for loop in all { loop.stop() }
  }
}

extension Int {
  /// The place in a ring of `count`, whatever the sign of a counter that wrapped around.
  fileprivate func magnitudeModulo(_ count: Int) -> Int {
    Int(UInt(bitPattern: self) % UInt(count))
  }
}
