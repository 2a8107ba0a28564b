import ArgumentParser
import Expressions
import Foundation

/// `curlew eval`: tries an expression.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Evaluates a CEL expression.",
    discussion: """
      With --batch - it reads one JSON object a line, {"id", "expr", "bindings": {name: cel.expr.Value}, "container"?}, \
      and answers each with {"id", "value"} or {"id", "error"}.
      """)

  @Argument(help: "The expression.")
  var expression: String?

  @Option(
    name: .customLong("vars"), help: ArgumentHelp("A JSON file whose members are variables.", valueName: "file.json"))
  var variablesFile: String?

  @Option(help: ArgumentHelp("Reads many expressions, from a file or - for standard input.", valueName: "file"))
  var batch: String?

  func validate() throws {
    switch (expression, batch) {
    case (nil, nil): throw ValidationError("give an expression, or --batch -")
    case (.some, .some): throw ValidationError("give an expression or --batch, not both")
    case (nil, .some) where variablesFile != nil:
      throw ValidationError("--vars goes with an expression; --batch has bindings")
    default: break
    }
  }

  func run() throws {
    if let batch { return try answer(linesOf: batch) }
    var variables: [String: Value] = [:]
    if let variablesFile { variables = try read(variablesFile) }
    let environment = Environment(variables: variables.mapValues { _ in .dyn })
    let source = expression ?? ""
    do {
      let value = try environment.compile(source).evaluate(variables)
      Terminal.standardOutput.write(try JSON.write(value) + "\n")
    } catch let failure as CompilationFailure {
      let problems = failure.issues.map { mark(source, $0.range) + $0.description }
      throw CommandFailure("the expression cannot be compiled\n" + problems.joined(separator: "\n"))
    } catch let failure as EvaluationError {
      throw CommandFailure(
        "the expression ended in an error\n" + mark(source, failure.range) + failure.message, exitCode: ExitStatus.down)
    }
  }

  /// The expression with carets under the part that is meant.
  private func mark(_ source: String, _ range: Range<Int>?) -> String {
    guard let range, !source.contains(where: \.isNewline) else { return "  " }
    let bytes = Array(source.utf8)
    let before = String(decoding: bytes.prefix(range.lowerBound), as: UTF8.self).unicodeScalars.count
    let width = String(decoding: bytes.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self).unicodeScalars
      .count
    let blanks = String(repeating: " ", count: before)
    return "  \(source)\n  \(blanks)\(String(repeating: "^", count: max(1, width)))\n  "
  }

  private func read(_ path: String) throws -> [String: Value] {
    let bytes = try bytes(of: path)
    do {
      guard case .map(let map) = try JSON.parse(Array(bytes)) else {
        throw CommandFailure("'\(path)' is no JSON object; its members would be the variables")
      }
      // Two names that are the same to Unicode are two members of JSON; the first holds.
      return Dictionary(map.names.compactMap { name in map[name].map { (name, $0) } }) { first, _ in first }
    } catch let error as JSONError {
      throw CommandFailure("\(path):\(error)")
    }
  }

  private func bytes(of path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw CommandFailure("cannot read '\(path)': \(error.localizedDescription)")
    }
  }

  private func answer(linesOf path: String) throws {
    let evaluator = BatchEvaluator()
    if path == "-" {
      while let line = readLine() { answer(line, by: evaluator) }
    } else {
      for line in try bytes(of: path).split(separator: UInt8(ascii: "\n")) {
        answer(String(decoding: line, as: UTF8.self), by: evaluator)
      }
    }
  }

  private func answer(_ line: String, by evaluator: BatchEvaluator) {
    guard !line.allSatisfy(\.isWhitespace) else { return }
    Terminal.standardOutput.write(evaluator.answer(to: line) + "\n")
  }
}
