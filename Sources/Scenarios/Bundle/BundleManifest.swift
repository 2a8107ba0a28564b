import Documents
import Model

/// What of a load is no file: one more member of the bundle, under a name that no file has.
struct BundleManifest: Hashable, Sendable {
  /// The name under which it travels.
  static let path = ""
  private static let version: UInt64 = 1

  /// What the command line said about variables.
  var overrides = Overrides()
  /// Directories that somebody names, such as those that programs start in; they are the node's own.
  var directories: [String] = []
  /// Files that hold secrets: known to be there, and never in the bundle.
  var secretFiles: [String] = []
  /// For a file with several names, each of them but the first: the first.
  var aliases: [String: String] = [:]
  /// The file of modules that scenarios can name, which holds secrets; nil for those that are built in.
  var modules: String?

  /// As bytes: the same for the same.
  var bytes: [UInt8] {
    var writer = BundleWriter()
    writer.write(Self.version)
    for list in [overrides.variables, overrides.variableFiles, overrides.bases, directories, secretFiles] {
      writer.write(list)
    }
    let names = aliases.keys.sorted()
    writer.write(names)
    writer.write(names.compactMap { aliases[$0] })
    writer.write(modules.map { [$0] } ?? [])
    return writer.bytes
  }

  /// A load without anything beside its files.
  init() {}

  /// Reads what `bytes` gave.
  init(_ bytes: [UInt8]) throws(BundleFault) {
    var reader = BundleReader(bytes)
    let version = try reader.number("the version of the bundle")
    guard version == Self.version else {
      throw BundleFault("the bundle is of version \(version), and this curlew reads version \(Self.version)")
    }
    overrides = Overrides(
      variables: try reader.texts("variables"), variableFiles: try reader.texts("files of variables"),
      bases: try reader.texts("bases"))
    directories = try reader.texts("directories")
    secretFiles = try reader.texts("files with secrets")
    let names = try reader.texts("aliases")
    let targets = try reader.texts("files of aliases")
    guard names.count == targets.count else { throw BundleFault("the bundle has aliases that lead nowhere") }
    aliases = Dictionary(zip(names, targets)) { first, _ in first }
    modules = try reader.texts("files of modules").first
    try reader.finish()
  }
}
