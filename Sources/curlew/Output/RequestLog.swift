import Model
import Synchronization

/// Keeps each request as a curl line until its check's result is written.
final class RequestLog: RunObserver {
  private let lines = Mutex<[CheckID: String]>([:])
  private let masks: Masks
  private let environment: [String: String]

  init(masks: Masks, environment: [String: String]) {
    self.masks = masks
    self.environment = environment
  }

  func attemptBegins(_ attempt: StepAttempt) {
    guard
      let line = CurlLine.text(
        for: attempt, redactor: masks.current, userAgent: Version.userAgent, environment: environment)
    else { return }
    lines.withLock { $0[attempt.check, default: ""] += line + "\n" }
  }

  /// The requests of a check so far, a line each; they are forgotten.
  func take(_ check: CheckID) -> String {
    lines.withLock { $0.removeValue(forKey: check) ?? "" }
  }
}

/// Several observers as one.
struct RunObservers: RunObserver {
  let all: [any RunObserver]

  func attemptBegins(_ attempt: StepAttempt) {
    for observer in all { observer.attemptBegins(attempt) }
  }
}
