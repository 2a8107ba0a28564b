import Model
import Scheduling
import Server

/// The way from the API to the keeper of heartbeats.
struct HeartbeatDoor: HeartbeatDesk {
  let keeper: HeartbeatKeeper
  let time: any TimeSource

  func take(_ signals: [HeartbeatSignal], of check: CheckID) async throws -> Server.HeartbeatReceipt {
    let receipt = try await keeper.receive(signals, at: time.now)
    return Server.HeartbeatReceipt(accepted: receipt.accepted, duplicates: receipt.repeated)
  }
}
