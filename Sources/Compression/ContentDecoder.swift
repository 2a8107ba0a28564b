import CBrotli
import CZlib

/// The content codings that bodies are decoded from.
package enum ContentCodings {
  /// The value of an `Accept-Encoding` field that asks for all of them.
  package static let accepted = "gzip, deflate, br"
}

/// Takes one content coding off a body, piece by piece (RFC 9110 section 8.4). What comes out is handed on in pieces of
/// at most 16 KiB, so that a small body that expands without end meets its limit before it meets memory's.
package final class ContentDecoder {
  private enum Engine {
    case inflate(UnsafeMutablePointer<z_stream>)
    case brotli(OpaquePointer)
  }

  /// What became of a piece.
  package enum Outcome {
    /// The next piece may come.
    case proceed
    /// Whoever takes the output wants no more.
    case stopped
    /// The bytes are not what the coding says.
    case malformed
  }

  private static let outputSize = 16 << 10

  /// The coding's name, for messages.
  package let name: String
  private var engine: Engine?
  private let output = UnsafeMutableRawPointer.allocate(byteCount: outputSize, alignment: 16)
  private let isDeflate: Bool
  /// Whether anything has come to be decoded.
  package private(set) var hasInput = false
  private var isComplete = false

  /// A decoder for a coding by its name in lower case; nil when it is not known. `raw deflate`, which is no name of HTTP's, is
  /// the bare stream of RFC 1951 and nothing else.
  package init?(_ name: String) {
    self.name = name
    switch name {
    case "gzip", "x-gzip":
      isDeflate = false
      engine = Self.inflate(windowBits: 15 + 16)
    case "deflate":
      // The engine is made when the first byte tells whether the zlib header is there.
      isDeflate = true
    case "raw deflate":
      isDeflate = false
      engine = Self.inflate(windowBits: -15)
    case "br":
      isDeflate = false
      engine = BrotliDecoderCreateInstance(nil, nil, nil).map { .brotli($0) }
    default: return nil
    }
  }

  deinit {
    switch engine {
    case .inflate(let stream):
      inflateEnd(stream)
      stream.deinitialize(count: 1)
      stream.deallocate()
    case .brotli(let state): BrotliDecoderDestroyInstance(state)
    case nil: break
    }
    output.deallocate()
  }

  /// Whether the stream reached its own end. A body of no bytes at all counts as one: servers label those too.
  package var isWhole: Bool { isComplete || !hasInput }

  private static func inflate(windowBits: CInt) -> Engine? {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard curlew_inflate_begin(stream, windowBits) == Z_OK else {
      stream.deallocate()
      return nil
    }
    return .inflate(stream)
  }

  /// Decodes the next piece and hands what comes out to `sink`, until that answers false.
  package func decode(_ input: UnsafeRawBufferPointer, into sink: (UnsafeRawBufferPointer) -> Bool) -> Outcome {
    guard let first = input.first else { return .proceed }
    if isDeflate, engine == nil {
      // RFC 9110 section 8.4.1.2: "deflate" is the zlib format, but some send the bare stream. The low four bits of a
      // zlib header are 8 (RFC 1950 section 2.2); a bare stream cannot begin so, bits 1 and 2 being its block type
      // 00, stored, with a following bit that must be padding.
      engine = Self.inflate(windowBits: first & 0x0f == 8 ? 15 : -15)
    }
    hasInput = true
    return switch engine {
    case .inflate(let stream): inflate(input, with: stream, into: sink)
    case .brotli(let state): decompress(input, with: state, into: sink)
    case nil: .malformed
    }
  }

  private func inflate(
    _ input: UnsafeRawBufferPointer, with stream: UnsafeMutablePointer<z_stream>,
    into sink: (UnsafeRawBufferPointer) -> Bool
  ) -> Outcome {
    // zlib.h: next_in is not written through, its type only lacks the const.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: Bytef.self))
    stream.pointee.avail_in = UInt32(input.count)
    repeat {
      if isComplete {
        // RFC 1952 section 2.2: a gzip file is a series of members. Anything else after the end is no gzip.
        guard name.hasSuffix("gzip"), stream.pointee.avail_in > 0, inflateReset(stream) == Z_OK else {
          return stream.pointee.avail_in == 0 ? .proceed : .malformed
        }
        isComplete = false
      }
      stream.pointee.next_out = output.assumingMemoryBound(to: Bytef.self)
      stream.pointee.avail_out = UInt32(Self.outputSize)
      let code = CZlib.inflate(stream, Z_NO_FLUSH)
      let count = Self.outputSize - Int(stream.pointee.avail_out)
      if count > 0, !sink(UnsafeRawBufferPointer(start: output, count: count)) { return .stopped }
      switch code {
      case Z_OK: break
      case Z_STREAM_END: isComplete = true
      case Z_BUF_ERROR: return .proceed
      default: return .malformed
      }
    } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    return .proceed
  }

  private func decompress(
    _ input: UnsafeRawBufferPointer, with state: OpaquePointer, into sink: (UnsafeRawBufferPointer) -> Bool
  ) -> Outcome {
    var next = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var left = input.count
    if isComplete { return .malformed }
    while true {
      var target: UnsafeMutablePointer<UInt8>? = output.assumingMemoryBound(to: UInt8.self)
      var room = Self.outputSize
      let result = BrotliDecoderDecompressStream(state, &left, &next, &room, &target, nil)
      let count = Self.outputSize - room
      if count > 0, !sink(UnsafeRawBufferPointer(start: output, count: count)) { return .stopped }
      switch result {
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: continue
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return .proceed
      case BROTLI_DECODER_RESULT_SUCCESS:
        isComplete = true
        return left == 0 ? .proceed : .malformed
      default: return .malformed
      }
    }
  }
}
