/// Tells whether a check is still what it was when it was copied: a number that follows from all that is kept of it.
package struct ArchivePrint {
  private var state = StableHash()

  /// The print of nothing.
  package init() {}

  /// The number, as tables can hold it.
  package var number: Int64 { Int64(bitPattern: state.value) }

  /// Takes in one number.
  package mutating func combine(_ number: Int64) {
    state.add(word: UInt64(bitPattern: number))
    state.fold()
  }

  mutating func combine(_ bytes: some Sequence<UInt8>) {
    var count: Int64 = 0
    for byte in bytes {
      combine(Int64(byte))
      count += 1
    }
    combine(count)
  }

  /// Takes in a text, or that there is none.
  package mutating func combine(_ text: String?) {
    combine((text ?? "").utf8)
    combine(text == nil ? 0 : 1)
  }

  mutating func combine(_ stream: ArchiveStream) {
    combine(stream.region)
    combine(stream.sealed)
    for stretch in stream.cadence.stretches {
      combine(stretch.sinceMilliseconds)
      combine(stretch.intervalMilliseconds)
    }
    for pause in stream.pauses {
      combine(pause.since)
      combine(pause.until ?? .max)
    }
  }

  mutating func combine(_ piece: ArchivePiece) {
    switch piece {
    case .buckets(let buckets, let level):
      for bucket in buckets {
        combine(bucket.begin)
        let totals = bucket.content.totals
        for count in [
          totals.up, totals.degraded, totals.down, totals.unknown, totals.maintenance, totals.downMilliseconds,
          bucket.content.latency.sumMicroseconds,
        ] { combine(count) }
        combine(bucket.content.latency.encoded)
        combine(bucket.content.slots.encoded(origin: bucket.begin, width: level.width))
      }
    case .runs(let runs): for run in runs { combine(run) }
    case .changes(let changes):
      for change in changes {
        combine(change.slot)
        combine(change.verdict.mark)
        combine(change.code)
        combine(change.message)
      }
    case .judged(let verdicts):
      for judged in verdicts {
        combine(judged.slot)
        combine(judged.verdict.mark)
      }
    }
  }

  private mutating func combine(_ run: HistoryRun) {
    combine(run.slotStart.millisecondsSinceEpoch)
    combine(run.started.millisecondsSinceEpoch)
    combine(run.interval.nanoseconds)
    combine(run.duration?.nanoseconds ?? -1)
    combine(run.verdict.mark + (run.isInMaintenance ? 4 : 0))
    combine(Int64(run.attempts))
    for text in [run.node, run.traceID] { combine(text) }
    guard let reason = run.reason else { return }
    for text in [reason.code.rawValue, reason.step, reason.phase?.rawValue, reason.message, reason.location] {
      combine(text)
    }
  }
}
