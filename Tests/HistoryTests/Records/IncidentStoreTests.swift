import Model
import Testing

@Suite("A store of incidents")
struct IncidentStoreTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func incident(
    _ minute: Int, _ check: String = "front-page", state: IncidentState = .investigating, lasted: Int? = nil,
    origin: Incident.Origin = .automatic, isPublished: Bool = true
  ) throws -> Incident {
    let began = newYear + .minutes(minute)
    let check = try CheckID.named(check)
    return Incident(
      origin: origin, check: origin == .automatic ? check : nil, title: "\(check) is down",
      impacts: [Impact(check: check, level: .major)], state: state, began: began, opened: began + .minutes(1),
      ended: lasted.map { began + .minutes($0) }, isPublished: isPublished)
  }

  private func found(_ query: IncidentQuery, in store: any IncidentStore) async throws -> [Int64] {
    try await store.incidents(query).incidents.map(\.id)
  }

  @Test("reads back all that was said of one", arguments: Backend.allCases)
  func readsBack(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var incident = try incident(0, lasted: 7)
    incident.impacts = try [
      Impact(check: .named("shop"), level: .partial), Impact(check: .named("front-page"), level: .none),
    ]
    incident.state = .resolved
    incident.cause = IncidentCause(
      code: .expectationFailed, step: "log in", expression: "status == 201", message: "status is 503: ä")
    incident.consequenceOf = 41
    incident.acknowledgement = Acknowledgement(by: "Ada", note: "looking", at: newYear + .minutes(3))
    incident.isPublished = false
    incident.updates = [
      IncidentUpdate(at: newYear + .minutes(1), kind: .opened, state: .investigating, text: "status is 503"),
      IncidentUpdate(at: newYear + .minutes(2), kind: .comment, author: "Ada", text: ""),
    ]
    let kept = try await store.insert(incident)
    #expect(kept.id > 0)
    incident.id = kept.id
    #expect(kept == incident)
    #expect(try await store.incident(kept.id) == incident)
    #expect(try await store.incidents(IncidentQuery()).incidents == [incident])
  }

  @Test("reads back one of which little was said, and knows nothing of others", arguments: Backend.allCases)
  func readsBackLittle(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var incident = try incident(0, origin: .manual)
    incident.impacts = []
    incident.cause = IncidentCause(code: nil, message: "")
    let kept = try await store.insert(incident)
    #expect(try await store.incident(kept.id) == kept)
    #expect(try await store.incident(kept.id + 1) == nil)
  }

  @Test(
    "replaces what is known, adds what was said since, and never changes what was said before",
    arguments: Backend.allCases)
  func updates(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let words = { IncidentUpdate(at: newYear + .minutes($0), kind: .comment, author: "Ada", text: $1) }
    var incident = try incident(0)
    incident.updates = [words(1, "one"), words(2, "two")]
    incident = try await store.insert(incident)
    var changed = incident
    changed.title = "Checkout is down"
    changed.state = .resolved
    changed.ended = newYear + .minutes(9)
    changed.began = newYear - .minutes(1)
    changed.impacts = try [Impact(check: .named("checkout"), level: .degraded)]
    changed.updates = [words(1, "nothing was ever wrong"), words(2, "two"), words(3, "three")]
    try await store.update(changed)
    try await store.update(changed)
    changed.updates[0] = words(1, "one")
    #expect(try await store.incident(incident.id) == changed)
    #expect(try await found(IncidentQuery(checks: [.named("checkout")]), in: store) == [incident.id])
    #expect(try await found(IncidentQuery(checks: [.named("front-page")]), in: store) == [])
  }

  @Test("has no incident to change that was never kept", arguments: Backend.allCases)
  func refusesUnknown(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var incident = try incident(0)
    incident.id = 7
    await #expect(throws: (any Error).self) { try await store.update(incident) }
    #expect(try await store.incidents(IncidentQuery()).incidents.isEmpty)
  }

  @Test("finds them by check, time, state, origin and whether they are published", arguments: Backend.allCases)
  func filters(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let old = try await store.insert(incident(0, state: .resolved, lasted: 10)).id
    let open = try await store.insert(incident(5)).id
    let other = try await store.insert(incident(20, "shop", state: .resolved, lasted: 5, isPublished: false)).id
    let words = try await store.insert(incident(30, state: .monitoring, origin: .manual)).id
    let minute = { newYear + Duration.minutes($0) }
    #expect(try await found(IncidentQuery(), in: store) == [words, other, open, old])
    #expect(try await found(IncidentQuery(checks: [.named("front-page")]), in: store) == [words, open, old])
    #expect(
      try await found(IncidentQuery(checks: [.named("shop"), .named("front-page")]), in: store) == [
        words, other, open, old,
      ])
    #expect(try await found(IncidentQuery(checks: []), in: store) == [])
    #expect(try await found(IncidentQuery(from: minute(10)), in: store) == [words, other, open])
    #expect(try await found(IncidentQuery(from: minute(9), to: minute(20)), in: store) == [open, old])
    #expect(try await found(IncidentQuery(to: minute(21)), in: store) == [other, open, old])
    #expect(try await found(IncidentQuery(isOpen: true), in: store) == [words, open])
    #expect(try await found(IncidentQuery(checks: [.named("shop")], isOpen: true), in: store) == [])
    #expect(try await found(IncidentQuery(checks: [.named("front-page")], isOpen: false), in: store) == [old])
    #expect(try await found(IncidentQuery(isPublished: false), in: store) == [other])
    #expect(try await found(IncidentQuery(origin: .manual), in: store) == [words])
  }

  @Test("gives pages that lose and repeat nothing", arguments: Backend.allCases, [0, 1, 3, 25])
  func givesPages(_ backend: Backend, checks: Int) async throws {
    let store = try await backend.store(in: folder)
    var kept: [Int64] = []
    for index in 0..<60 {
      var incident = try incident(index / 3, "check-\(index % 25)", state: .resolved, lasted: 1)
      // Each hurts two, so that it could be found twice.
      incident.impacts.append(Impact(check: try .named("check-\((index + 1) % 25)"), level: .partial))
      kept.append(try await store.insert(incident).id)
    }
    let wanted = checks == 0 ? nil : Set(try (0..<checks).map { try CheckID.named("check-\($0)") })
    var query = IncidentQuery(checks: wanted.map(Array.init), isOpen: false, limit: 7)
    var found: [Int64] = []
    repeat {
      let page = try await store.incidents(query)
      #expect(page.incidents.count == 7 || page.next == nil)
      #expect(page.incidents.allSatisfy { $0.impacts.count == 2 })
      found += page.incidents.map(\.id)
      query.cursor = page.next.flatMap { IncidentCursor($0.text) }
    } while query.cursor != nil
    let expected = kept.enumerated().filter { index, _ in
      guard let wanted else { return true }
      return wanted.contains { $0.text == "check-\(index % 25)" || $0.text == "check-\((index + 1) % 25)" }
    }
    #expect(found == expected.map(\.element).reversed())
  }

  @Test("takes the furthest cursors and moments that a client can make up", arguments: Backend.allCases)
  func takesAnyCursor(_ backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    _ = try await store.insert(incident(0))
    for edge in [Int64.min, .max] {
      let query = IncidentQuery(
        from: Timestamp(nanosecondsSinceEpoch: .min), to: Timestamp(nanosecondsSinceEpoch: .max),
        cursor: IncidentCursor(beganMilliseconds: edge, id: edge))
      #expect(try await found(query, in: store).count == (edge == .max ? 1 : 0))
    }
  }
}
