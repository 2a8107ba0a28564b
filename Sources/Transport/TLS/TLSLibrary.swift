package import Model
import Synchronization

/// What TLS needs to be read from disk or parsed, kept for all probes of the process: trust stores, client certificates,
/// contexts. Bounded; files are read again when they change.
package final class TLSLibrary: Sendable {
  private let trustStores = TrustStores()
  private let settings = Mutex<BoundedCache<Key, Entry>>(BoundedCache(capacity: 512))
  /// No chain with a key is near it.
  private static let maxFileBytes = 1 << 20

  private struct Key: Hashable {
    var options: TLSOptions
    var folder: String
  }

  private struct Entry {
    var settings: TLSSettings
    var trustStore: TrustStore
    var stamps: [String: FileStamp]
  }

  /// An empty library.
  package init() {}

  /// The settings that the options describe.
  ///
  /// - Parameter folder: where relative paths in the options start from, and may not leave.
  /// - Throws: what is wrong with a file or the options, in words.
  package func settings(for options: TLSOptions, folder: String) throws(TLSSettingsFailure) -> TLSSettings {
    let trustStore: TrustStore
    if let text = options.caText {
      trustStore = try trustStores.store(ofText: text, name: "tls.ca")
    } else if let file = options.caFile {
      trustStore = try trustStores.store(ofFile: path(file, in: folder, key: "tls.ca"), name: "tls.ca \"\(file)\"")
    } else {
      trustStore = try trustStores.system()
    }
    // What only concerns the name is none of the context's business, and would only fill the cache.
    var shared = options
    shared.serverName = nil
    shared.verify = true
    // Absolute paths mean the same from every folder, and most options name no file at all.
    let key = Key(options: shared, folder: options.namesRelativeFile ? folder : "")
    if let entry = settings.withLock({ $0.value(for: key) }), entry.trustStore === trustStore,
      entry.stamps.allSatisfy({ FileStamp($0.key) == $0.value })
    {
      return entry.settings
    }
    var stamps: [String: FileStamp] = [:]
    let identity = try identity(of: options, in: folder, stamps: &stamps)
    let made = try TLSSettings(options: shared, trustStore: trustStore, identity: identity)
    settings.withLock { $0.insert(Entry(settings: made, trustStore: trustStore, stamps: stamps), for: key) }
    return made
  }

  private func identity(
    of options: TLSOptions, in folder: String, stamps: inout [String: FileStamp]
  ) throws(TLSSettingsFailure) -> ClientIdentity? {
    guard let certificate = options.certificate else {
      if options.key == nil { return nil }
      throw TLSSettingsFailure("tls.key is set without tls.cert; a client needs both")
    }
    let chain = try content(of: certificate, in: folder, key: "tls.cert", stamps: &stamps)
    guard let source = options.key else { return try ClientIdentity(certificate: chain, key: nil) }
    let key = try content(of: source, in: folder, key: "tls.key", stamps: &stamps)
    return try ClientIdentity(certificate: chain, key: key)
  }

  private func content(
    of source: PEMSource, in folder: String, key: String, stamps: inout [String: FileStamp]
  ) throws(TLSSettingsFailure) -> (bytes: [UInt8], name: String) {
    switch source {
    case .text(let text): return ([UInt8](text.utf8), key)
    case .file(let file):
      let path = try path(file, in: folder, key: key)
      do {
        let content = try FileReader.read(path, atMost: Self.maxFileBytes)
        stamps[path] = content.stamp
        return (content.bytes, "\(key) \"\(file)\"")
      } catch {
        throw TLSSettingsFailure("\(key) \"\(file)\" cannot be read: \(error.words)")
      }
    }
  }

  private func path(_ file: String, in folder: String, key: String) throws(TLSSettingsFailure) -> String {
    do throws(ConfinedPathProblem) {
      return try ConfinedPath.real(file, in: folder, allowsAbsolute: true)
    } catch {
      throw TLSSettingsFailure("\(key) \(error)")
    }
  }
}

extension TLSOptions {
  /// Whether a file is named whose place depends on the folder.
  fileprivate var namesRelativeFile: Bool {
    let files = [certificate, key].map { source in
      if case .file(let path)? = source { path } else { nil as String? }
    }
    return (files + [caFile]).contains { $0?.hasPrefix("/") == false }
  }
}
