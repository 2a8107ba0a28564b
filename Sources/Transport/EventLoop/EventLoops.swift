import Glibc
import Synchronization

/// The loops that share the work of a process: one run stays on one loop, the next goes to the next.
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
