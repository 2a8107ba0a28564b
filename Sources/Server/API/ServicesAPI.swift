import Model

/// `/api/v1/services` and what stands below it.
struct ServicesAPI: Sendable {
  /// Every service with its state, in the order of the files; `?group=` chooses.
  func list(_ query: Query, overview: Overview) throws(Problem) -> Reply {
    var query = query
    let group = query.take("group")
    try query.finish()
    let edition = overview.edition
    let services = edition.checks.compactMap { edition.services[$0.id] }.filter { group == nil || $0.group == group }
    return Reply.json { json in
      json.member(
        "services",
        array: { json in for service in services { json.object { $0.write(service, in: overview) } } })
    }
  }

  /// One service.
  func one(_ id: String, _ query: Query, overview: Overview) throws(Problem) -> Reply {
    try query.finish()
    guard let service = CheckID(id).flatMap({ overview.edition.services[$0] }) else {
      throw Problem(.unknownService, "\"\(id)\" is the id of no service; /api/v1/services names all of them")
    }
    return Reply.json { $0.write(service, in: overview) }
  }
}

extension Overview {
  /// What is held of one check or service; nil for one that came later.
  func standing(of id: CheckID) -> CheckStanding? { edition.places[id].map { standings[$0] } }
}

extension JSONWriter {
  fileprivate mutating func write(_ service: ServiceDefinition, in overview: Overview) {
    let standing = overview.standing(of: service.id)
    member("id", service.id.text)
    member("name", service.name)
    member("group", service.group)
    member("labels", service.labels)
    member("every_ms", milliseconds: service.interval)
    member("rule", object: { $0.write(service.rule) })
    member(
      "members",
      array: { json in
        for each in service.members {
          json.object { json in
            json.member("check", each.check.text)
            json.member("weight", each.weight)
            json.member("verdict", overview.standing(of: each.check)?.state.verdict?.rawValue)
          }
        }
      })
    member("depends_on", array: { json in for id in service.dependsOn { json.value(id.text) } })
    member("objective", object: { $0.write(service.objective) })
    member("verdict", standing?.state.verdict?.rawValue)
    member("in_maintenance", standing?.isInMaintenance ?? false)
    member("since", standing?.since)
    member("reason", standing?.cause?.message)
  }

  private mutating func write(_ rule: ServiceRule) {
    switch rule {
    case .all: member("kind", "all")
    case .any: member("kind", "any")
    case .atLeast(let count):
      member("kind", "at_least")
      member("count", count)
    case .weighted(let share):
      member("kind", "weighted")
      member("down_below", share)
    }
  }
}
