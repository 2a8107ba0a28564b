import CZlib

/// Puts the gzip content coding on a body (RFC 9110 section 8.4.1.3).
package enum GzipEncoder {
  /// The bytes as one gzip member (RFC 1952); nil when zlib finds no memory, or for more than its interface can count.
  package static func encode(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count < Int(UInt32.max) / 2 else { return nil }
    var stream = z_stream()
    // Level 1 costs a third of level 6 and leaves texts like metrics pages some 15 % larger.
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
}
