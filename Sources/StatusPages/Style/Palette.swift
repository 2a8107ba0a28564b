/// The colours of pages in one scheme. A test holds every pair that stands together against WCAG 2.2 AA.
package struct Palette: Sendable {
  /// What a colour is for; its name in the style sheet.
  package enum Role: String, Hashable, Sendable, CaseIterable {
    /// Behind everything, behind lists and cards, and behind what is pointed at.
    case paper, card, wash
    /// Words, and words of less weight.
    case ink, soft
    /// Edges that say nothing by themselves.
    case line
    /// Words and shapes of a state.
    case up, degraded, down, unknown, maintenance
    /// Behind words of a state.
    case upWash = "up-wash", degradedWash = "degraded-wash", downWash = "down-wash", unknownWash = "unknown-wash"
    case maintenanceWash = "maintenance-wash"
    /// Bars and lines of charts.
    case barUp = "bar-up", barDegraded = "bar-degraded", barDown = "bar-down", barMaintenance = "bar-maintenance"
    case barNone = "bar-none"
  }

  private let colours: [Role: Colour]

  private init(_ colours: [Role: String]) {
    self.colours = colours.compactMapValues { Colour($0) }
  }

  /// A colour; black for one that is written wrong, which the test would see.
  package subscript(role: Role) -> Colour { colours[role] ?? Colour(red: 0, green: 0, blue: 0) }

  /// What accents stand on.
  package var backgrounds: [Colour] { [self[.paper], self[.card], self[.wash]] }

  package static let light = Palette([
    .paper: "#f8f8f6", .card: "#ffffff", .wash: "#f1f1ee", .ink: "#182025", .soft: "#57626a", .line: "#e2e2dd",
    .up: "#1b7350", .degraded: "#8a5600", .down: "#b3261e", .unknown: "#57626a", .maintenance: "#2f5ca8",
    .upWash: "#e9f5ef", .degradedWash: "#fcf3e1", .downWash: "#fcebe9", .unknownWash: "#eef0f1",
    .maintenanceWash: "#eaf1fb",
    .barUp: "#2f9a6c", .barDegraded: "#b97808", .barDown: "#c8372d", .barMaintenance: "#4a7fd0", .barNone: "#868f97",
  ])

  package static let dark = Palette([
    .paper: "#0f1315", .card: "#161b1e", .wash: "#1d2327", .ink: "#e9e9e5", .soft: "#a0abb3", .line: "#2b3237",
    .up: "#63c899", .degraded: "#e3ad4c", .down: "#f58a7e", .unknown: "#a0abb3", .maintenance: "#8fb5ec",
    .upWash: "#12271e", .degradedWash: "#2b2211", .downWash: "#331a18", .unknownWash: "#1d2327",
    .maintenanceWash: "#15222f",
    .barUp: "#45b383", .barDegraded: "#d99a2b", .barDown: "#ee6152", .barMaintenance: "#6b9ae2", .barNone: "#737e87",
  ])
}
