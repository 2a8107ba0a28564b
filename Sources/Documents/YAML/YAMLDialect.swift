/// What a format takes of YAML beyond a plain document of the 1.2 core schema.
package struct YAMLDialect: Hashable, Sendable {
  /// Whether what follows the first document is left unread; a second document is a fault otherwise.
  package var ignoresFurtherDocuments: Bool
  /// Whether `!!binary` scalars stand for the bytes that their base64 holds.
  package var decodesBinary: Bool
  /// Whether `<<` brings the entries of other maps (https://yaml.org/type/merge.html); it is a fault otherwise.
  package var mergesMaps: Bool

  /// What this project's own files are written in: one document, and nothing of YAML 1.1.
  package static let core = YAMLDialect(
    ignoresFurtherDocuments: false, decodesBinary: false, mergesMaps: false)

  /// What go-yaml v3 reads, and with it Prometheus and its exporters.
  package static let go = YAMLDialect(ignoresFurtherDocuments: true, decodesBinary: true, mergesMaps: true)

  /// A dialect with everything said.
  package init(ignoresFurtherDocuments: Bool, decodesBinary: Bool, mergesMaps: Bool) {
    self.ignoresFurtherDocuments = ignoresFurtherDocuments
    self.decodesBinary = decodesBinary
    self.mergesMaps = mergesMaps
  }
}
