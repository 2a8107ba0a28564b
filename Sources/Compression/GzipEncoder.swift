import CZlib
import Synchronization

/// Puts the gzip content coding on a body, piece by piece (RFC 9110 section 8.4.1.3; RFC 1952).
package final class GzipEncoder: Sendable {
  private static let outputSize = 64 << 10

  /// zlib's state, which has to stay where it is.
  private let stream: Mutex<UnsafeMutablePointer<z_stream>>

  /// An encoder for one body; nil when zlib finds no memory.
  package init?() {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // Level 1 costs a third of level 6 and leaves texts like metrics pages some 15 % larger.
    guard curlew_deflate_begin_gzip(stream, 1) == Z_OK else {
      stream.deallocate()
      return nil
    }
    self.stream = Mutex(stream)
  }

  deinit {
    stream.withLock { stream in
      _ = deflateEnd(stream)
      stream.deallocate()
    }
  }

  /// Takes the next piece, and gives what there is to be sent; it may be nothing yet.
  ///
  /// - Parameter isLast: whether the body ends with this piece.
  package func encode(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    stream.withLock { stream in
      var output: [UInt8] = []
      var rest = bytes[...]
      repeat {
        // zlib counts with 32 bits.
        let part = rest.prefix(1 << 30)
        rest = rest.dropFirst(part.count)
        Self.deflate(part, flush: isLast && rest.isEmpty ? Z_FINISH : Z_NO_FLUSH, by: stream, into: &output)
      } while !rest.isEmpty
      return output
    }
  }

  private static func deflate(
    _ part: ArraySlice<UInt8>, flush: CInt, by stream: UnsafeMutablePointer<z_stream>, into output: inout [UInt8]
  ) {
    part.withUnsafeBufferPointer { input in
      // zlib's interface lacks const here; it does not write to its input.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = uInt(input.count)
      // zlib.h: to be called again for as long as it fills all the room that it is given.
      repeat {
        withUnsafeTemporaryAllocation(byteCount: outputSize, alignment: 1) { buffer in
          stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: Bytef.self)
          stream.pointee.avail_out = uInt(buffer.count)
          CZlib.deflate(stream, flush)
          output.append(contentsOf: buffer.prefix(buffer.count - Int(stream.pointee.avail_out)))
        }
      } while stream.pointee.avail_out == 0
    }
  }
}
