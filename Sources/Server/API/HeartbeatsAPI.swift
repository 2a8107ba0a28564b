import HTTPTypes
import Hummingbird
import Model
import Scheduling

/// `/api/v1/heartbeats`: what jobs report of themselves.
struct HeartbeatsAPI: Sendable {
  private static let keyLimit = 200
  private static let idempotencyKey = HTTPField.Name("Idempotency-Key")

  var records: RecordSources
  var catalogue: CheckCatalogue
  var gate: TokenGate
  var buckets: TokenBuckets
  var time: any TimeSource

  /// One report: in the query, as a line of a crontab writes it, or as a JSON body.
  func one(_ id: String, _ request: Request, _ query: Query) async throws -> Reply {
    let check = try admit(id, request)
    var query = query
    let status = try query.take("status", allowed: "give one of start, success, failure") {
      HeartbeatSignal.Kind(rawValue: $0)
    }
    let duration = try query.take("duration", allowed: "give a duration as 1h30m, 250ms or 12.5, which is seconds") {
      text -> Duration? in
      if let duration = Units.duration(text) { return duration }
      guard let seconds = Double(text), seconds >= 0, seconds < 3e9 else { return nil }
      return .nanoseconds(Int64(seconds * 1e9))
    }
    let output = query.take("output")
    let key = Self.idempotencyKey.flatMap { request.headers[$0] }
    try query.finish()
    if let key, key.isEmpty || key.utf8.count > Self.keyLimit {
      throw Problem(
        .badParameter, "an Idempotency-Key has 1 to \(Self.keyLimit) bytes", parameter: "Idempotency-Key")
    }
    var signal = HeartbeatSignal(
      check: check, kind: status ?? .success, at: time.now, duration: duration, output: output, idempotencyKey: key)
    if request.headers[.contentType] != nil {
      guard status == nil, duration == nil, output == nil else {
        throw Problem(.badParameter, "a report is either in the query or in the body, not in both", parameter: "status")
      }
      let body = try await BodyReader(JSONBody.value(of: request))
      let read = self.signal(in: body, of: check)
      try body.finish()
      signal = read
      signal.idempotencyKey = read.idempotencyKey ?? key
    }
    return try await taken([signal])
  }

  /// Reports that could not be sent when they were made.
  func batch(_ id: String, _ request: Request, _ query: Query) async throws -> Reply {
    let check = try admit(id, request)
    try query.finish()
    let body = try await BodyReader(JSONBody.value(of: request))
    body.require("signals")
    let signals =
      body.objects("signals", atMost: HeartbeatKeeper.mostSignals)?.map { item -> HeartbeatSignal in
        item.require("at")
        item.require("status")
        let signal = self.signal(in: item, of: check)
        body.finish(item)
        return signal
      } ?? []
    try body.finish()
    return try await taken(signals)
  }

  private func signal(in body: BodyReader, of check: CheckID) -> HeartbeatSignal {
    let kind = body.choice("status", of: HeartbeatSignal.Kind.self)
    let at = body.moment("at")
    if let at, at > time.now + HeartbeatKeeper.longestLead { body.fault("at", "\"\(at)\" has not come yet") }
    let output = body.text("output", limit: JSONBody.limit)
    let duration = body.duration("duration")
    let key = body.text("idempotency_key", limit: Self.keyLimit, allowsLineEnds: false)
    // Whole: it is cut where secrets are masked, for half of one would not be known again.
    return HeartbeatSignal(
      check: check, kind: kind ?? .success, at: at ?? time.now, duration: duration, output: output,
      idempotencyKey: key)
  }

  private func taken(_ signals: [HeartbeatSignal]) async throws -> Reply {
    let receipt: HeartbeatReceipt
    do throws(HeartbeatFault) {
      receipt = try await records.heartbeatDesk.receive(signals, at: time.now)
    } catch {
      switch error {
      case .unknown: throw Problem(.unknownCheck, "\(error)")
      case .tooMany, .inFuture, .tooOld: throw BodyReader.problem([BodyFault(pointer: "", detail: "\(error)")])
      case .store: throw error
      }
    }
    return Reply.json(status: .accepted) { json in
      json.member("accepted", receipt.accepted)
      json.member("duplicates", receipt.repeated)
    }
  }

  /// A job's own token opens its own door alone. Whether there is such a check is said only to whoever may report.
  private func admit(_ id: String, _ request: Request) throws(Problem) -> CheckID {
    guard let shown = TokenGate.shown(by: request.headers) else {
      throw gate.refusal(isShown: false, scope: .heartbeats)
    }
    let digest = TokenText.digest(shown)
    let check = CheckID(id).flatMap { catalogue.edition[$0] }
    let own = check?.heartbeat?.token.map { TokenText.digest($0.exposedValue) }
    if own.map({ TokenText.areSame($0, digest) }) != true { _ = try gate.admit(request.headers, to: .heartbeats) }
    try buckets.pass(digest)
    guard let check, check.heartbeat != nil else {
      throw Problem(.unknownCheck, "\"\(id)\" is the id of no check with a heartbeat")
    }
    return check.id
  }
}
