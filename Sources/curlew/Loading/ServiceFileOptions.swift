import ArgumentParser
import Documents
import Foundation
import History
import Logging
import Model
import PostgresHistory
import Scenarios
import Scheduling
import Server

/// The service file, and the flags that win over it.
struct ServiceFileOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The service file.", valueName: "curlew.yaml"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Where history is kept: sqlite:PATH, or postgres://user@host/database (default: curlew.db).", valueName: "url"))
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
  /// Opens the store that a user points at.
  ///
  /// - Throws: `CommandFailure` when there is none, or it cannot be used; no password is in its words.
  static func open(
    _ text: String, mode: SQLiteHistory.Mode, retention: HistoryRetention = .standard
  ) async throws -> any CurlewStore & HistoryArchive {
    do {
      switch try StoreLocation(text) {
      case .sqlite(let path): return try SQLiteHistory(path: path, mode: mode, retention: retention)
      case .postgres(let url):
        return try await PostgresHistory(url: url, retention: retention, isReadOnly: mode == .readOnly)
      }
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  /// The store as it may be told: without a password.
  static func name(of text: String) -> String {
    guard case .postgres(let url)? = try? StoreLocation(text) else { return text }
    return PostgresHistory.name(of: url)
  }

  /// Opens the store that the replicas of a hub share.
  ///
  /// - Parameter connections: how many there are at most.
  /// - Throws: `CommandFailure`, also for a store that only one process can use.
  static func openShared(
    _ text: String, connections: Int, retention: HistoryRetention = .standard
  ) async throws -> PostgresHistory {
    do {
      switch try StoreLocation(text) {
      case .sqlite(let path):
        throw HistoryError(
          "store \"\(path)\": the replicas of a hub share a PostgreSQL database; write --store postgres://user@host:port/database"
        )
      case .postgres(let url):
        return try await PostgresHistory(url: url, connections: connections, retention: retention)
      }
    } catch {
      throw CommandFailure("\(error)")
    }
  }
}
