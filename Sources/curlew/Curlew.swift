import ArgumentParser
import Glibc

/// The one binary: parses the command line, and ends with the exit codes that docs/commands.md promises.
@main
struct Curlew: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curlew",
    abstract: "Watches services from outside: HTTP, TCP, TLS, DNS and ICMP checks from scenario files.",
    version: Version.text,
    subcommands: [
      RunCommand.self, CheckCommand.self, ValidateCommand.self, SchemaCommand.self, EvalCommand.self,
      ProbeCommand.self, ReportCommand.self, IncidentsCommand.self, ExcludeCommand.self, CloseCommand.self,
      RulesCommand.self, ImportCommand.self, HistoryCommand.self, ConvertCommand.self, TokenCommand.self,
      DemoCommand.self, BlackboxCommand.self, AgentCommand.self, HubCommand.self,
    ])

  static func main() async {
    // A reader that goes away, such as `curlew check | head`, is no reason to die half-way through a write.
    signal(SIGPIPE, SIG_IGN)
    var speaksOfTargets = false
    do {
      var command = try isBlackboxExporter ? BlackboxCommand.parseAsRoot(arguments) : parseAsRoot(arguments)
      speaksOfTargets = command is CheckCommand || command is ProbeCommand
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      Terminal.standardError.write("curlew: \(failure.message)\n")
      Glibc.exit(failure.exitCode)
    } catch {
      let code = exitCode(for: error)
      if code == .failure, !(error is ExitCode) {
        // Nobody expected it, so it is a fault of ours; 1 would hold it against a target.
        Terminal.standardError.write("curlew: \(error)\n")
        Glibc.exit(speaksOfTargets ? ExitStatus.unknown : ExitStatus.usage)
      }
      // Usage errors are 2 here, as for every other kind of wrong input.
      guard code == .validationFailure else { exit(withError: error) }
      let message = isBlackboxExporter ? BlackboxCommand.fullMessage(for: error) : fullMessage(for: error)
      Terminal.standardError.write(message + "\n")
      // As blackbox_exporter has it: whoever started that with a wrong flag saw 1.
      Glibc.exit(standsForBlackboxExporter ? 1 : ExitStatus.usage)
    }
  }

  /// What the command line says. `--flag=`, which blackbox_exporter takes for its default, is left out for it.
  private static var arguments: [String] {
    let written = Array(CommandLine.arguments.dropFirst())
    return standsForBlackboxExporter ? written.filter { !($0.hasPrefix("--") && $0.hasSuffix("=")) } : written
  }

  /// Whether the command is the one with blackbox_exporter's flags.
  private static var standsForBlackboxExporter: Bool {
    isBlackboxExporter || CommandLine.arguments.dropFirst().first == "blackbox"
  }

  /// Whether the binary was called by blackbox_exporter's name, as by a link to it.
  private static var isBlackboxExporter: Bool {
    CommandLine.arguments.first?.split(separator: "/").last.map(String.init) == BlackboxCommand.programName
  }
}

/// The exit codes of `curlew check` and of everything else.
enum ExitStatus {
  static let success: Int32 = 0
  static let down: Int32 = 1
  static let usage: Int32 = 2
  static let unknown: Int32 = 3
  static let interrupted: Int32 = 130
}

/// Why a command cannot go on: one clear sentence, or several diagnostics that were written already.
struct CommandFailure: Error {
  /// What is written after `curlew: `.
  var message: String
  var exitCode: Int32

  init(_ message: String, exitCode: Int32 = ExitStatus.usage) {
    self.message = message
    self.exitCode = exitCode
  }
}
