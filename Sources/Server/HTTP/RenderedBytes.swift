import Compression

/// Bytes that are sent to many: their coding and their tag are made once.
struct RenderedBytes: Sendable {
  let bytes: [UInt8]
  /// Nil where it would save nothing.
  let gzip: [UInt8]?
  let tag: String

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    tag = EntityTag.of(bytes)
    gzip =
      bytes.count >= AcceptedCoding.worthwhileBytes ? GzipEncoder()?.encode(bytes, isLast: true) : nil
  }
}
