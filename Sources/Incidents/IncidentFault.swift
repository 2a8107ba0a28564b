package import Model

/// Why something cannot be said of an incident, for whoever said it.
package enum IncidentFault: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  /// What a text is for.
  package enum Field: String, Hashable, Sendable, Codable {
    case title, text, author, note

    /// Whether it may have several lines.
    var isLong: Bool { self == .text || self == .note }
  }

  /// No replica of the hub decides at the moment, and it is the one that decides that writes incidents. Nothing was kept.
  case undecided
  /// There is no incident of that number.
  case unknownIncident(Int64)
  /// No check or service in force has that id.
  case unknownCheck(CheckID)
  /// A resolved incident stays resolved; words can still be added.
  case alreadyResolved(Int64)
  /// An incident that opened by itself is resolved by itself, when its check is good again.
  case resolvesByItself(Int64)
  case empty(Field)
  /// It has more characters than the limit.
  case tooLong(Field, limit: Int)
  /// It has a control character; only a text and a note may have line ends and tabs.
  case controlCharacter(Field)
  /// An incident cannot begin or end in the future.
  case inTheFuture(Timestamp)
  /// An incident cannot end before it begins.
  case endsBeforeItBegins
  /// Its story has as many updates as it may have.
  case tooManyUpdates(limit: Int)
  /// More checks are hurt than there may be.
  case tooManyImpacts(limit: Int)
  /// The store cannot be read or written now; why, in a sentence.
  case storeFails(String)

  /// What is wrong and what is allowed, in a sentence.
  package var description: String {
    switch self {
    case .undecided:
      "no replica of the hub decides at the moment, and nothing was kept: send it again"
    case .unknownIncident(let id): "there is no incident \(id)"
    case .unknownCheck(let id): "check or service '\(id)' is not known"
    case .alreadyResolved(let id): "incident \(id) is resolved and cannot be opened again; add words without a state"
    case .resolvesByItself(let id):
      "incident \(id) opened by itself, and is resolved by itself once its check is good again"
    case .empty(let field): "the \(field.rawValue) is empty"
    case .tooLong(let field, let limit): "the \(field.rawValue) is longer than \(limit) characters"
    case .controlCharacter(let field):
      "the \(field.rawValue) has a control character\(field.isLong ? " other than a line end or a tab" : "")"
    case .inTheFuture(let moment): "\(moment) lies in the future"
    case .endsBeforeItBegins: "an incident cannot end before it begins"
    case .tooManyUpdates(let limit): "the incident has \(limit) updates already"
    case .tooManyImpacts(let limit): "more than \(limit) checks and services are named"
    case .storeFails(let cause): cause
    }
  }
}
