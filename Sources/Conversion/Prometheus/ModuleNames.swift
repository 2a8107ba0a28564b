import Documents

extension Conversion {
  /// The names of the modules in a configuration file of blackbox_exporter; nil for a file that is none.
  package static func moduleNames(in bytes: [UInt8]) -> Set<String>? {
    let source = Documents.SourceText(path: "blackbox.yml", folder: ".", bytes: bytes)
    guard case .node(let root) = YAMLComposer.compose(source, sink: DiagnosticSink()),
      case .mapping(let entries)? = root.entry(named: "modules")?.value.content
    else { return nil }
    return Set(entries.map(\.name))
  }
}
