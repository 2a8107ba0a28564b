package import Model

/// The modules of a configuration file as scenarios use them.
package struct BlackboxLibrary: ModuleLibrary {
  package let secrets: [Secret]
  private let modules: [String: BlackboxModule]
  private let surroundings: ModuleSurroundings

  /// The modules of a file, in the surroundings that all of them share.
  package init(_ file: BlackboxFile, in surroundings: ModuleSurroundings) {
    modules = file.modules
    secrets = file.secrets
    self.surroundings = surroundings
  }

  package var moduleNames: [String] { modules.keys.sorted() }

  /// Nil for a module that names no prober, too: there is nothing to probe with.
  package func module(named name: String) -> (any ProbeModule)? {
    guard let module = modules[name], let prober = module.prober, let section = module.section else { return nil }
    return NamedModule(kind: prober.kind, section: section, surroundings: surroundings)
  }
}

/// A module's section with what it needs to make a spec.
private struct NamedModule: ProbeModule {
  let kind: ProbeKind
  let section: any ProberSection
  let surroundings: ModuleSurroundings

  func spec(for target: String) throws(ModuleFault) -> ProbeSpec {
    try section.spec(for: ProbeRequest(target: target), in: surroundings)
  }

  func failure(of observation: Observation, to spec: ProbeSpec) -> ProbeFailure? {
    section.verdict(on: observation, of: spec, surroundings.compatibility).failure
  }
}

extension BlackboxModule.ProberName {
  /// The prober as scenarios call it.
  fileprivate var kind: ProbeKind {
    switch self {
    case .http: .http
    case .tcp: .tcp
    case .icmp: .icmp
    case .dns: .dns
    case .grpc: .grpc
    case .unix: .unix
    case .websocket: .websocket
    case .udp: .udp
    }
  }
}
