package import Model

/// A library of two modules that probe by HTTP: `page` takes the status 200 alone, `absent` takes 404 alone.
package struct PageModules: ModuleLibrary {
  /// The one there is.
  package init() {}

  package var moduleNames: [String] { ["absent", "page"] }

  package func module(named name: String) -> (any ProbeModule)? {
    switch name {
    case "absent": Page(status: 404)
    case "page": Page(status: 200)
    default: nil
    }
  }

  private struct Page: ProbeModule {
    let status: Int

    var kind: ProbeKind { .http }

    func spec(for target: String) throws(ModuleFault) -> ProbeSpec {
      guard !target.contains(" ") else { throw ModuleFault(.templateFailed, "a host holds no blanks") }
      return .http(HTTPSpec(url: "http://\(target)"))
    }

    func failure(of observation: Observation, to spec: ProbeSpec) -> ProbeFailure? {
      guard case .http(let http) = observation.facts.detail, http.status == status else {
        return observation.failure ?? ProbeFailure(.expectationFailed, during: .receive, "not the status of the module")
      }
      return nil
    }
  }
}
