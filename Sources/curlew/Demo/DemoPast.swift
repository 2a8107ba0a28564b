import History
import Model

/// Three months that the demonstration never lived through, so that its pages have something to show on the first day:
/// made by arithmetic alone, the same for everybody, and written into an empty store only.
struct DemoPast {
  let checks: [Check]
  let services: [ServiceDefinition]
  let now: Timestamp
  let region = "local"

  /// Writes the past into a store that knows no check yet.
  ///
  /// - Returns: whether it did.
  @discardableResult
  func write(to store: any HistoryStore & IncidentStore) async throws -> Bool {
    guard try await store.checks().isEmpty else { return false }
    for check in checks where check.kind.isProbed {
      _ = try await store.write(runs(of: check), at: now)
    }
    for service in services {
      _ = try await store.write(runs(of: service.check, members: service.members.map(\.check)), at: now)
    }
    for trouble in troubles.reversed() {
      guard let incident = incident(of: trouble) else { continue }
      _ = try await store.insert(incident)
    }
    return true
  }

  // MARK: Troubles

  /// A time when something was down.
  private struct Trouble {
    var check: String
    /// Others that were down with it.
    var others: [String]
    var daysAgo: Int
    var minuteOfDay: Int
    var minutes: Int
    var code: ReasonCode
    var step: String?
    var message: String
    /// What people said, so many minutes after its begin.
    var words: [(minute: Int, state: IncidentState, text: String)]
  }

  private var troubles: [Trouble] {
    [
      Trouble(
        check: "catalogue", others: ["order"], daysAgo: 3, minuteOfDay: 14 * 60 + 10, minutes: 45,
        code: .expectationFailed, step: nil, message: "status is 503, expected 200",
        words: [
          (9, .investigating, "The catalogue answers with errors. Orders fail too, because they look up prices there."),
          (21, .identified, "A new release of the catalogue cannot reach its database. It is being rolled back."),
          (38, .monitoring, "The old release is back, and answers are good again."),
        ]),
      Trouble(
        check: "name", others: ["front-page"], daysAgo: 23, minuteOfDay: 6 * 60 + 30, minutes: 140,
        code: .expectationFailed, step: nil, message: "rcode is SERVFAIL, expected NOERROR",
        words: [
          (15, .investigating, "The shop's name is not resolved everywhere."),
          (60, .identified, "The provider's name servers give wrong answers; a ticket is open."),
        ]),
      Trouble(
        check: "greeting", others: [], daysAgo: 58, minuteOfDay: 21 * 60, minutes: 55, code: .connectRefused, step: nil,
        message: "connection refused", words: []),
    ]
  }

  private func begin(of trouble: Trouble) -> Timestamp {
    midnight - .days(trouble.daysAgo) + .minutes(trouble.minuteOfDay)
  }

  private var midnight: Timestamp {
    let day = now.millisecondsSinceEpoch.flooredQuotient(by: 86_400_000)
    return Timestamp(millisecondsSinceEpoch: day * 86_400_000)
  }

  private func incident(of trouble: Trouble) -> Incident? {
    guard let check = checks.first(where: { $0.id.text == trouble.check }) else { return nil }
    let hit = checks.filter { trouble.others.contains($0.id.text) }
    let grid = grid(of: check, at: begin(of: trouble))
    let began = grid.firstSlot(startingFrom: begin(of: trouble)).start
    let ended = grid.firstSlot(startingFrom: begin(of: trouble) + .minutes(trouble.minutes)).start
    let opened = began + grid.interval
    var updates = [IncidentUpdate(at: opened, kind: .opened, text: trouble.message)]
    updates += trouble.words.map { word in
      IncidentUpdate(
        at: began + .minutes(word.minute), kind: .comment, author: "Operations", state: word.state, text: word.text)
    }
    updates.append(IncidentUpdate(at: ended, kind: .resolved, state: .resolved, text: "Good since two slots."))
    return Incident(
      origin: .automatic, check: check.id, title: "\(check.name) is down",
      impacts: [Impact(check: check.id, level: .major)] + hit.map { Impact(check: $0.id, level: .partial) },
      state: .resolved, began: began, opened: opened, ended: ended,
      cause: IncidentCause(code: trouble.code, step: trouble.step, message: trouble.message),
      updates: updates.sorted { $0.at < $1.at })
  }

  // MARK: Runs

  /// Hours at first, then five minutes, so that ninety days are written in a second.
  ///
  /// - Parameter members: those of a service; none for a check.
  private func runs(of check: Check, members: [CheckID] = []) -> [HistoryRun] {
    let detailed = midnight - .days(7)
    return runs(of: check, members, every: .minutes(60), from: midnight - .days(90), to: detailed)
      + runs(of: check, members, every: .minutes(5), from: detailed, to: now - .minutes(5))
  }

  private func grid(of check: Check, at moment: Timestamp) -> SlotGrid {
    SlotGrid(check: check.id, interval: moment < midnight - .days(7) ? .minutes(60) : .minutes(5))
  }

  private func runs(
    of check: Check, _ members: [CheckID], every interval: Duration, from: Timestamp, to: Timestamp
  ) -> [HistoryRun] {
    let grid = SlotGrid(check: check.id, interval: interval)
    var slot = grid.firstSlot(startingFrom: from)
    var runs: [HistoryRun] = []
    while slot.start < to {
      if let run = members.isEmpty ? run(of: check, slot) : run(of: check, members, slot) { runs.append(run) }
      slot = grid.slot(number: slot.number + 1)
    }
    return runs
  }

  /// Nil for a slot that nobody was there for.
  private func run(of check: Check, _ slot: Slot) -> HistoryRun? {
    guard !isStill(at: slot.start) else { return nil }
    var dice = Dice(seed: check.id.stableHash ^ UInt64(bitPattern: slot.number))
    var verdict = Verdict.up
    var reason: HistoryReason?
    if let trouble = trouble(of: check.id, at: slot.start) {
      verdict = .down
      reason = HistoryReason(code: trouble.code, step: trouble.step, message: trouble.message)
    } else if dice.isHit(oneIn: 1400) {
      verdict = .down
      reason = HistoryReason(code: .timeout, phase: .wait, message: "no answer within \(Units.text(of: check.timeout))")
    } else if dice.isHit(oneIn: 170) {
      verdict = .degraded
      reason = HistoryReason(code: .warning, message: "it took longer than it should")
    }
    return HistoryRun(
      check: check.id, region: region, slotStart: slot.start, interval: slot.interval,
      duration: duration(of: check, at: slot.start, verdict, &dice), verdict: verdict, reason: reason)
  }

  /// A service that bears the loss of one member: it is never worse than degraded.
  private func run(of service: Check, _ members: [CheckID], _ slot: Slot) -> HistoryRun? {
    guard !isStill(at: slot.start) else { return nil }
    let down = members.first { trouble(of: $0, at: slot.start) != nil }
    return HistoryRun(
      check: service.id, region: region, slotStart: slot.start, interval: slot.interval, duration: nil,
      verdict: down == nil ? .up : .degraded,
      reason: down.map { HistoryReason(code: .warning, message: "\($0) is down") })
  }

  /// Whether the machine stood still then, for a day and a half.
  private func isStill(at moment: Timestamp) -> Bool {
    let begin = midnight - .days(41)
    return moment >= begin && moment < begin + .minutes(36 * 60)
  }

  private func trouble(of check: CheckID, at moment: Timestamp) -> Trouble? {
    troubles.first { trouble in
      (trouble.check == check.text || trouble.others.contains(check.text)) && moment >= begin(of: trouble)
        && moment < begin(of: trouble) + .minutes(trouble.minutes)
    }
  }

  /// Slower by day than by night, and now and then much slower.
  private func duration(of check: Check, at moment: Timestamp, _ verdict: Verdict, _ dice: inout Dice) -> Duration {
    guard verdict != .down else { return .milliseconds(12) }
    let base = 18 + Int(check.id.stableHash % 90)
    let minute = Int(moment.millisecondsSinceEpoch.flooredRemainder(by: 86_400_000) / 60_000)
    let daytime = max(0, 720 - abs(minute - 840)) / 24
    let tail = dice.isHit(oneIn: 25) ? base * 3 : 0
    let milliseconds = base + daytime + dice.roll(base / 2 + 1) + tail
    return .milliseconds(verdict == .degraded ? milliseconds * 6 : milliseconds)
  }
}

/// Numbers that look like chance, and are the same each time.
private struct Dice {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func roll(_ count: Int) -> Int {
    defer { state &+= StableHash.increment }
    return Int(StableHash.mixed(state) % UInt64(count))
  }

  mutating func isHit(oneIn count: Int) -> Bool { roll(count) == 0 }
}
