import Model
import Scenarios

/// The status page of the demonstration, as a service file would describe it.
enum DemoPages {
  /// What stands in for a service file: one page that shows everything.
  static var service: ServiceFile {
    var file = ServiceFile()
    file.pages = [
      PageDefinition(
        id: "shop", path: "/status", title: "The shop of the demonstration",
        subtitle:
          "Made of one process on loopback. What is older than this start was made up, so that there is something to see.",
        accent: "#2b6c8f",
        sections: [
          PageSection(title: nil, selection: .chosen(["shop"].compactMap { CheckID($0) })),
          PageSection(title: "Shop", selection: .group("Shop")),
          PageSection(title: "Journeys", selection: .group("Journeys")),
          PageSection(title: "Infrastructure", selection: .group("Infrastructure"), isFolded: true),
        ])
    ]
    return file
  }
}
