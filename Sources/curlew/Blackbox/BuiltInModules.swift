import Blackbox
import Documents
import Model

/// The modules of `probes/blackbox.yml`, which a test holds to be without fault. They are read when the first scenario asks for
/// one: most ask for none, and would start the later for it.
struct BuiltInModules: ModuleLibrary {
  private static let library = BlackboxLibrary(
    BlackboxFile.read(PackageResources.library_yml, path: "library.yml", capabilities: Capabilities()).file
      ?? BlackboxFile(), in: ModuleProbing.surroundings(.mended))

  var moduleNames: [String] { Self.library.moduleNames }

  func module(named name: String) -> (any ProbeModule)? { Self.library.module(named: name) }
}
