package import Model

/// Why reports of a job were not taken. None of them was.
package enum HeartbeatFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// No heartbeat check of that id is in force here.
  case unknown(CheckID)
  /// More reports at once than are taken.
  case tooMany(count: Int, limit: Int)
  /// A report says that it is of a time that has not come.
  case inFuture(Timestamp, latest: Timestamp)
  /// A report is of a time that runs are not kept of any more.
  case tooOld(Timestamp, oldest: Timestamp)
  /// The state could not be read or kept: the same reports may be sent again.
  case store(String)

  package var description: String {
    switch self {
    case .unknown(let check): "there is no heartbeat check '\(check)'"
    case .tooMany(let count, let limit): "\(count) reports at once are too many: at most \(limit)"
    case .inFuture(let moment, let latest):
      "\(moment.rfc3339(fractionDigits: 0)) is in the future: reports are taken up to \(latest.rfc3339(fractionDigits: 0))"
    case .tooOld(let moment, let oldest):
      "\(moment.rfc3339(fractionDigits: 0)) is too old: runs are kept from \(oldest.rfc3339(fractionDigits: 0)) on"
    case .store(let cause): "the report could not be kept: \(cause)"
    }
  }
}

/// What came of reports that were taken.
package struct HeartbeatReceipt: Hashable, Sendable {
  /// Those that were new.
  package var accepted: Int
  /// Those that were known by their idempotency keys, and changed nothing.
  package var repeated: Int

  /// A receipt with both its numbers.
  package init(accepted: Int, repeated: Int) {
    self.accepted = accepted
    self.repeated = repeated
  }
}
