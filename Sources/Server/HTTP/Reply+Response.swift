import Compression
import Exposition
import HTTPTypes
import Hummingbird
import NIOCore

extension Reply {
  /// The answer with the coding and the headers that every answer has.
  ///
  /// - Parameter ifNoneMatch: what the reader has already.
  func response(to method: HTTPRequest.Method, acceptEncoding: String?, ifNoneMatch: String? = nil) -> Response {
    var headers = headers
    headers[.contentType] = type.text
    headers[.vary] = headers[.vary].map { $0 + ", Accept, Accept-Encoding" } ?? "Accept, Accept-Encoding"
    setFreshness(&headers)
    if isForEverySite { CrossOrigin.open(&headers) }
    let takesGzip = AcceptedCoding.isGzip(acceptedBy: acceptEncoding)
    let isRead = method == .get || method == .head
    let tag = isRead && status == .ok && freshness != .never ? self.tag : nil
    if let tag { headers[.eTag] = tag }
    if let tag, EntityTag.isNamed(tag, in: ifNoneMatch) {
      headers[.contentType] = nil
      SecurityHeaders.add(to: &headers)
      return Response(status: .notModified, headers: headers)
    }
    let body = self.body(takesGzip: takesGzip, &headers)
    if let tag, headers[.contentEncoding] != nil { headers[.eTag] = EntityTag.coded(tag) }
    SecurityHeaders.add(to: &headers)
    let response = Response(status: status, headers: headers, body: body)
    return method == .head ? response.createHeadResponse() : response
  }

  private func setFreshness(_ headers: inout HTTPFields) {
    guard headers[.cacheControl] == nil else { return }
    switch freshness {
    case .never: headers[.cacheControl] = "no-store"
    case .revalidated: headers[.cacheControl] = "no-cache"
    case .seconds(let seconds): headers[.cacheControl] = "public, max-age=\(seconds)"
    }
  }

  /// Nil of what has no end that could be seen beforehand.
  private var tag: String? {
    switch content {
    case .bytes(let bytes): EntityTag.of(bytes)
    case .rendered(let rendered): rendered.tag
    case .pieces, .events: nil
    }
  }

  private func body(takesGzip: Bool, _ headers: inout HTTPFields) -> ResponseBody {
    switch content {
    case .bytes(var bytes):
      if takesGzip, bytes.count >= AcceptedCoding.worthwhileBytes, let encoder = GzipEncoder() {
        bytes = encoder.encode(bytes, isLast: true)
        headers[.contentEncoding] = "gzip"
      }
      return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .rendered(let rendered):
      guard takesGzip, let gzip = rendered.gzip else {
        return ResponseBody(byteBuffer: ByteBuffer(bytes: rendered.bytes))
      }
      headers[.contentEncoding] = "gzip"
      return ResponseBody(byteBuffer: ByteBuffer(bytes: gzip))
    case .pieces(let first, let rest):
      // Before the header is sent, which must not name a coding that there is no memory for.
      let encoder = takesGzip ? GzipEncoder() : nil
      if encoder != nil { headers[.contentEncoding] = "gzip" }
      return Self.streamed(first, rest, through: encoder)
    case .events(let events):
      return ResponseBody { writer in
        for await bytes in events { try await writer.write(ByteBuffer(bytes: bytes)) }
        try await writer.finish(nil)
      }
    }
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
