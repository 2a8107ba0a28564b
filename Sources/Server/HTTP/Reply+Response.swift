import Compression
import Exposition
import HTTPTypes
import Hummingbird
import NIOCore

extension Reply {
  /// The answer with the coding and the headers that every answer has.
  func response(to method: HTTPRequest.Method, acceptEncoding: String?) -> Response {
    var headers = headers
    headers[.contentType] = type.text
    headers[.vary] = "Accept, Accept-Encoding"
    let takesGzip = AcceptedCoding.isGzip(acceptedBy: acceptEncoding)
    let body: ResponseBody
    switch content {
    case .bytes(var bytes):
      if takesGzip, bytes.count >= AcceptedCoding.worthwhileBytes, let encoder = GzipEncoder() {
        bytes = encoder.encode(bytes, isLast: true)
        headers[.contentEncoding] = "gzip"
      }
      body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .pieces(let first, let rest):
      // Before the header is sent, which must not name a coding that there is no memory for.
      let encoder = takesGzip ? GzipEncoder() : nil
      if encoder != nil { headers[.contentEncoding] = "gzip" }
      body = Self.streamed(first, rest, through: encoder)
    }
    SecurityHeaders.add(to: &headers)
    let response = Response(status: status, headers: headers, body: body)
    return method == .head ? response.createHeadResponse() : response
  }

  /// A body that is made while it is sent, no faster than the peer takes it.
  private static func streamed(_ first: [UInt8], _ rest: Rendering, through encoder: GzipEncoder?) -> ResponseBody {
    ResponseBody { writer in
      var rest = rest
      var piece: [UInt8]? = first
      while let bytes = piece {
        let coded = encoder?.encode(bytes, isLast: rest.isAtEnd) ?? bytes
        if !coded.isEmpty { try await writer.write(ByteBuffer(bytes: coded)) }
        piece = rest.next()
      }
      try await writer.finish(nil)
    }
  }
}
