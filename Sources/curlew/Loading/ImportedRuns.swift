import Expressions
import Foundation
import Model

/// Reads the lines of an import file.
enum ImportedRuns {
  /// What is wrong with which line.
  struct Fault: Error {
    /// Counted from 1.
    var line: Int
    var message: String
  }

  private static let keys: Set = [
    "check", "region", "slot_start", "interval_ms", "verdict", "duration_ms", "reason", "maintenance",
  ]

  static func parse(_ data: Data, now: Timestamp) throws(Fault) -> [HistoryRun] {
    var runs: [HistoryRun] = []
    for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard !line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) else { continue }
      do {
        runs.append(try run(of: Array(line), now: now))
      } catch {
        throw Fault(line: index + 1, message: error.message)
      }
    }
    return runs
  }

  private struct Problem: Error {
    var message: String

    init(_ message: String) {
      self.message = message
    }
  }

  private static func run(of line: [UInt8], now: Timestamp) throws(Problem) -> HistoryRun {
    let value: Value
    do { value = try JSON.parse(line) } catch { throw Problem("no JSON: \(error)") }
    guard case .map(let map) = value else { throw Problem("expected a JSON object, found a \(value.kind)") }
    if let unknown = map.names.first(where: { !keys.contains($0) }) {
      throw Problem("unknown key '\(unknown.prefix(60))'; there are \(keys.sorted().joined(separator: ", "))")
    }
    let check = try text("check", in: map)
    guard let id = CheckID(check) else { throw Problem("'\(check)' is no check id: [a-z0-9][a-z0-9-]{0,62}") }
    let slotStart = try text("slot_start", in: map)
    guard let start = Timestamp(rfc3339: slotStart) else {
      throw Problem("slot_start '\(slotStart)' is no RFC 3339 time")
    }
    guard start <= now else { throw Problem("slot_start '\(slotStart)' lies in the future") }
    guard let interval = map["interval_ms"]?.asDouble, interval >= 1, interval <= 31_536_000_000 else {
      throw Problem("interval_ms must be a number of milliseconds from 1 to 31536000000")
    }
    let word = try text("verdict", in: map)
    guard let verdict = Verdict(rawValue: word) else {
      throw Problem("verdict '\(word)' is not known; there are up, degraded, down, unknown")
    }
    return HistoryRun(
      check: id, region: try optionalText("region", in: map) ?? "local", slotStart: start,
      interval: .nanoseconds(Int64(interval * 1e6)), started: start, duration: try duration(in: map), verdict: verdict,
      reason: try reason(in: map, of: verdict), isInMaintenance: try maintenance(in: map))
  }

  private static func text(_ key: String, in map: MapValue) throws(Problem) -> String {
    guard let text = try optionalText(key, in: map) else { throw Problem("'\(key)' is missing") }
    return text
  }

  private static func optionalText(_ key: String, in map: MapValue) throws(Problem) -> String? {
    switch map[key] {
    case .string(let text)?: return text
    case nil: return nil
    case let other?: throw Problem("'\(key)' must be text, found a \(other.kind)")
    }
  }

  private static func duration(in map: MapValue) throws(Problem) -> Duration? {
    guard let value = map["duration_ms"], value != .null else { return nil }
    guard let milliseconds = value.asDouble, milliseconds >= 0, milliseconds < 1e12 else {
      throw Problem("duration_ms must be null or a number from 0")
    }
    return .nanoseconds(Int64(milliseconds * 1e6))
  }

  private static func reason(in map: MapValue, of verdict: Verdict) throws(Problem) -> HistoryReason? {
    guard let value = map["reason"], value != .null else { return nil }
    guard let text = value.asString, let code = ReasonCode(rawValue: text) else {
      throw Problem("reason must be null or one of \(ReasonCode.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard code.verdict == verdict else {
      throw Problem("reason '\(text)' does not go with verdict '\(verdict.rawValue)'")
    }
    return HistoryReason(code: code, step: nil, phase: nil, message: "", location: nil)
  }

  private static func maintenance(in map: MapValue) throws(Problem) -> Bool {
    switch map["maintenance"] {
    case nil: return false
    case .bool(let flag)?: return flag
    case let other?: throw Problem("'maintenance' must be true or false, found a \(other.kind)")
    }
  }
}
