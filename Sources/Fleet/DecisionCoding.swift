package import Model

/// Decisions as bytes: what the leader writes into the feed, and the other replicas read.
package enum DecisionCoding {
  static let version: UInt8 = 1

  /// Decisions as bytes.
  package static func encode(_ decisions: [SlotDecision]) -> [UInt8] {
    var writer = FleetWriter()
    writer.write(decisions.count)
    for decision in decisions { write(decision, to: &writer) }
    return writer.finished(version: version)
  }

  /// Reads what `encode` made.
  package static func decisions(_ bytes: [UInt8]) throws(CodingFault) -> [SlotDecision] {
    var reader = try FleetReader(bytes, version: version)
    var decisions: [SlotDecision] = []
    for _ in 0..<(try reader.count("decisions")) { decisions.append(try decision(&reader)) }
    try reader.finish()
    return decisions
  }

  private static func write(_ decision: SlotDecision, to writer: inout FleetWriter) {
    writer.write(
      UInt64(decision.verdict.mark) | (decision.isBlind ? 4 : 0) | (decision.isInMaintenance ? 8 : 0)
        | (decision.isLate ? 16 : 0) | (decision.reason == nil ? 0 : 32) | (decision.lastVote == nil ? 0 : 64))
    writer.write(decision.check.text)
    writer.write(signed: decision.slot.number)
    writer.write(signed: decision.slot.start.nanosecondsSinceEpoch)
    writer.write(signed: decision.slot.interval.nanoseconds)
    writer.write(signed: decision.decided.nanosecondsSinceEpoch)
    if let lastVote = decision.lastVote { writer.write(signed: lastVote.nanosecondsSinceEpoch) }
    if let reason = decision.reason { RunCoding.write(reason, to: &writer) }
    writer.write(decision.votes.count)
    for vote in decision.votes { write(vote, to: &writer) }
  }

  private static func write(_ vote: RegionalVote, to writer: inout FleetWriter) {
    writer.write(
      UInt64(vote.verdict.mark) | (vote.origin == .opinion ? 4 : 0) | (vote.reason == nil ? 0 : 8))
    writer.write(vote.region)
    writer.write(vote.node)
    writer.write(vote.duration.map { UInt64(max(0, $0.nanoseconds / 1000)) + 1 } ?? 0)
    writer.write(vote.labels.count)
    for (name, value) in vote.labels.sorted(by: { $0.key < $1.key }) {
      writer.write(name)
      writer.write(value)
    }
    if let reason = vote.reason { RunCoding.write(reason, to: &writer) }
  }

  private static func decision(_ reader: inout FleetReader) throws(CodingFault) -> SlotDecision {
    let flags = try reader.number("flags")
    let id = try reader.text("a check")
    guard let check = CheckID(id) else { throw CodingFault("\"\(id.prefix(80))\" is the id of no check") }
    let number = try reader.signed("a slot")
    let start = Timestamp(nanosecondsSinceEpoch: try reader.signed("a start"))
    let interval = try reader.signed("an interval")
    guard interval > 0 else { throw CodingFault("an interval of \(interval) ns") }
    let decided = Timestamp(nanosecondsSinceEpoch: try reader.signed("a moment"))
    let lastVote = flags & 64 == 0 ? nil : Timestamp(nanosecondsSinceEpoch: try reader.signed("a moment"))
    let reason = flags & 32 == 0 ? nil : try RunCoding.reason(&reader)
    var votes: [RegionalVote] = []
    for _ in 0..<(try reader.count("votes")) { votes.append(try vote(&reader)) }
    return SlotDecision(
      check: check, slot: Slot(number: number, start: start, interval: .nanoseconds(interval)),
      verdict: Verdict(mark: Int64(flags & 3)), reason: reason, isBlind: flags & 4 != 0,
      isInMaintenance: flags & 8 != 0,
      isLate: flags & 16 != 0, votes: votes, lastVote: lastVote, decided: decided)
  }

  private static func vote(_ reader: inout FleetReader) throws(CodingFault) -> RegionalVote {
    let flags = try reader.number("flags")
    let region = try reader.text("a region")
    let node = try reader.optionalText("a node")
    let duration = try reader.number("a duration")
    guard duration < 1 << 62 else { throw CodingFault("a duration of \(duration) µs") }
    var labels: [String: String] = [:]
    for _ in 0..<(try reader.count("labels")) {
      let name = try reader.text("a label")
      labels[name] = try reader.text("the value of a label")
    }
    let reason = flags & 8 == 0 ? nil : try RunCoding.reason(&reader)
    return RegionalVote(
      region: region, labels: labels, node: node, verdict: Verdict(mark: Int64(flags & 3)), reason: reason,
      duration: duration == 0 ? nil : .microseconds(Int64(min(duration - 1, 1 << 52))),
      origin: flags & 4 == 0 ? .scheduled : .opinion)
  }
}
