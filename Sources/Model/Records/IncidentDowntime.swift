extension IncidentStore {
  /// When checks and services were in an incident that opened by itself: what downtime over time is made of.
  ///
  /// - Parameters:
  ///   - checks: nil for all.
  ///   - to: the window's end, exclusive; what lasts still is cut there.
  /// - Returns: for each check with incidents, the stretches inside of [from, to), oldest first, none of which touch.
  package func downtime(
    of checks: [CheckID]?, from: Timestamp, to: Timestamp
  ) async throws -> [CheckID: [Range<Timestamp>]] {
    guard from < to else { return [:] }
    let wanted = checks.map(Set.init)
    var stretches: [CheckID: [Range<Timestamp>]] = [:]
    var query = IncidentQuery(checks: checks, from: from, to: to, origin: .automatic, limit: 1000)
    repeat {
      let page = try await incidents(query)
      // Latest begin first, so that what is new lies before what is there already, or reaches into it.
      for incident in page.incidents {
        guard let check = incident.check, wanted?.contains(check) ?? true else { continue }
        let begin = max(from, incident.began)
        let end = min(to, incident.ended ?? to)
        guard begin < end else { continue }
        var known = stretches[check, default: []]
        var whole = begin..<end
        while let next = known.last, next.lowerBound <= whole.upperBound {
          whole = begin..<max(whole.upperBound, next.upperBound)
          known.removeLast()
        }
        stretches[check] = known + [whole]
      }
      query.cursor = page.next
    } while query.cursor != nil
    return stretches.mapValues { $0.reversed() }
  }
}
