import Calendars
package import Model
import Synchronization

/// The planned work of all files over all checks and services: what falls into it, and when it comes.
///
/// A value in all but its cache: of each window the occurrences of some days are kept, so that a run asks for no calendar.
package final class MaintenancePlan: Sendable {
  private struct Entry: Sendable {
    let window: MaintenanceWindow
    let calendar: LocalCalendar
  }

  /// The occurrences of a window that have a part in a stretch of time, in order.
  private struct Stretch {
    var span: Range<Timestamp>
    var occurrences: [Range<Timestamp>]

    /// Whether one of them holds the moment.
    func contains(_ moment: Timestamp) -> Bool {
      // The last one that begins at or before the moment; those before it may last longer.
      var low = 0
      var high = occurrences.count
      while low < high {
        let middle = (low + high) / 2
        if occurrences[middle].lowerBound <= moment { low = middle + 1 } else { high = middle }
      }
      // All last equally long, so the last one to begin is the last one to end.
      return low > 0 && occurrences[low - 1].contains(moment)
    }
  }

  /// From the begin of the asked moment's day of 24 hours, so much before it and after it is looked up together.
  private static let reach = Duration.days(1)

  /// How far apart the stretches are in which a long time is looked through.
  private static let stride = Duration.days(30)

  private let entries: [Entry]
  /// Which windows are about a check; checks that none is about are left out.
  private let windows: [CheckID: [Int]]
  /// One for each window.
  private let stretches: Mutex<[Stretch?]>

  /// - Parameter checks: all checks, and services as `ServiceDefinition.check`.
  package init(_ maintenance: [MaintenanceWindow] = [], checks: [Check] = []) {
    // A time zone that is not known, which no file can have, is UTC.
    entries = maintenance.map { Entry(window: $0, calendar: LocalCalendar(timeZone: $0.timeZone) ?? .utc) }
    var windows: [CheckID: [Int]] = [:]
    for (index, window) in maintenance.enumerated() {
      for check in checks where window.scope.includes(check) { windows[check.id, default: []].append(index) }
    }
    self.windows = windows
    stretches = Mutex(Array(repeating: nil, count: maintenance.count))
  }

  /// Whether no window is about any check.
  package var isEmpty: Bool { windows.isEmpty }

  /// Whether a moment falls into planned work on a check.
  package func isInMaintenance(_ check: CheckID, at moment: Timestamp) -> Bool {
    guard let windows = windows[check] else { return false }
    return windows.contains { contains($0, moment) }
  }

  /// Of each check that any window is about, whether a moment falls into planned work on it.
  package func state(at moment: Timestamp) -> [CheckID: Bool] {
    windows.mapValues { windows in windows.contains { contains($0, moment) } }
  }

  /// When there is planned work on a check, cut to `from` ..< `to`, in order of time and without gaps between neighbours.
  package func maintenance(of check: CheckID, from: Timestamp, to: Timestamp) -> [Range<Timestamp>] {
    guard from < to, let windows = windows[check] else { return [] }
    let all = windows.flatMap { index in
      entries[index].window.recurrence.occurrences(in: entries[index].calendar, from: from, to: to)
    }
    var joined: [Range<Timestamp>] = []
    for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let range = max(from, range.lowerBound)..<min(to, range.upperBound)
      if let last = joined.last, last.upperBound >= range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  /// The occurrences of all windows that have a part in `from` ..< `to`, in order of time, each whole.
  ///
  /// - Parameter limit: the most that are wanted; the earliest ones are given.
  package func occurrences(from: Timestamp, to: Timestamp, limit: Int = 10_000) -> [MaintenanceOccurrence] {
    var found: [MaintenanceOccurrence] = []
    for entry in entries {
      var begin = from
      var ranges: [Range<Timestamp>] = []
      while begin < to, ranges.count < limit {
        let end = min(begin + Self.stride, to)
        // What reaches from one stretch into the next is found in both.
        ranges += entry.window.recurrence.occurrences(in: entry.calendar, from: begin, to: end)
          .filter { $0.lowerBound >= begin || begin == from }
        begin = end
      }
      found += ranges.prefix(limit).map { range in
        MaintenanceOccurrence(
          window: entry.window.id, title: entry.window.title, scope: entry.window.scope, from: range.lowerBound,
          until: range.upperBound)
      }
    }
    return Array(found.sorted { ($0.from, $0.window) < ($1.from, $1.window) }.prefix(limit))
  }

  private func contains(_ index: Int, _ moment: Timestamp) -> Bool {
    stretches.withLock { stretches in
      if let known = stretches[index], known.span.contains(moment) { return known.contains(moment) }
      let span = (moment - Self.reach)..<(moment + Self.reach)
      let entry = entries[index]
      let stretch = Stretch(
        span: span,
        occurrences: entry.window.recurrence.occurrences(
          in: entry.calendar, from: span.lowerBound, to: span.upperBound))
      stretches[index] = stretch
      return stretch.contains(moment)
    }
  }
}
