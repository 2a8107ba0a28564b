package import Fleet
package import Model

/// The slot that a second opinion is asked about, as the node has it that is asked: pure.
package enum OpinionSlot {
  /// - Parameters:
  ///   - grid: of the check as it is in force at the node, which may be another version than the hub's.
  ///   - now: by the clock of the fleet.
  /// - Throws: why no opinion can be given.
  package static func slot(
    of request: OpinionRequest, on grid: SlotGrid, at now: Timestamp
  ) throws(OpinionFault) -> Slot {
    let slot = grid.slot(number: request.slot)
    // By another interval a number is that of another time, perhaps decades away.
    guard request.start ?? slot.start.millisecondsSinceEpoch == slot.start.millisecondsSinceEpoch,
      slot.start <= now + FleetProtocol.futureTolerance
    else { throw .otherSlot }
    // A number of nobody's schedule is no reason to be busy.
    guard now - slot.start < max(grid.interval * 2, .minutes(10)) else { throw .late }
    return slot
  }
}

/// Why a second opinion is not given.
package enum OpinionFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The check is not in force here, or cannot be run.
  case unknownCheck
  /// The slot is not one that the check has here.
  case otherSlot
  /// An answer would be of no use any more.
  case late
  /// The clock of the machine is not believed.
  case clock

  package var description: String {
    switch self {
    case .unknownCheck: "the check is not in force here"
    case .otherSlot: "the check has no such slot in the configuration that is in force here"
    case .late: "an answer would come too late"
    case .clock: "the clock of this machine is too wrong"
    }
  }
}
