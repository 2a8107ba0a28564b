import Documents
import Expressions
import Model

/// The keys of `module`.
enum ModuleKeys {
  static let name = Key("name", .nonEmptyText, isRequired: true, "module of blackbox_exporter's kind to probe with")
  static let target = Key("target", .nonEmptyText, isRequired: true, "what is probed, as the module's prober takes it")

  static let table = SectionTable("module", [name.any, target.any] + JudgingKeys.all)
}

/// Turns a module's name and a target into what a prober is given.
enum ModuleDecoder {
  static func decode(_ section: Section) -> ProbeSpec? {
    let (name, target) = (section(ModuleKeys.name), section(ModuleKeys.target))
    guard let name, let module = module(named: name, section), let target else { return nil }
    do {
      return try module.spec(for: target)
    } catch {
      // A file that the module names may be there when it is needed; what is wrong with the target stays wrong.
      guard error.code != .internal || section.reader.phase == .run else { return nil }
      let place = section.entry(ModuleKeys.target.name)?.value ?? section.node
      section.reader.fault("module '\(name.escaped)' cannot probe '\(target.escaped)': \(error)", at: place)
      return nil
    }
  }

  private static func module(named name: String, _ section: Section) -> (any ProbeModule)? {
    let modules = section.reader.surroundings.capabilities.modules
    if let module = modules.module(named: name) { return module }
    let names = modules.moduleNames
    section.reader.fault(
      "there is no module '\(name.escaped)'", at: section.entry(ModuleKeys.name.name)?.value ?? section.node,
      notes: names.isEmpty ? ["name a file of modules by --modules, or by 'modules' in the service file"] : [],
      allowed: names, suggestion: Suggestion.nearest(to: name, among: names))
    return nil
  }
}

extension YAMLNode {
  /// The name of the module in a probe's map, where no template stands for it.
  var moduleName: String? { entry(named: ModuleKeys.name.name)?.value.scalarText }
}
