/// Comma-separated values by RFC 4180: a head of names, and rows of as many values. Line ends are CR LF or LF alone.
struct CSVReader {
  /// One value, with the bytes that it stands in.
  struct Field {
    var text: String
    var range: Range<Int>
  }

  /// What keeps a text from being read, and where.
  struct Fault: Error {
    var message: String
    var range: Range<Int>
    var note: String?
  }

  private let bytes: [UInt8]
  private var index = 0

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// All records, the head among them.
  ///
  /// - Throws: the first fault; what follows one cannot be trusted.
  static func records(in bytes: [UInt8]) throws(Fault) -> [[Field]] {
    var reader = CSVReader(bytes)
    var records: [[Field]] = []
    while reader.index < bytes.count {
      let record = try reader.record()
      if let head = records.first, record.count != head.count {
        throw ragged(record, head: head)
      }
      records.append(record)
    }
    return records
  }

  private static func ragged(_ record: [Field], head: [Field]) -> Fault {
    let range = (record.first?.range.lowerBound ?? 0)..<(record.last?.range.upperBound ?? 0)
    let isBlank = record.count == 1 && range.isEmpty
    let found = isBlank ? "is empty" : "has \(record.count) value\(record.count == 1 ? "" : "s")"
    return Fault(
      message: "this row \(found), and the first line names \(head.count) variables", range: range,
      note: isBlank ? nil : "a value with a comma in it stands in quotes: \"a,b\"")
  }

  /// One record and the line end after it.
  private mutating func record() throws(Fault) -> [Field] {
    var fields: [Field] = []
    while true {
      fields.append(index < bytes.count && bytes[index] == Self.quote ? try quoted() : try plain())
      guard index < bytes.count else { return fields }
      if bytes[index] == Self.comma {
        index += 1
        continue
      }
      index += bytes[index] == Self.carriageReturn ? 2 : 1
      return fields
    }
  }

  private var isAtEnd: Bool {
    guard index < bytes.count else { return true }
    if bytes[index] == Self.comma || bytes[index] == Self.lineFeed { return true }
    return bytes[index] == Self.carriageReturn && index + 1 < bytes.count && bytes[index + 1] == Self.lineFeed
  }

  private mutating func plain() throws(Fault) -> Field {
    let start = index
    while !isAtEnd {
      if bytes[index] == Self.quote {
        throw Fault(
          message: "a quote stands in a value without quotes", range: index..<index + 1,
          note: "the whole value stands in quotes then, and each quote in it twice: \"say \"\"hi\"\"\"")
      }
      if bytes[index] == Self.carriageReturn {
        throw Fault(message: "a carriage return stands alone: lines end with LF or CR LF", range: index..<index + 1)
      }
      index += 1
    }
    return Field(text: String(decoding: bytes[start..<index], as: UTF8.self), range: start..<index)
  }

  private mutating func quoted() throws(Fault) -> Field {
    let start = index
    var text: [UInt8] = []
    index += 1
    while index < bytes.count {
      if bytes[index] == Self.quote {
        index += 1
        guard index < bytes.count, bytes[index] == Self.quote else {
          guard isAtEnd else {
            throw Fault(
              message: "after the closing quote only a comma or a line end may stand", range: index..<index + 1)
          }
          return Field(text: String(decoding: text, as: UTF8.self), range: start..<index)
        }
      }
      text.append(bytes[index])
      index += 1
    }
    throw Fault(message: "the quote that opens here is never closed", range: start..<start + 1)
  }
}
