import Model

/// `/api/v1/nodes` and `/api/v1/regions`: who runs the checks of a fleet.
struct FleetAPI: Sendable {
  var fleet: FleetSources

  /// Every node that was heard of within a day, by region and name; `?region=` and `?state=` choose.
  func nodes(_ query: Query) throws(Problem) -> Reply {
    var query = query
    let region = query.take("region")
    let states = FleetStanding.NodeState.allCases.map(\.rawValue).joined(separator: ", ")
    let state = try query.take("state", allowed: "give one of \(states)") { FleetStanding.NodeState(rawValue: $0) }
    try query.finish()
    let standing = FleetStanding(fleet.view)
    return Reply.json { json in
      json.member(
        "nodes",
        array: { json in
          for node in standing.nodes
          where (region == nil || node.region == region) && (state == nil || node.state == state) {
            json.object { $0.write(node) }
          }
        })
    }
  }

  /// Every region that a node was heard of from within a day, by name.
  func regions(_ query: Query) throws(Problem) -> Reply {
    try query.finish()
    let standing = FleetStanding(fleet.view)
    return Reply.json { json in
      json.member(
        "regions",
        array: { json in
          for region in standing.regions { json.object { $0.write(region) } }
        })
    }
  }
}

extension JSONWriter {
  fileprivate mutating func write(_ node: FleetStanding.Node) {
    let (standing, beat) = (node.standing, node.standing.beat)
    member("name", node.name)
    member("region", node.region)
    member("state", node.state.rawValue)
    member("labels", standing.description.labels)
    member("version", standing.description.version)
    member("registered", standing.registered)
    member("last_seen", standing.lastSeen)
    if let quarantine = standing.quarantine {
      member(
        "quarantine",
        object: { json in
          json.member("since", quarantine.since)
          json.member("reason", quarantine.reason)
        })
    } else {
      null("quarantine")
    }
    member("configuration", Int(beat?.configuration ?? 0))
    member("epoch", Int(beat?.epoch ?? 0))
    member("checks", beat?.checks ?? 0)
    member("clock_offset_ms", beat?.clockOffset?.milliseconds)
    member(
      "spool",
      object: { json in
        json.member("runs", beat?.spoolLength ?? 0)
        json.member("oldest_ms", milliseconds: beat?.oldestWait)
        json.member("dropped", beat?.dropped ?? 0)
      })
  }

  fileprivate mutating func write(_ region: FleetStanding.Region) {
    member("name", region.name)
    member("state", region.state.rawValue)
    member("labels", region.labels)
    member("epoch", region.epoch.map { Int($0) })
    member(
      "nodes",
      object: { json in
        json.member("up", region.nodes.count { $0.state == .up })
        json.member("sick", region.nodes.count { $0.state == .sick })
        json.member("leaving", region.nodes.count { $0.state == .leaving })
        json.member("silent", region.nodes.count { $0.state == .silent })
      })
  }
}
