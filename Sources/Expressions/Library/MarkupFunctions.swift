extension FunctionTable {
  /// `html(text)` and `xml(text)`, and `document.xpath(path)` on what they give.
  mutating func addMarkupFunctions() {
    for kind in [MarkupDocument.Kind.html, .xml] {
      one(kind.rawValue, [(.string, .document), (.bytes, .document)]) {
        (value: Value, frame: inout Frame) throws(EvaluationError) -> Value in
        switch value {
        case .string(let text): return .document(try frame.document(text, as: kind))
        case .bytes(let bytes):
          try frame.charge(bytes: bytes.count * 4)
          let encoding = TextEncoding.declared(by: bytes, as: kind) ?? .utf8
          return .document(try frame.document(try encoding.decode(bytes), as: kind))
        default: throw .noSuchOverload(kind.rawValue, value)
        }
      }
    }
    two("xpath", member: true, [(.document, .string, .list(.string))]) {
      (value: Value, path: Value, frame: inout Frame) throws(EvaluationError) -> Value in
      guard case .document(let document) = value, case .string(let source) = path else {
        throw .noSuchOverload("xpath", value, path)
      }
      try frame.charge(10)
      let strings: [String]
      do throws(MarkupError) {
        strings = try XPath(source).strings(in: document, budget: &frame.budget)
      } catch {
        throw error.evaluationError
      }
      try frame.charge(strings.count)
      return .list(strings.map { .string($0) })
    }
  }
}
