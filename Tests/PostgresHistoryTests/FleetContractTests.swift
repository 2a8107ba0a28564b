import Model
import PostgresHistory
import TestSupport
import Testing

/// The store of hubs and the one that tests of hubs use in its place keep the same contract.
@Suite("A fleet's store, in PostgreSQL or in memory")
struct FleetContractTests {
  enum Backend: CaseIterable {
    case postgres, memory

    func store() async throws -> any FleetStore {
      switch self {
      case .postgres: try await PostgresHistory(url: Secret(try await PostgresServer.database()), connections: 2)
      case .memory: MemoryFleetStore(time: SystemTime())
      }
    }
  }

  private func batch(_ numbers: ClosedRange<Int64>, oldest: Int64 = 1) throws -> SpoolBatch {
    let check = try CheckID.named("front-page")
    let runs = numbers.map { number in
      FleetRun(
        run: HistoryRun(
          check: check, region: "eu-west", node: "probe-1", slotStart: FleetFixture.slotStart(number),
          interval: .seconds(60), duration: .milliseconds(20), verdict: .up),
        configuration: 1, epoch: 1)
    }
    return SpoolBatch(
      node: "probe-1", region: "eu-west", spool: 7, first: numbers.lowerBound, oldest: oldest, runs: runs)
  }

  @Test("takes runs once, sees gaps, and none where a spool dropped its oldest", arguments: Backend.allCases)
  func ingest(_ backend: Backend) async throws {
    let store = try await backend.store()
    await #expect(throws: FleetFault.unknownNode("probe-1")) { try await store.ingest(try batch(1...2)) }
    _ = try await store.register(NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    #expect(
      try await store.ingest(try batch(1...3)) == IngestSummary(progress: SpoolProgress(acknowledged: 3), added: 3))
    #expect(
      try await store.ingest(try batch(2...5))
        == IngestSummary(progress: SpoolProgress(acknowledged: 5), added: 2, replayed: 2))
    await #expect(throws: FleetFault.gap(acknowledged: 5)) { try await store.ingest(try batch(7...8)) }
    await #expect(throws: FleetFault.gap(acknowledged: 7)) { try await store.ingest(try batch(9...10, oldest: 8)) }
    #expect(
      try await store.ingest(try batch(8...9, oldest: 8))
        == IngestSummary(progress: SpoolProgress(acknowledged: 9), added: 2))
    #expect(try await store.votes(limit: 10).flatMap(\.runs).count == 7)
    #expect(try await store.nodes(seenWithin: .hours(1)).map(\.progress.acknowledged) == [9])
  }

  @Test("takes new runs before those that were sent late, and each once", arguments: Backend.allCases)
  func ahead(_ backend: Backend) async throws {
    let store = try await backend.store()
    _ = try await store.register(NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    func ahead(_ numbers: ClosedRange<Int64>) throws -> SpoolBatch {
      var batch = try batch(numbers)
      batch.isAhead = true
      return batch
    }
    _ = try await store.ingest(try batch(1...2))
    let begun = SpoolProgress(acknowledged: 2, ahead: 10...12)
    #expect(try await store.ingest(try ahead(10...12)) == IngestSummary(progress: begun, added: 3))
    #expect(try await store.nodes(seenWithin: .hours(1)).map(\.progress) == [begun])
    #expect(try await store.ingest(try ahead(12...13)).replayed == 1)
    await #expect(throws: FleetFault.gap(acknowledged: 2)) { try await store.ingest(try ahead(15...16)) }
    var sifted = try ahead(14...15)
    sifted.passedOver = [0]
    #expect(
      try await store.ingest(sifted)
        == IngestSummary(progress: SpoolProgress(acknowledged: 2, ahead: 10...15), added: 1))
    _ = try await store.ingest(try batch(3...8))
    let last = try await store.ingest(try batch(9...11))
    #expect(last == IngestSummary(progress: SpoolProgress(acknowledged: 15), added: 1, replayed: 2))
    #expect(try await store.votes(limit: 10).flatMap(\.runs).count == 14)
    // Whoever registers again goes on from there.
    let again = try await store.register(
      NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    #expect(again.progress == SpoolProgress(acknowledged: 15))
  }

  @Test("gives a lease to one at a time, and refuses who had it before", arguments: Backend.allCases)
  func leases(_ backend: Backend) async throws {
    let store = try await backend.store()
    _ = try await store.register(NodeDescription(name: "probe-1", region: "eu-west", version: "1", spool: 7))
    _ = try await store.ingest(try batch(1...2))
    let first = try #require(try await store.acquire(.deciding, holder: "one", for: .seconds(600)))
    #expect(try await store.acquire(.deciding, holder: "two", for: .seconds(600)) == nil)
    #expect(try await store.acquire(.deciding, holder: "one", for: .seconds(600))?.token == first.token)
    try await store.release(first)
    #expect(try await store.holder(of: .deciding) == nil)
    let second = try #require(try await store.acquire(.deciding, holder: "two", for: .seconds(600)))
    #expect(second.token == first.token + 1)
    let votes = try await store.votes(limit: 10)
    await #expect(throws: FleetFault.leaseLost(.deciding)) {
      try await store.settle(votes, decisions: [], under: first)
    }
    #expect(try await store.votes(limit: 10) == votes)
    try await store.settle(votes, decisions: [], under: second)
    #expect(try await store.votes(limit: 10) == [])
    #expect(try await store.feedEnd() == 0)
  }

  @Test("publishes a configuration once", arguments: Backend.allCases)
  func configurations(_ backend: Backend) async throws {
    let store = try await backend.store()
    #expect(try await store.publish([1], digest: "a", by: "one") == 1)
    #expect(try await store.publish([1], digest: "a", by: "two") == 1)
    #expect(try await store.publish([2], digest: "b", by: "two") == 2)
    #expect(try await store.configuration() == StoredConfiguration(version: 2, digest: "b", content: [2]))
    #expect(try await store.newestConfiguration() == ConfigurationIdentity(version: 2, digest: "b"))
  }
}
