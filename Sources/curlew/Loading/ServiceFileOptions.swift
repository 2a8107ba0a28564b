import ArgumentParser
import Documents
import Foundation
import History
import Logging
import Model
import Scenarios
import Scheduling
import Server

/// The service file, and the flags that win over it.
struct ServiceFileOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The service file.", valueName: "curlew.yaml"))
  var config: String?

  @Option(help: ArgumentHelp("Where history is kept: sqlite:PATH (default: curlew.db).", valueName: "url"))
  var store: String?

  /// The settings of the service file, with the store of the command line.
  ///
  /// - Throws: `CommandFailure` when there is anything wrong in the file; its diagnostics are written.
  func settings() throws -> ServiceFile {
    var file = try Self.settings(of: config)
    if let store { file.store = store }
    return file
  }

  /// The settings of a service file, or those of none.
  ///
  /// - Throws: `CommandFailure` when there is anything wrong in the file; its diagnostics are written.
  static func settings(of config: String?) throws -> ServiceFile {
    guard let config else { return ServiceFile() }
    let result = ServiceFileLoader().load(config)
    if !result.diagnostics.isEmpty {
      Terminal.standardError.write(result.diagnostics.map { $0.rendered() }.joined(separator: "\n\n") + "\n")
    }
    guard let file = result.file else {
      throw CommandFailure("\(HumanText.count(result.diagnostics.count, "problem")) in '\(config)'")
    }
    return file
  }
}

/// Opens the history that a command reads or fills.
enum OpenedStore {
  static func open(
    _ text: String, mode: SQLiteHistory.Mode, retention: HistoryRetention = .standard
  ) throws -> SQLiteHistory {
    do {
      switch try StoreLocation(text) {
      case .sqlite(let path): return try SQLiteHistory(path: path, mode: mode, retention: retention)
      }
    } catch {
      throw CommandFailure("\(error)")
    }
  }
}
