import Expressions
import HTTPTypes
import Model
import Synchronization

/// Tells whether a request comes from a user of the file (RFC 7617).
final class BasicAuthentication: Sendable {
  private struct Question: Hashable {
    var user: String
    var hash: PasswordHash
    var password: Secret
  }

  /// As many as exporter-toolkit keeps. Beyond it all are forgotten, so that guesses cannot push out users one by one for long.
  private static let mostAnswers = 100

  private let answers = Mutex<[Question: Bool]>([:])
  /// One hash at a time: who guesses passwords gets one processor at most.
  private let turns = Mutex<Task<Bool, Never>?>(nil)

  /// Whether the credentials of a request are those of a user.
  func accepts(_ authorization: String?, users: [String: PasswordHash]) async -> Bool {
    guard let (user, password) = Self.credentials(in: authorization) else { return false }
    let hash = users[user]
    return await accepts(
      Question(user: user, hash: hash ?? .nobody, password: Secret(password)), isUser: hash != nil)
  }

  /// Whether a password is that of a hash which has no user.
  func accepts(_ password: Secret, hash: PasswordHash) async -> Bool {
    await accepts(Question(user: "", hash: hash, password: password), isUser: true)
  }

  private func accepts(_ question: Question, isUser: Bool) async -> Bool {
    if let known = answers.withLock({ $0[question] }) { return known }
    let task = turns.withLock { last in
      let task = Task(executorPreference: globalConcurrentExecutor) { [last] in
        _ = await last?.value
        return question.hash.fits(question.password.exposedValue) && isUser
      }
      last = task
      return task
    }
    let answer = await task.value
    answers.withLock { answers in
      if answers.count >= Self.mostAnswers { answers = [:] }
      answers[question] = answer
    }
    return answer
  }

  /// User and password of `Basic dXNlcjpwYXNz`.
  static func credentials(in authorization: String?) -> (user: String, password: String)? {
    guard let authorization, authorization.lowercased().hasPrefix("basic "),
      let bytes = Base64.decode(String(authorization.dropFirst(6))),
      let text = String(validating: bytes, as: UTF8.self),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    // A hash is of what comes before a NUL, so that what comes behind it would count for nothing.
    guard !text.utf8.contains(0) else { return nil }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
  }
}
