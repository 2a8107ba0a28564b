package import Documents
import Expressions
package import Fleet

/// All that scenario files say, as it travels from a hub to its nodes: every file that a load read, the files that probes
/// send, and what the command line said. Values of secrets and of the environment are not in it (`ScenarioSupply`).
///
/// The same files under the same paths give the same bytes and the same digest, on every replica of a hub.
package struct ScenarioBundle: Hashable, Sendable {
  /// The most bytes of all files together: a node holds them in memory.
  package static let sizeLimit = 32 << 20
  /// The most files.
  package static let fileLimit = 100_000
  private static let version: UInt64 = 1

  struct File: Hashable, Sendable {
    /// SHA-256 of the content, in hex.
    let digest: String
    let content: [UInt8]

    init(_ content: [UInt8]) {
      digest = HexText.of(Digest.sha256(content))
      self.content = content
    }
  }

  /// SHA-256 over the names and digests of all files, in hex.
  package let digest: String
  /// The files that a load begins with, in order: those of directories one by one.
  package let roots: [String]
  /// By path, as whoever named them wrote it.
  let files: [String: File]
  let manifest: BundleManifest

  /// The files of a load.
  ///
  /// - Parameters:
  ///   - scenario: what was loaded from `recording`.
  ///   - overrides: what the load was told.
  ///   - modules: the file of modules that the load could name; nil for those that are built in.
  /// - Throws: `BundleFault` where a file that probes send cannot be read, or where all are too large.
  package init(
    of scenario: Scenario, from recording: RecordingFiles, overrides: Overrides = Overrides(),
    standardInput: [UInt8]? = nil, modules: String? = nil
  ) throws(BundleFault) {
    let record = recording.record
    var manifest = BundleManifest()
    manifest.overrides = overrides
    manifest.modules = modules
    manifest.secretFiles = record.secrets.union(modules.map { [$0] } ?? []).sorted()
    manifest.directories = record.named.filter { $0.value == .directory }.keys.sorted()
    var files: [String: File] = [:]
    for (path, kind) in record.named where kind == .file && !manifest.secretFiles.contains(path) {
      do throws(FileProblem) {
        // What was not read, only named, is what probes send.
        if let content = record.contents[path] {
          files[path] = File(content)
        } else {
          files[path] = File(try recording.read(path, limit: ScenarioLoader.fileLimit))
        }
      } catch {
        throw BundleFault("'\(path)' cannot travel to nodes: \(error)")
      }
    }
    if scenario.roots.contains(FileCollector.standardInput), let standardInput {
      files[FileCollector.standardInput] = File(standardInput)
    }
    manifest.aliases = Self.aliases(of: files.keys.sorted(), in: recording)
    files[BundleManifest.path] = File(manifest.bytes)
    try self.init(roots: scenario.roots, files: files, manifest: manifest)
  }

  private init(roots: [String], files: [String: File], manifest: BundleManifest) throws(BundleFault) {
    let size = files.reduce(0) { $0 + $1.key.utf8.count + $1.value.content.count }
    guard size <= Self.sizeLimit else {
      throw BundleFault(
        "the scenario files and what they name are \(size >> 20) MiB together; \(Self.sizeLimit >> 20) MiB can travel to nodes"
      )
    }
    guard files.count <= Self.fileLimit, roots.count <= Self.fileLimit else {
      throw BundleFault("\(files.count) files are too many; \(Self.fileLimit) can travel to nodes")
    }
    self.roots = roots
    self.files = files
    self.manifest = manifest
    var writer = BundleWriter()
    writer.write(roots)
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      writer.write(path)
      writer.write(file.digest)
    }
    digest = HexText.of(Digest.sha256(writer.bytes))
  }

  private init(roots: [String], files: [String: File]) throws(BundleFault) {
    guard let manifest = files[BundleManifest.path] else {
      throw BundleFault("the bundle does not say how it is loaded")
    }
    try self.init(roots: roots, files: files, manifest: BundleManifest(manifest.content))
  }

  /// Which files have several names: those of a symbolic link, say.
  private static func aliases(of paths: [String], in files: any DocumentFiles) -> [String: String] {
    var first: [String: String] = [:]
    var aliases: [String: String] = [:]
    for path in paths {
      guard let real = files.realPath(path) else { continue }
      if let known = first[real] { aliases[path] = known } else { first[real] = path }
    }
    return aliases
  }

  // MARK: Bytes

  /// As it is stored (`FleetStore.publish`).
  package var bytes: [UInt8] {
    var writer = BundleWriter()
    writer.write(Self.version)
    writer.write(roots)
    writer.write(UInt64(files.count))
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      writer.write(path)
      writer.write(file.content)
    }
    return writer.bytes
  }

  /// Reads what `bytes` gave.
  package init(_ bytes: [UInt8]) throws(BundleFault) {
    guard bytes.count <= Self.sizeLimit + (1 << 20) else {
      throw BundleFault("a bundle of \(bytes.count) bytes is longer than \(Self.sizeLimit >> 20) MiB")
    }
    var reader = BundleReader(bytes)
    let version = try reader.number("the version of the bundle")
    guard version == Self.version else {
      throw BundleFault("the bundle is of version \(version), and this curlew reads version \(Self.version)")
    }
    let roots = try reader.texts("roots")
    var files: [String: File] = [:]
    for _ in 0..<(try reader.count("files")) {
      let path = try reader.text("a path")
      let content = try reader.content("a file")
      guard files.updateValue(File(content), forKey: path) == nil else {
        throw BundleFault("'\(path)' is in the bundle twice")
      }
    }
    try reader.finish()
    try self.init(roots: roots, files: files)
  }

  // MARK: Changes

  /// What somebody lacks who has another bundle: contents of those files alone that are in no file of it.
  ///
  /// - Parameter other: what they have; nil for nothing.
  package func change(from other: ScenarioBundle? = nil, version: Int64) -> ConfigurationChange {
    let known = Set((other?.files ?? [:]).values.map(\.digest))
    return ConfigurationChange(
      version: version, digest: digest, roots: roots,
      files: files.sorted { $0.key < $1.key }.map { path, file in
        ConfigurationChange.File(
          path: path, digest: file.digest,
          content: known.contains(file.digest) ? nil : Base64.encode(file.content))
      })
  }

  /// The bundle after a change.
  ///
  /// - Parameter other: what was known before.
  /// - Throws: `BundleFault` where a content is missing, or is not what its digest says: then all of it is asked for anew.
  package init(applying change: ConfigurationChange, to other: ScenarioBundle? = nil) throws(BundleFault) {
    guard change.files.count <= Self.fileLimit else { throw BundleFault("\(change.files.count) files are too many") }
    let known = Dictionary((other?.files ?? [:]).values.map { ($0.digest, $0) }) { first, _ in first }
    var files: [String: File] = [:]
    for entry in change.files {
      let file: File
      if let text = entry.content {
        guard let content = Base64.decode(text) else {
          throw BundleFault("the content of '\(entry.path)' is no base64")
        }
        file = File(content)
      } else {
        guard let before = known[entry.digest] else { throw BundleFault("the content of '\(entry.path)' is missing") }
        file = before
      }
      guard file.digest == entry.digest else {
        throw BundleFault("the content of '\(entry.path)' is not that of its digest")
      }
      guard files.updateValue(file, forKey: entry.path) == nil else {
        throw BundleFault("'\(entry.path)' is in the bundle twice")
      }
    }
    try self.init(roots: change.roots, files: files)
    guard digest == change.digest else {
      throw BundleFault("the files together are not those of the digest \(String(change.digest.prefix(16)).escaped)")
    }
  }

  // MARK: Loading

  /// The file of modules that its scenarios can name, to be read from `files`; nil for those that are built in.
  package var modules: String? { manifest.modules }

  /// Its files, with those among the supplied values: for `ScenarioLoader` and readers of modules.
  package func files(supplied: SuppliedValues) -> any DocumentFiles { BundleFiles(self, supplied: supplied) }

  /// Its files as another replica of the hub has them: those with secrets are read from its own disk; what is not there is
  /// empty.
  package func files(secretsFrom disk: any DocumentFiles) -> any DocumentFiles {
    var supplied = SuppliedValues()
    for path in manifest.secretFiles {
      guard let bytes = try? disk.read(path, limit: ScenarioLoader.fileLimit),
        let text = String(validating: bytes, as: UTF8.self)
      else { continue }
      supplied.secrets[path] = [SecretName.wholeFile: text]
    }
    return files(supplied: supplied)
  }

  /// What another replica of the hub says: its own environment and secrets.
  ///
  /// - Parameter files: those of `files(secretsFrom:)`.
  package func load(
    environment: [String: String], capabilities: Capabilities, files documents: any DocumentFiles
  ) -> LoadResult {
    ScenarioLoader(environment: environment, capabilities: capabilities, files: documents, findsNeeds: true)
      .load(paths: roots, overrides: manifest.overrides, standardInput: files[FileCollector.standardInput]?.content)
  }

  /// The checks that the values are for, as the hub has them.
  ///
  /// What was not supplied is empty, and makes no diagnostic. A check that should be there and cannot be loaded is told, and
  /// the others are there all the same.
  package func load(supplied: SuppliedValues, capabilities: Capabilities = Capabilities()) -> LoadResult {
    ScenarioLoader(supplied: supplied, capabilities: capabilities, files: files(supplied: supplied))
      .load(paths: roots, overrides: manifest.overrides, standardInput: files[FileCollector.standardInput]?.content)
  }
}
