/// Answers lines of `{"id", "expr", "bindings", "container"?}` with `{"id", "value"}` or `{"id", "error"}`, in ProtoJSON:
/// what `curlew eval --batch -` does for each line. There is no type checker: everything is dynamic.
package struct BatchEvaluator: Sendable {
  private let limits: Limits

  /// - Parameter limits: what each line may cost.
  package init(limits: Limits = .standard) { self.limits = limits }

  /// What stops a line, in words.
  private struct Failure: Error {
    let message: String
  }

  /// The answer to one line, without a line end. Never fails: what is wrong is in the answer.
  package func answer(to line: String) -> String {
    var writer = JSONWriter()
    writer.append("{\"id\":")
    var id = Value.null
    do throws(Failure) {
      let request = try request(line)
      id = request["id"] ?? .null
      let value = try evaluate(request)
      var answer = writer
      try Self.mapping { () throws(EvaluationError) in
        try answer.write(id)
        answer.append(",\"value\":")
        try ProtoJSON.write(value, to: &answer)
      }
      answer.append("}")
      return String(decoding: answer.bytes, as: UTF8.self)
    } catch {
      writer.append(raw: (try? JSON.write(id)) ?? "null")
      writer.append(",\"error\":")
      writer.write(error.message)
      writer.append("}")
      return String(decoding: writer.bytes, as: UTF8.self)
    }
  }

  private static func mapping<Result>(_ body: () throws(EvaluationError) -> Result) throws(Failure) -> Result {
    do throws(EvaluationError) {
      return try body()
    } catch {
      throw Failure(message: error.message)
    }
  }

  private func request(_ line: String) throws(Failure) -> MapValue {
    do throws(JSONError) {
      // A level of a value is up to four of its ProtoJSON.
      let json = try JSON.parse(line, limits: JSON.Limits(depth: 1024))
      guard let request = json.asMap else {
        throw JSONError("a line is an object", at: 0, in: .init(start: nil, count: 0))
      }
      return request
    } catch {
      throw Failure(message: error.description)
    }
  }

  private func evaluate(_ request: MapValue) throws(Failure) -> Value {
    guard let source = request["expr"]?.asString else { throw Failure(message: "the line has no text 'expr'") }
    let container: String
    switch request["container"] ?? .null {
    case .null: container = ""
    case .string(let name): container = name
    default: throw Failure(message: "'container' is no text")
    }
    let bindings = try bindings(request["bindings"] ?? .null)
    let environment = Environment(
      variables: bindings.mapValues { _ in .dyn }, container: container, isLenient: true)
    let expression: Expression
    do throws(CompilationFailure) {
      expression = try environment.compile(source)
    } catch {
      throw Failure(message: error.description)
    }
    return try Self.mapping { () throws(EvaluationError) in try expression.evaluate(bindings, limits: limits) }
  }

  private func bindings(_ json: Value) throws(Failure) -> [String: Value] {
    if case .null = json { return [:] }
    guard let members = json.asMap?.builtEntries else { throw Failure(message: "'bindings' is no object") }
    var result: [String: Value] = [:]
    for (key, form) in members {
      do throws(ProtoJSON.DecodingError) {
        result[key.text] = try ProtoJSON.decode(form)
      } catch {
        throw Failure(message: "binding '\(key.text)': \(error.message)")
      }
    }
    return result
  }
}
