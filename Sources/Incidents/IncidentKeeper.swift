package import Model

/// The one writer of incidents in the process: opens and closes them as slots come in, and takes what people say of them.
///
/// Slots are taken in one after the other, off the path of runs. While the store cannot be written they wait within a bound, and
/// writing is tried again with growing pauses. At the start, the last runs of history tell where each check stands, so that
/// a restart neither opens an incident twice nor forgets one.
package actor IncidentKeeper {
  /// What bounds the keeper.
  package struct Limits: Hashable, Sendable {
    /// Slots that wait at most.
    package var queueLength: Int
    /// The pause after the first failed write; each further one is twice as long.
    package var firstPause: Duration
    package var longestPause: Duration
    /// How long the last slots are tried when the keeper is stopped.
    package var farewell: Duration

    /// Limits with everything said.
    package init(
      queueLength: Int = 100_000, firstPause: Duration = .milliseconds(250), longestPause: Duration = .seconds(10),
      farewell: Duration = .seconds(3)
    ) {
      self.queueLength = queueLength
      self.firstPause = firstPause
      self.longestPause = longestPause
      self.farewell = farewell
    }
  }

  /// What is told as it happens.
  package enum Event: Hashable, Sendable {
    /// An incident of a check lasts; `isNew` is false for one from before a restart or a renaming.
    case opened(CheckID, isNew: Bool)
    /// The incident of a check ended.
    case closed(CheckID)
    /// The store fails from now on, or for another cause than before.
    case fails(because: String)
    /// The store works again.
    case recovered
  }

  /// How the keeper does, for health and metrics.
  package struct Status: Hashable, Sendable {
    /// Runs and reloads that wait to be taken in.
    package var queueLength: Int
    /// Runs that did not fit into the queue, since the start.
    package var dropped: Int
    /// What the store failed with last, in a sentence; nil when it works.
    package var lastError: String?
  }

  /// One check or service in force.
  struct Watched {
    var check: Check
    var machine: IncidentMachine
  }

  /// Something that is decided and not in the store yet.
  enum Step {
    case open(CheckID, began: Timestamp, cause: IncidentCause?, at: Timestamp)
    case change(CheckID, cause: IncidentCause?, at: Timestamp)
    case close(CheckID, ended: Timestamp, at: Timestamp, text: String?)
    case rename(CheckID, to: CheckID)
    case link(child: Int64, parent: Int64, at: Timestamp)
  }

  /// An incident that changes its cause all the time is told of that so often.
  static let mostChanges = 100

  /// Where runs come in.
  package nonisolated let sink: IncidentSink
  nonisolated let board = IncidentBoard()
  nonisolated let store: any IncidentStore
  nonisolated let lastSlots: @Sendable (CheckID, Int) async throws -> [HistoryRun]
  nonisolated let time: any TimeSource
  nonisolated let region: String?
  private nonisolated let limits: Limits
  private nonisolated let observe: @Sendable (Event) -> Void

  var watched: [CheckID: Watched] = [:]
  /// The ids that people may speak of: everything in the files.
  var knownChecks: Set<CheckID> = []
  var graph = DependencyGraph([])
  private var steps: [Step] = []
  /// Whether the first of the steps was tried before, and may be in the store all the same.
  private var wasTried = false
  private var lastError: String?
  /// The checks that were in force first, until the store was read for them.
  private var first: (checks: [Check], moment: Timestamp)?
  private var isRestored = false
  /// Whether somebody is at work on an incident, and who waits for that.
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// A keeper that does nothing until `run` is called.
  ///
  /// - Parameters:
  ///   - lastSlots: asked at the start for the newest slots of a check, a run for each, so many of them; those that are to
  ///     come in by the sink may be left out.
  ///   - region: whose runs are taken in; nil when all that come are verdicts over regions already.
  ///   - observe: told what happens; must not wait.
  package init(
    store: any IncidentStore, lastSlots: @escaping @Sendable (CheckID, Int) async throws -> [HistoryRun],
    time: any TimeSource, region: String?, limits: Limits = Limits(),
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.store = store
    self.lastSlots = lastSlots
    self.time = time
    self.region = region
    self.limits = limits
    self.observe = observe
    sink = IncidentSink(region: region, time: time, limit: limits.queueLength)
  }

  /// How the keeper does.
  package var status: Status {
    let counts = sink.counts
    return Status(queueLength: counts.waiting, dropped: counts.dropped, lastError: lastError)
  }

  /// Runs that did not fit into the queue, since the start.
  package nonisolated var droppedRuns: Int { sink.counts.dropped }

  /// The incidents of now and of the last two weeks, without asking the store.
  package nonisolated var current: CurrentIncidents { board.current }

  /// Every incident that changes from now on, as it is after the change. Who is slow misses the oldest changes.
  package nonisolated func changes() -> AsyncStream<Incident> { board.changes() }

  /// Makes these the checks and services (as `ServiceDefinition.check`) in force, after the runs that came before. The
  /// incident of one that is gone or disabled is closed; a renamed one takes its incident along.
  package nonisolated func apply(_ checks: [Check]) {
    sink.apply(checks)
  }

  /// Takes in what comes until its task is cancelled; then what is left, within `Limits.farewell`.
  package func run() async {
    for await _ in sink.wakes {
      // A cancelled task is given what waits in the stream all the same.
      if Task.isCancelled { break }
      if await !work(until: nil) { break }
    }
    // A cancelled task cannot wait for a store that is busy, so the last slots are taken in by one that is not.
    let deadline = time.uptime + limits.farewell
    await Task { _ = await self.work(until: deadline) }.value
  }

  /// Takes in all that waits.
  ///
  /// - Parameter deadline: when a store that fails is given up; nil is never.
  /// - Returns: false when it was given up, or the task was cancelled.
  private func work(until deadline: Duration?) async -> Bool {
    repeat {
      guard await begin(until: deadline), await settle(until: deadline) else { return false }
      guard let input = sink.next() else { break }
      take(input)
    } while true
    board.publish(at: time.now)
    return true
  }

  private func take(_ input: IncidentSink.Input) {
    switch input {
    case .checks(let checks, let moment):
      knownChecks = Set(checks.map(\.id))
      if isRestored {
        steps += adopt(checks, at: moment)
      } else {
        first = (checks, moment)
      }
    case .slot(let slot, let moment):
      guard let actions = watched[slot.check]?.machine.handle(slot, at: moment) else { return }
      for action in actions { steps.append(step(action, of: slot.check, at: moment)) }
    }
  }

  /// Reads back what the store knows, once the first checks are known.
  private func begin(until deadline: Duration?) async -> Bool {
    guard let (checks, moment) = first else { return true }
    guard await retry(until: deadline, { try await restore(checks, at: moment) }) else { return false }
    first = nil
    isRestored = true
    for incident in board.openIncidents {
      if let check = incident.check { observe(.opened(check, isNew: false)) }
    }
    return true
  }

  func step(_ action: IncidentMachine.Action, of check: CheckID, at moment: Timestamp) -> Step {
    switch action {
    case .open(let began, let cause): .open(check, began: began, cause: cause.map(Self.bounded), at: moment)
    case .change(_, let cause): .change(check, cause: cause.map(Self.bounded), at: moment)
    case .close(let ended): .close(check, ended: ended, at: moment, text: nil)
    }
  }

  /// The cause with a message that is not longer than what history keeps: a hostile target chooses parts of it.
  private static func bounded(_ cause: IncidentCause) -> IncidentCause {
    var cause = cause
    cause.message = HistoryReason(code: .internal, message: cause.message).message
    return cause
  }

  func enqueue(_ more: [Step]) { steps += more }

  // MARK: Writing

  /// Brings everything that is decided into the store.
  private func settle(until deadline: Duration?) async -> Bool {
    while let step = steps.first {
      let isDone = await retry(until: deadline) {
        await enter()
        defer {
          wasTried = true
          leave()
        }
        try await perform(step, isAgain: wasTried)
      }
      guard isDone else { return false }
      wasTried = false
      steps.removeFirst()
    }
    return true
  }

  /// Does something with the store, again and again with growing pauses until it succeeds.
  private func retry(until deadline: Duration?, _ work: () async throws -> Void) async -> Bool {
    var pause = limits.firstPause
    while true {
      do {
        try await work()
        if lastError != nil { observe(.recovered) }
        lastError = nil
        return true
      } catch {
        // The store does not answer a cancelled task, and is asked again by one that is not.
        if Task.isCancelled { return false }
        let words = "\(error)"
        if lastError != words { observe(.fails(because: words)) }
        lastError = words
      }
      // What people see does not wait for the store.
      board.publish(at: time.now)
      if let deadline, time.uptime + pause >= deadline { return false }
      guard (try? await time.sleep(untilUptime: time.uptime + pause)) != nil else { return false }
      pause = min(pause * 2, limits.longestPause)
    }
  }

  private func perform(_ step: Step, isAgain: Bool) async throws {
    switch step {
    case .open(let id, let began, let cause, let moment):
      guard let check = watched[id]?.check, board.openIncident(of: id) == nil else { return }
      if isAgain, try await wasOpened(id) { return }
      try await open(check, began: began, cause: cause, at: moment)
    case .change(let id, let cause, let moment):
      guard let incident = board.openIncident(of: id) else { return }
      try await note(cause, in: incident, at: moment)
    case .close(let id, let ended, let moment, let text):
      guard let incident = board.openIncident(of: id) else { return }
      try await close(incident, ended: ended, at: moment, text: text)
      observe(.closed(id))
    case .rename(let old, let new):
      guard let incident = board.openIncident(of: old) else { return }
      try await rename(incident, to: new)
      observe(.opened(new, isNew: false))
    case .link(let child, let parent, let moment):
      guard let child = board.incident(child), let parent = board.incident(parent), child.isOpen else { return }
      try await link(child, to: parent, at: moment)
    }
  }

  /// Whether the write that failed before kept the incident all the same.
  private func wasOpened(_ check: CheckID) async throws -> Bool {
    let query = IncidentQuery(checks: [check], isOpen: true, origin: .automatic)
    guard let incident = try await store.incidents(query).incidents.first(where: { $0.check == check }) else {
      return false
    }
    board.put(incident)
    observe(.opened(check, isNew: true))
    return true
  }

  private func open(_ check: Check, began: Timestamp, cause: IncidentCause?, at moment: Timestamp) async throws {
    let parent = graph.ancestors(of: check.id).lazy.compactMap { self.board.openIncident(of: $0) }.first
    var updates = [
      IncidentUpdate(at: moment, kind: .opened, state: .investigating, text: IncidentWords.title(of: check))
    ]
    if let parent { updates.append(linking(to: parent, at: moment)) }
    let incident = Incident(
      origin: .automatic, check: check.id, title: IncidentWords.title(of: check),
      impacts: [Impact(check: check.id, level: .major)], began: began.wholeMillisecond, opened: moment, cause: cause,
      consequenceOf: parent?.id, updates: updates)
    let kept = try await store.insert(incident)
    board.put(kept)
    observe(.opened(check.id, isNew: true))
    guard graph.hasDependents(check.id) else { return }
    for child in board.openIncidents where isConsequence(child, of: kept) {
      steps.append(.link(child: child.id, parent: kept.id, at: moment))
    }
  }

  /// Whether an incident that lasts already follows from one that was only found now: within the time that its check takes to
  /// open one.
  private func isConsequence(_ child: Incident, of parent: Incident) -> Bool {
    guard child.consequenceOf == nil, child.id != parent.id, parent.consequenceOf != child.id,
      let id = child.check, let cause = parent.check, let check = watched[id]?.check,
      graph.ancestors(of: id).contains(cause)
    else { return false }
    return parent.began <= child.began + check.interval * check.incidents.openAfter
  }

  private func linking(to parent: Incident, at moment: Timestamp) -> IncidentUpdate {
    IncidentUpdate(at: moment, kind: .linked, text: "Follows from incident \(parent.id): \(parent.title)")
  }

  private func link(_ child: Incident, to parent: Incident, at moment: Timestamp) async throws {
    var child = child
    child.consequenceOf = parent.id
    child.updates.append(linking(to: parent, at: moment))
    try await save(child)
  }

  private func note(_ cause: IncidentCause?, in incident: Incident, at moment: Timestamp) async throws {
    let known = incident.updates.count { $0.kind == .changed }
    guard known < Self.mostChanges else { return }
    var incident = incident
    var text = "The cause is another one now: \(cause?.words(of: incident.check) ?? "not known")"
    if known + 1 == Self.mostChanges { text += ". Further changes are not noted" }
    incident.updates.append(IncidentUpdate(at: moment, kind: .changed, text: text))
    try await save(incident)
  }

  private func close(_ incident: Incident, ended: Timestamp, at moment: Timestamp, text: String?) async throws {
    var incident = incident
    incident.state = .resolved
    incident.ended = max(incident.began, ended.wholeMillisecond)
    let lasted = IncidentWords.text(of: (incident.ended ?? ended) - incident.began)
    incident.updates.append(
      IncidentUpdate(
        at: moment, kind: .resolved, state: .resolved, text: text ?? "It is good again. It lasted \(lasted)"))
    try await save(incident)
  }

  func rename(_ incident: Incident, to new: CheckID) async throws {
    guard let old = incident.check else { return }
    var incident = incident
    incident.rename(old, to: new)
    try await save(incident)
  }

  /// Keeps an incident as it is now, in the store and then in memory.
  func save(_ incident: Incident) async throws {
    try await store.update(incident)
    board.put(incident)
  }

  // MARK: One at a time

  /// Waits until nobody else is at work: an actor lets others in wherever it waits, and each would write over what the other
  /// one wrote.
  func enter() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    guard !waiting.isEmpty else {
      isBusy = false
      return
    }
    waiting.removeFirst().resume()
  }
}

extension IncidentCause {
  /// The cause in one line. A plain check's only step has its id, which need not be said.
  package func words(of check: CheckID?) -> String {
    guard let step, step != check?.text else { return message }
    return "\(step): \(message)"
  }
}

extension Timestamp {
  /// The moment as the store keeps it, so that what is in memory is what a restart reads.
  var wholeMillisecond: Timestamp { Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch) }
}
