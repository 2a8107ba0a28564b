/// The demonstration's scenario, built into the binary from `scenarios/demo.yaml`.
enum DemoScenario {
  static let text = String(decoding: PackageResources.demo_yaml, as: UTF8.self)
}
