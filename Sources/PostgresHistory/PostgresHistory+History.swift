package import Model
import Postgres

extension PostgresHistory: HistoryStore {
  // MARK: Writing

  @discardableResult
  package func write(_ runs: [HistoryRun], at now: Timestamp) async throws -> WriteSummary {
    let cut = RollupLevel.days.floor((now - retention.runs).millisecondsSinceEpoch)
    if let oldest = runs.lazy.map(\.slotStart.millisecondsSinceEpoch).min(), oldest < cut,
      try await read({ try Keeping(reading: $0) }).runsCut < cut
    {
      // What is older than runs are kept goes into roll-ups, which must be as far first.
      try await catchUp(to: now)
    }
    return try await write { session in try self.write(runs, at: now, in: session) }
  }

  package func judge(_ verdicts: [JudgedSlot]) async throws {
    try await write { session in try self.judge(verdicts, in: session) }
  }

  // MARK: Figures

  package func tallies(_ query: TallyQuery) async throws -> [TallyRow] {
    try await read { try FigureReader($0).rows(query) }
  }

  package func series(_ query: SeriesQuery) async throws -> [TallySeries] {
    let moments = query.boundaries.map(\.firstMillisecond)
    return try await read { session in
      let reader = try FigureReader(session)
      let streams = try reader.streams(of: query.checks, scope: query.scope, until: moments.last ?? 0)
      return try zip(streams, reader.tallies(of: streams, between: moments)).map { stream, tallies in
        TallySeries(check: stream.check, region: stream.region, tallies: tallies)
      }
    }
  }

  package func latencySeries(
    of check: CheckID, region: String?, boundaries: [Timestamp]
  ) async throws -> [LatencyHistogram] {
    let moments = boundaries.map(\.firstMillisecond)
    return try await read { session in
      let reader = try FigureReader(session)
      let streams = try reader.streams(of: [check], scope: region.map { .only($0) } ?? .each, until: nil)
      var histograms = Array(repeating: LatencyHistogram(), count: max(0, moments.count - 1))
      for own in try reader.latencies(of: streams, between: moments) {
        for (index, histogram) in own.enumerated() { histograms[index].merge(histogram) }
      }
      return histograms
    }
  }

  package func latency(
    of check: CheckID, region: String?, from: Timestamp, to: Timestamp
  ) async throws -> LatencyHistogram {
    try await latencySeries(of: check, region: region, boundaries: [from, to]).first ?? LatencyHistogram()
  }

  package func latencies(_ query: TallyQuery) async throws -> [LatencyRow] {
    let moments = [query.from.firstMillisecond, query.to.firstMillisecond]
    let isCombined = query.scope == .combined
    return try await read { session in
      let reader = try FigureReader(session)
      let streams = try reader.streams(
        of: query.checks, scope: isCombined ? .each : query.scope, until: nil)
      var found: [LatencyRow] = []
      for (stream, latencies) in zip(streams, try reader.latencies(of: streams, between: moments)) {
        if isCombined, let last = found.indices.last, found[last].check == stream.check {
          found[last].latency.merge(latencies[0])
        } else {
          found.append(
            LatencyRow(check: stream.check, region: isCombined ? nil : stream.region, latency: latencies[0]))
        }
      }
      return found
    }
  }
}
