import Model

/// Windows of figures in words.
struct WindowWords {
  private let language: Language

  init(_ language: Language) { self.language = language }

  /// "30 days", "24 hours"; what is written otherwise stays as it is.
  func text(of window: String) -> String {
    guard let count = Int(window.dropLast()), count > 0 else { return window }
    return switch window.last {
    case "h": language(.windowHours, count)
    case "d": language(.windowDays, count)
    default: window
    }
  }

  /// "30 days", "one month".
  func text(of window: ObjectiveWindow) -> String {
    switch window {
    case .rolling: text(of: window.text)
    case .calendar(.day, _): language(.windowDay)
    case .calendar(.week, _): language(.windowWeek)
    case .calendar(.month, _): language(.windowMonth)
    case .calendar(.quarter, _): language(.windowQuarter)
    case .calendar(.year, _): language(.windowYear)
    }
  }
}
