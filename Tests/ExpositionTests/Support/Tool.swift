import Foundation

/// A program of the machine that judges our output.
struct Tool {
  /// What a program answered.
  struct Answer {
    let status: Int32
    /// Standard output and standard error together.
    let output: String
  }

  private let path: String

  /// - Parameter name: looked up in `PATH`; nil when no directory there has it.
  init?(_ name: String) {
    let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = directories.map { "\($0)/\(name)" }
    guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else { return nil }
    self.path = path
  }

  /// Runs the program to its end with the bytes as its standard input.
  func run(_ arguments: [String], input: [UInt8] = []) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    // A file and not a pipe: a program that exits without reading must not kill the tests with SIGPIPE.
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("exposition-\(UUID().uuidString)")
    try Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let standardInput = try FileHandle(forReadingFrom: file)
    defer { try? standardInput.close() }
    process.standardInput = standardInput
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Answer(status: process.terminationStatus, output: text)
  }
}
