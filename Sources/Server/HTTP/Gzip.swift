import CZlib

/// The gzip coding of responses (RFC 9110 section 8.4.1.3).
enum Gzip {
  /// Below this many bytes the coding saves nothing worth its time.
  static let worthwhileBytes = 1024

  /// Whether a request takes gzip, by its `Accept-Encoding` (RFC 9110 section 12.5.3). The coding must be named: `*`
  /// alone is sent by clients that cannot decode it.
  static func isAccepted(by acceptEncoding: String?) -> Bool {
    guard let acceptEncoding else { return false }
    for item in acceptEncoding.split(separator: ",") {
      let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
      guard let coding = parts.first?.lowercased(), coding == "gzip" || coding == "x-gzip" else { continue }
      let isRefused = parts.dropFirst().contains { parameter in
        let lower = parameter.lowercased()
        return lower.hasPrefix("q=") && Double(lower.dropFirst(2)) == 0
      }
      return !isRefused
    }
    return false
  }

  /// The bytes as one gzip member; nil when zlib finds no memory, or for more than its interface can count.
  static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count < Int(UInt32.max) / 2 else { return nil }
    var stream = z_stream()
    // Level 1 costs a third of level 6 and leaves texts like these some 15 % larger.
    guard curlew_deflate_begin_gzip(&stream, 1) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    var isDone = false
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      bytes.withUnsafeBufferPointer { input in
        // zlib's interface lacks const here; it does not write to its input.
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = uInt(input.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = uInt(bound)
        isDone = deflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      count = bound - Int(stream.avail_out)
    }
    return isDone ? output : nil
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text
    while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    return rest
  }
}
