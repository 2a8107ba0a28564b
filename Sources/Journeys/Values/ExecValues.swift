import Expressions
import Model

/// The facts of a program's run as values.
enum ExecValues {
  static func value(of name: String, in exec: ExecFacts) -> Value? {
    switch name {
    case "exit_code": .int(Int64(exec.exitCode))
    case "stdout": .string(String(decoding: exec.stdout, as: UTF8.self))
    case "stderr": .string(String(decoding: exec.stderr, as: UTF8.self))
    case "metrics": .map(MapValue(exec.metrics.mapValues { .double($0) }))
    default: nil
    }
  }
}
