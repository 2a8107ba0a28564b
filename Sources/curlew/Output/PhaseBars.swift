import Model

/// The phases of one exchange as bars that follow each other, to scale.
struct PhaseBars {
  let style: Style
  private let width = 40

  init(style: Style) {
    self.style = style
  }

  func text(for phases: Phases, indent: String) -> String {
    let total = phases.total
    var before = Duration.zero
    var text = ""
    for phase in Phase.allCases {
      let duration = phases[phase]
      let start = cells(before, of: total)
      let end = duration > .zero ? max(start + 1, cells(before + duration, of: total)) : start
      before += duration
      let bar = String(repeating: " ", count: min(start, width - 1)) + String(repeating: "█", count: end - start)
      let value = duration > .zero ? HumanText.duration(duration) : "–"
      text += indent + HumanText.padded(phase.rawValue, to: 8) + HumanText.aligned(value, to: 9)
      text += bar.allSatisfy({ $0 == " " }) ? "\n" : "  " + style(bar, .cyan) + "\n"
    }
    return text + indent + HumanText.padded("total", to: 8) + HumanText.aligned(HumanText.duration(total), to: 9) + "\n"
  }

  private func cells(_ part: Duration, of total: Duration) -> Int {
    guard total > .zero else { return 0 }
    return min(width, Int((part.seconds / total.seconds * Double(width)).rounded()))
  }
}
