import Model

/// The nodes and regions of a fleet on the status page: what is wrong with us, apart from what is wrong with targets.
struct FleetSection {
  var fleet: FleetStanding
  /// How many checks too few regions speak of.
  var blindChecks: Int

  func write(to html: inout HTMLWriter) {
    html.markup("<section class=\"fleet\" aria-label=\"Regions\">\n")
    if blindChecks > 0 {
      html.markup("<p>")
      html.glyph(.unknown)
      html.text("We are blind for \(Words.count(blindChecks, "check")): too few regions could say.")
      html.markup("</p>\n")
    }
    if fleet.regions.isEmpty {
      html.markup("<p>No node has registered yet.</p>\n")
    } else {
      html.markup("<ul>\n")
      for region in fleet.regions { write(region, to: &html) }
      html.markup("</ul>\n")
    }
    html.markup("</section>\n")
  }

  private func write(_ region: FleetStanding.Region, to html: inout HTMLWriter) {
    html.markup("<li>")
    html.glyph(region.state == .up ? .up : .unknown)
    html.isolated(region.name)
    html.text(" \(words(of: region))")
    let troubled = region.nodes.filter { $0.state != .up }
    if !troubled.isEmpty {
      html.markup("<ul>")
      for node in troubled {
        html.markup("<li>")
        html.isolated(node.name)
        html.text(" \(words(of: node))")
        html.markup("</li>")
      }
      html.markup("</ul>")
    }
    html.markup("</li>\n")
  }

  private func words(of region: FleetStanding.Region) -> String {
    let up = region.nodes.count { $0.state == .up }
    switch region.state {
    case .up: return "\(up) of \(Words.count(region.nodes.count, "node")) up"
    case .sick: return "sick: none of its \(Words.count(region.nodes.count, "node")) is believed"
    case .cutOff: return "cut off: nothing is heard of its \(Words.count(region.nodes.count, "node"))"
    }
  }

  private func words(of node: FleetStanding.Node) -> String {
    switch node.state {
    case .up: "up"
    case .sick: "sick: \(node.standing.quarantine?.reason ?? "it is not believed")"
    case .leaving: "leaving"
    case .silent: "silent since \(Words.since(node.standing.lastSeen, at: fleet.at))"
    }
  }
}
