import Expressions
import HTTPTypes
import Model

/// Says of an uploaded form (RFC 7578) what arrived.
enum ShopUpload {
  private struct Part {
    var name: String
    var fileName: String?
    var type: String?
    var content: ArraySlice<UInt8>
  }

  private static let mostParts = 100

  static func answer(_ request: ShopRequest) throws(ShopReply.Problem) -> ShopReply {
    guard request.mediaType == "multipart/form-data" else {
      throw ShopReply.Problem(.unsupportedMediaType, "send multipart/form-data, not \"\(request.mediaType)\"")
    }
    let type = request.headers[.contentType] ?? ""
    guard let boundary = parameter("boundary", of: type), (1...70).contains(boundary.utf8.count) else {
      throw ShopReply.Problem(.badRequest, "the content type has no boundary of 1 to 70 characters")
    }
    let parts = try parts(of: request.body, boundary: Array(boundary.utf8))
    return .json(.created) { json in
      json.member(
        "parts",
        array: { json in
          for part in parts {
            json.object { json in
              json.member("name", part.name)
              json.member("filename", part.fileName)
              json.member("type", part.type)
              json.member("size", part.content.count)
              json.member("sha256", hex(Digest.sha256(Array(part.content))))
            }
          }
        })
    }
  }

  /// RFC 2046 section 5.1.1.
  private static func parts(
    of body: [UInt8], boundary: [UInt8]
  ) throws(ShopReply.Problem) -> [Part] {
    let broken = ShopReply.Problem(.badRequest, "the body is no multipart/form-data with this boundary")
    let delimiter = Array("\r\n--".utf8) + boundary
    // The first delimiter may stand at the very start.
    let bytes = Array("\r\n".utf8) + body
    var places = ByteSearch(delimiter, in: bytes)
    guard var start = places.next() else { throw broken }
    var parts: [Part] = []
    while true {
      let rest = bytes[(start + delimiter.count)...]
      if rest.starts(with: [0x2D, 0x2D]) { return parts }
      guard rest.starts(with: [0x0D, 0x0A]), let end = places.next() else { throw broken }
      guard parts.count < mostParts else { throw ShopReply.Problem(.contentTooLarge, "more than \(mostParts) parts") }
      // The empty line that ends the head may be the delimiter's own.
      var heads = ByteSearch([0x0D, 0x0A, 0x0D, 0x0A], in: bytes, from: rest.startIndex)
      guard let headEnd = heads.next(), headEnd + 4 <= end else { throw broken }
      let head = String(decoding: bytes[rest.startIndex..<headEnd], as: UTF8.self)
      guard let part = part(head, bytes[(headEnd + 4)..<end]) else {
        throw ShopReply.Problem(.badRequest, "a part has no Content-Disposition with a name")
      }
      parts.append(part)
      start = end
    }
  }

  private static func part(_ head: String, _ content: ArraySlice<UInt8>) -> Part? {
    var fields: [String: String] = [:]
    for line in head.split(separator: "\r\n") {
      let halves = line.split(separator: ":", maxSplits: 1)
      if halves.count == 2 { fields[halves[0].lowercased()] = String(halves[1].drop { $0 == " " }) }
    }
    guard let disposition = fields["content-disposition"], let name = parameter("name", of: disposition) else {
      return nil
    }
    return Part(
      name: name, fileName: parameter("filename", of: disposition), type: fields["content-type"], content: content)
  }

  /// A parameter of a field's value, without its quotes.
  private static func parameter(_ name: String, of field: String) -> String? {
    for piece in field.split(separator: ";").dropFirst() {
      let halves = piece.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2, halves[0].lowercased() == name else { continue }
      let value = halves[1]
      return value.count >= 2 && value.hasPrefix("\"") && value.hasSuffix("\"")
        ? String(value.dropFirst().dropLast()) : String(value)
    }
    return nil
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// The places of one sequence of bytes in another, in order.
private struct ByteSearch {
  private let wanted: [UInt8]
  private let bytes: [UInt8]
  private var position: Int

  init(_ wanted: [UInt8], in bytes: [UInt8], from position: Int = 0) {
    self.wanted = wanted
    self.bytes = bytes
    self.position = position
  }

  mutating func next() -> Int? {
    while let first = bytes[position...].firstIndex(of: wanted[0]) {
      guard first + wanted.count <= bytes.count else { return nil }
      position = first + 1
      if bytes[first..<(first + wanted.count)].elementsEqual(wanted) { return first }
    }
    return nil
  }
}
