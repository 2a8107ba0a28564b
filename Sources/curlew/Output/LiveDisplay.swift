import Model
import Synchronization

/// Keeps a `LiveView` on a terminal, below the results that stay. Redrawn ten times a second at most, whatever happens.
final class LiveDisplay: RunObserver {
  private struct State {
    var view: LiveView
    /// What is to stay above the view, and is not written yet.
    var results = ""
    /// The widths of the lines that are on the terminal now.
    var drawn: [Int] = []
  }

  private static let pace = Duration.milliseconds(100)

  private let state: Mutex<State>
  private let terminal: Terminal
  private let time: any TimeSource

  init(total: Int, terminal: Terminal, time: any TimeSource) {
    state = Mutex(State(view: LiveView(total: total, at: time.uptime)))
    self.terminal = terminal
    self.time = time
  }

  func begin(_ check: CheckID) {
    state.withLock { $0.view.begin(check, at: time.uptime) }
  }

  func attemptBegins(_ attempt: StepAttempt) {
    state.withLock { $0.view.begin(attempt) }
  }

  func end(_ check: CheckID, verdict: Verdict) {
    state.withLock { $0.view.end(check, verdict: verdict) }
  }

  /// Puts a result above the view, at the next stroke.
  func add(_ result: String) {
    state.withLock { $0.results += result }
  }

  /// Draws until it is cancelled.
  func run() async {
    var next = time.uptime + Self.pace
    while (try? await time.sleep(untilUptime: next)) != nil {
      draw()
      next = time.uptime + Self.pace
    }
  }

  /// Takes the view away; the results stay.
  func finish() {
    state.withLock { state in
      terminal.write(erasure(of: &state, columns: terminal.size.columns) + state.results)
      state.results = ""
    }
  }

  private func draw() {
    let (columns, rows) = terminal.size
    state.withLock { state in
      let lines = state.view.lines(columns: columns, rows: rows, at: time.uptime, isColored: true)
      let erasure = erasure(of: &state, columns: columns)
      // In one write, so that no half of it is ever seen.
      terminal.write(erasure + state.results + lines.map { $0.text + "\n" }.joined())
      state.results = ""
      state.drawn = lines.map(\.width)
    }
  }

  /// Goes back to where the view begins, and clears from there. A terminal that was made narrower has wrapped its lines.
  private func erasure(of state: inout State, columns: Int) -> String {
    let rows = state.drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
    state.drawn = []
    return rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : ""
  }
}
