import Expressions
import Model

extension [QueryResponse] {
  /// What is said, entry by entry.
  ///
  /// - Parameter endsLines: whether a line end is added to what is sent, as it is over a stream.
  /// - Throws: what of it cannot be said or told.
  func exchange(endsLines: Bool) throws(ModuleFault) -> SocketExchange {
    guard !isEmpty else { return .none }
    var steps: [DialogueStep] = []
    for (index, entry) in enumerated() {
      steps.append(.newEntry)
      if let pattern = entry.expect {
        try Self.check(entry.labels, of: index)
        steps.append(.expect(pattern.pattern, labels: entry.labels.map { HeaderField($0.name, $0.value) }))
      }
      if let bytes = entry.expectBytes, !bytes.isEmpty { steps.append(.expectBytes(bytes)) }
      if let bytes = entry.send, !bytes.isEmpty {
        // Groups have names in text alone; bytes that are none go as they are.
        if let text = String(validating: bytes, as: UTF8.self) {
          steps.append(.send(text))
        } else {
          steps.append(.sendBytes(endsLines ? bytes + [UInt8(ascii: "\n")] : bytes))
        }
      }
      if entry.startsTLS { steps.append(.startTLS) }
    }
    return .dialogue(steps)
  }

  /// Makes sure that TLS begins once, since upstream ends the scraper's connection without an answer otherwise.
  func checkTLS(usesTLS: Bool) throws(ModuleFault) {
    let starts = indices.filter { self[$0].startsTLS }
    if usesTLS, let first = starts.first {
      throw ModuleFault(
        .templateFailed,
        "'tls: true' and 'starttls' in query_response entry \(first) exclude each other: TLS begins once")
    }
    if starts.count > 1 {
      throw ModuleFault(
        .templateFailed,
        "'starttls' stands in query_response entries \(starts[0]) and \(starts[1]): TLS begins once on a connection")
    }
  }

  /// A series of wrong or doubled names would cost the scraper the whole page.
  private static func check(_ labels: [(name: String, value: String)], of index: Int) throws(ModuleFault) {
    var seen: Set<String> = []
    for label in labels {
      guard isLabelName(label.name) else {
        throw ModuleFault(
          .templateFailed,
          "the label \"\(label.name)\" of query_response entry \(index) is no name of a label: letters, digits and '_' are,"
            + " without a digit in front")
      }
      guard seen.insert(label.name).inserted else {
        throw ModuleFault(.templateFailed, "the label \"\(label.name)\" stands twice in query_response entry \(index)")
      }
    }
  }

  private static func isLabelName(_ name: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool {
      (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }
    return name.utf8.first.map(isLetter) == true && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) }
  }

  /// Whether TLS begins in the middle.
  var beginsTLS: Bool { contains(where: \.startsTLS) }
}
