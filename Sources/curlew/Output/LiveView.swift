package import Model

/// What a terminal shows while checks run: a line for each that is under way, and one for all. Pure: it is told what
/// happened, and gives lines.
package struct LiveView: Sendable {
  /// A check that is under way.
  private struct Running {
    var check: CheckID
    var began: Duration
    /// The step and the attempt of it that were begun last; nil before the first.
    var attempt: (step: String, number: Int)?
  }

  private let total: Int
  private let began: Duration
  private var running: [Running] = []
  private var counts: [Verdict: Int] = [:]

  /// A view before anything runs.
  ///
  /// - Parameters:
  ///   - total: how many checks there are.
  ///   - uptime: the moment.
  package init(total: Int, at uptime: Duration) {
    self.total = total
    began = uptime
  }

  /// A check has begun, once for each of its repeats.
  package mutating func begin(_ check: CheckID, at uptime: Duration) {
    running.removeAll { $0.check == check }
    running.append(Running(check: check, began: uptime))
  }

  /// An attempt of one of its steps is about to be made.
  package mutating func begin(_ attempt: StepAttempt) {
    guard let place = running.firstIndex(where: { $0.check == attempt.check }) else { return }
    running[place].attempt = (attempt.step, attempt.number)
  }

  /// A check has ended for good.
  package mutating func end(_ check: CheckID, verdict: Verdict) {
    running.removeAll { $0.check == check }
    counts[verdict, default: 0] += 1
  }

  /// One line of the view, and how much of the terminal it takes.
  package struct Line: Sendable, Hashable {
    /// With colours, where there are any.
    package var text: String
    /// In columns.
    package var width: Int
  }

  /// The lines at this moment, none longer than the terminal is wide and no more than it is high.
  ///
  /// - Parameter isColored: whether lines have colours.
  package func lines(columns: Int, rows: Int, at uptime: Duration, isColored: Bool) -> [Line] {
    let style = Style(isColored: isColored)
    // A line that fills the last column, or the last row, would make the terminal scroll.
    let width = max(1, columns - 1)
    let room = max(0, rows - 2)
    var shown = running[...]
    var rest = 0
    if shown.count > room {
      shown = shown.prefix(max(0, room - 1))
      rest = running.count - shown.count
    }
    let idWidth = min(40, shown.map { $0.check.text.count }.max() ?? 0)
    var lines = shown.map { run in
      let elapsed = HumanText.aligned(Self.seconds(uptime - run.began), to: 7)
      var text = "  \(HumanText.padded(run.check.text, to: idWidth))  \(elapsed)"
      if let attempt = run.attempt {
        if attempt.step != run.check.text { text += "  " + HumanText.escaped(attempt.step) }
        if attempt.number > 1 { text += "  attempt \(attempt.number)" }
      }
      return line(text, width: width) { style($0, .faint) }
    }
    if rest > 0, room > 0 { lines.append(line("  and \(rest) more", width: width) { style($0, .faint) }) }
    let done = counts.values.reduce(0, +)
    var parts = ["\(done) of \(HumanText.count(total, "check"))"]
    let verdicts = Verdict.allCases.compactMap { verdict in counts[verdict].map { "\($0) \(verdict.rawValue)" } }
    if !verdicts.isEmpty { parts.append(verdicts.joined(separator: ", ")) }
    if !running.isEmpty { parts.append("\(running.count) running") }
    parts.append(Self.seconds(uptime - began))
    lines.append(line(parts.joined(separator: " · "), width: width) { style($0, .bold) })
    return lines
  }

  private func line(_ text: String, width: Int, styled: (String) -> String) -> Line {
    let cut = DisplayWidth.prefix(of: text, columns: width)
    return Line(text: styled(cut.text), width: cut.columns)
  }

  /// Tenths, so that no figure flickers: `1.2 s`.
  private static func seconds(_ duration: Duration) -> String {
    let tenths = max(0, duration.nanoseconds) / 100_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
