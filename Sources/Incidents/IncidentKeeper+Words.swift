package import Model

/// What people say of incidents. Every function throws `IncidentFault`.
extension IncidentKeeper {
  /// How many updates an incident may have before no more are taken from people.
  package static let mostUpdates = 1000
  /// How many checks and services one incident may hurt by people's words.
  package static let mostImpacts = 1000

  /// Writes an incident by hand.
  ///
  /// - Parameters:
  ///   - impacts: whom it hurts; may be nobody.
  ///   - state: `.resolved` for a report of what is over.
  ///   - isPublished: whether status pages show it.
  ///   - began: nil is now.
  ///   - ended: nil is now; only for a state of `.resolved`.
  /// - Returns: the incident with its number.
  package func report(
    title: String, impacts: [Impact], state: IncidentState = .investigating, text: String, author: String,
    isPublished: Bool = true, began: Timestamp? = nil, ended: Timestamp? = nil
  ) async throws(IncidentFault) -> Incident {
    try await report(
      title: title, impacts: impacts, state: state, text: text, author: author, isPublished: isPublished, began: began,
      ended: ended, at: time.now)
  }

  /// Writes an incident that was reported at a moment.
  package func report(
    title: String, impacts: [Impact], state: IncidentState, text: String, author: String, isPublished: Bool,
    began: Timestamp?, ended: Timestamp?, at moment: Timestamp
  ) async throws(IncidentFault) -> Incident {
    let now = moment.wholeMillisecond
    let title = try IncidentWords.checked(title, as: .title)
    let text = try IncidentWords.checked(text, as: .text)
    let author = try IncidentWords.checked(author, as: .author)
    try refuseUnknown(impacts)
    let begin = (began ?? min(ended ?? now, now)).wholeMillisecond
    for moment in [began, ended].compactMap(\.self) where moment > now { throw .inTheFuture(moment) }
    let end = state == .resolved ? (ended ?? now).wholeMillisecond : nil
    if let end, end < begin { throw .endsBeforeItBegins }
    let update = IncidentUpdate(at: now, kind: .opened, author: author, state: state, text: text)
    let incident = Incident(
      origin: .manual, check: nil, title: title, impacts: impacts, state: state, began: begin, opened: now, ended: end,
      isPublished: isPublished, updates: [update])
    await enter()
    defer { leave() }
    do {
      let kept = try await store.insert(incident)
      board.put(kept)
      board.publish(at: now)
      return kept
    } catch {
      throw .storeFails("\(error)")
    }
  }

  /// Adds words to an incident, and may say how far it is and whom it hurts. Words can be added to a resolved one as well.
  ///
  /// - Parameters:
  ///   - state: nil leaves it; `.resolved` only for one that was written by hand.
  ///   - impacts: nil leaves them. One that opened by itself hurts its own check in any case.
  /// - Returns: the incident as it is now.
  @discardableResult
  package func say(
    _ text: String, of id: Int64, state: IncidentState? = nil, author: String, impacts: [Impact]? = nil
  ) async throws(IncidentFault) -> Incident {
    try await say(text, of: id, state: state, author: author, impacts: impacts, at: time.now)
  }

  /// Adds words to an incident that were said at a moment.
  package func say(
    _ text: String, of id: Int64, state: IncidentState?, author: String, impacts: [Impact]?, at moment: Timestamp
  ) async throws(IncidentFault) -> Incident {
    let now = moment.wholeMillisecond
    let text = try IncidentWords.checked(text, as: .text)
    let author = try IncidentWords.checked(author, as: .author)
    if let impacts { try refuseUnknown(impacts) }
    await enter()
    defer { leave() }
    var incident = try await incident(id)
    if let state {
      guard incident.isOpen else { throw .alreadyResolved(id) }
      guard state != .resolved || incident.origin == .manual else { throw .resolvesByItself(id) }
      incident.state = state
      if state == .resolved { incident.ended = max(now, incident.began) }
    }
    if let impacts {
      incident.impacts = impacts
      if let own = incident.check, !impacts.contains(where: { $0.check == own }) {
        incident.impacts.insert(Impact(check: own, level: .major), at: 0)
      }
    }
    let kind = state == .resolved ? IncidentUpdate.Kind.resolved : .comment
    incident.updates.append(IncidentUpdate(at: now, kind: kind, author: author, state: state, text: text))
    return try await keep(incident, at: now)
  }

  /// Says that somebody takes care; of two, the later one holds.
  ///
  /// - Returns: the incident as it is now.
  @discardableResult
  package func acknowledge(
    _ id: Int64, by: String, note: String? = nil
  ) async throws(IncidentFault) -> Incident {
    try await acknowledge(id, by: by, note: note, at: time.now)
  }

  /// Says that somebody took care at a moment.
  package func acknowledge(
    _ id: Int64, by: String, note: String?, at moment: Timestamp
  ) async throws(IncidentFault) -> Incident {
    let now = moment.wholeMillisecond
    let by = try IncidentWords.checked(by, as: .author)
    var words: String?
    if let note { words = try IncidentWords.checked(note, as: .note) }
    await enter()
    defer { leave() }
    var incident = try await incident(id)
    guard incident.isOpen else { throw .alreadyResolved(id) }
    incident.acknowledgement = Acknowledgement(by: by, note: words, at: now)
    incident.updates.append(
      IncidentUpdate(at: now, kind: .acknowledged, author: by, text: words ?? "\(by) takes care of it"))
    return try await keep(incident, at: now)
  }

  /// Ends an incident that was written by hand.
  ///
  /// - Returns: the incident as it is now.
  @discardableResult
  package func resolve(_ id: Int64, text: String, author: String) async throws(IncidentFault) -> Incident {
    try await say(text, of: id, state: .resolved, author: author)
  }

  private func refuseUnknown(_ impacts: [Impact]) throws(IncidentFault) {
    guard impacts.count <= Self.mostImpacts else { throw .tooManyImpacts(limit: Self.mostImpacts) }
    let known = knownChecks
    for impact in impacts where !known.contains(impact.check) { throw .unknownCheck(impact.check) }
  }

  private func incident(_ id: Int64) async throws(IncidentFault) -> Incident {
    let found: Incident?
    if let held = board.incident(id) {
      found = held
    } else {
      do {
        found = try await store.incident(id)
      } catch {
        throw .storeFails("\(error)")
      }
    }
    guard let found else { throw .unknownIncident(id) }
    guard found.updates.count < Self.mostUpdates else { throw .tooManyUpdates(limit: Self.mostUpdates) }
    return found
  }

  private func keep(_ incident: Incident, at now: Timestamp) async throws(IncidentFault) -> Incident {
    do {
      try await save(incident)
    } catch {
      throw .storeFails("\(error)")
    }
    board.publish(at: now)
    return incident
  }
}
