import Glibc

/// The real `curlew` command, run as its users run it.
package enum CurlewProcess {
  /// Where the command is: what the environment variable CURLEW_BINARY says, else beside the running test bundle.
  package static let binary = Result { () throws -> String in
    let named: UnsafeMutablePointer<CChar>? = getenv("CURLEW_BINARY")
    if let named { return String(cString: named) }
    let real: UnsafeMutablePointer<CChar>? = realpath("/proc/self/exe", nil)
    defer { free(real) }
    let bundles = [real.map { String(cString: $0) } ?? ""] + CommandLine.arguments
    for bundle in bundles {
      guard let slash = bundle.lastIndex(of: "/") else { continue }
      let path = bundle[..<slash] + "/curlew"
      if access(String(path), X_OK) == 0 { return String(path) }
    }
    throw TestProgram.Failure(
      description: "there is no curlew beside \(bundles[0]); build it with `swift build`, or set CURLEW_BINARY")
  }

  /// Runs the command to its end.
  package static func run(
    _ arguments: [String], environment: [String: String] = [:], input: String = "", in directory: String? = nil,
    within limit: Duration = .seconds(60)
  ) async throws -> ChildProcess.Outcome {
    try await start(arguments, environment: environment, input: input, in: directory).outcome(within: limit)
  }

  /// Starts the command.
  package static func start(
    _ arguments: [String], environment: [String: String] = [:], input: String = "", in directory: String? = nil
  ) throws -> ChildProcess {
    try ChildProcess([try binary.get()] + arguments, environment: environment, input: input, in: directory)
  }
}
