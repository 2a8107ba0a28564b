import Glibc
import Synchronization

/// A real PostgreSQL server for tests, in a temporary folder, at a port of 127.0.0.1 and in a Unix socket.
///
/// `shared` is one for all tests of a process, with a database of its own for each (`database()`); a test that restarts or
/// breaks its server starts one.
package actor PostgresServer {
  /// Its port at 127.0.0.1, also after a restart.
  package nonisolated let port: Int
  /// The folder of its Unix socket.
  package nonisolated let socketFolder: String
  /// Of its superuser, who is asked for it at 127.0.0.1 and not at the socket.
  package static let password = "correct horse 9% battery"
  package static let user = "curlew"

  private let folder: String
  private let isDurable: Bool
  private var process: ChildProcess?
  private var databases = 0

  /// The server that the tests of this process share. It ends with the process.
  package static func shared() async throws -> PostgresServer {
    try await sharedStart.value
  }

  private static let sharedStart = Task.detached { try await PostgresServer() }

  /// An empty database of the shared server, for one test.
  package static func database() async throws -> String {
    try await shared().makeDatabase()
  }

  /// Makes a cluster and starts its server.
  ///
  /// - Parameter isDurable: whether a commit waits for the disk, as it does for users.
  /// - Throws: what is missing on this machine: a test that needs PostgreSQL fails without it.
  package init(isDurable: Bool = false) async throws {
    self.isDurable = isDurable
    folder = try TestProgram.temporaryFolder()
    socketFolder = folder
    // It does not tell which port 0 became, and one that was just free may be taken by somebody else before it has it.
    port = try SocketServer { _ in }.port
    let binaries = try Self.binaries()
    try TestProgram.write(Self.password, to: "\(folder)/password")
    if getuid() == 0 {
      // The server refuses to run as root.
      try TestProgram.run(["chown", "-R", Self.account, folder], in: "/")
    }
    let made = try await ChildProcess.run(
      Self.asOrdinaryUser([
        "\(binaries)/initdb", "-D", "\(folder)/data", "-U", Self.user, "--pwfile=\(folder)/password", "-E", "UTF8",
        "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync",
      ]), in: folder)
    guard made.exitCode == 0 else { throw TestProgram.Failure(description: "initdb: \(made.stderr)") }
    try await start()
  }

  deinit {
    if let process { kill(process.id, SIGQUIT) }
    try? TestProgram.run(["rm", "-rf", folder], in: "/")
  }

  /// Starts it again after `stop`.
  package func start() async throws {
    let settings = [
      "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(socketFolder)", "max_connections=200",
      "fsync=\(isDurable ? "on" : "off")", "synchronous_commit=\(isDurable ? "on" : "off")", "log_statement=none",
      "shared_buffers=64MB", "autovacuum_naptime=10s",
    ]
    let binaries = try Self.binaries()
    let process = try ChildProcess(
      Self.asOrdinaryUser(
        ["\(binaries)/postgres", "-D", "\(folder)/data"] + settings.flatMap { ["-c", $0] }), in: folder)
    self.process = process
    _ = try await eventually("PostgreSQL answers") { () -> Bool? in
      guard process.ended == nil else {
        throw TestProgram.Failure(description: "postgres ended: \(process.stderr)")
      }
      return try await self.query("SELECT 1", in: "postgres") == "1" ? true : nil
    }
    try endWithTests(process.id)
  }

  /// Ends it.
  ///
  /// - Parameter signal: SIGINT breaks off what is under way, in order; SIGQUIT is a crash.
  package func stop(_ signal: CInt = SIGINT) async throws {
    process?.send(signal)
    _ = try await process?.outcome()
    process = nil
  }

  /// Stops and starts it.
  package func restart(_ signal: CInt = SIGINT) async throws {
    try await stop(signal)
    try await start()
  }

  /// Makes it a standby that follows nobody: it answers questions and takes no changes.
  package func becomeStandby() async throws {
    try await stop()
    try TestProgram.write("", to: "\(folder)/data/standby.signal")
    if getuid() == 0 { try TestProgram.run(["chown", Self.account, "\(folder)/data/standby.signal"], in: "/") }
    try await start()
  }

  /// Makes an empty database.
  ///
  /// - Returns: its URL, with the password.
  package func makeDatabase() async throws -> String {
    databases += 1
    let name = "test\(databases)"
    let said = try await query("CREATE DATABASE \(name) TEMPLATE template0", in: "postgres")
    guard said == "CREATE DATABASE" else { throw TestProgram.Failure(description: "no database was made: \(said)") }
    return url(of: name)
  }

  /// The URL of a database, with the password.
  package nonisolated func url(of database: String) -> String {
    let password = Self.password.map { $0.isLetter || $0.isNumber ? "\($0)" : $0 == "%" ? "%25" : "%20" }.joined()
    return "postgres://\(Self.user):\(password)@127.0.0.1:\(port)/\(database)"
  }

  /// What psql(1) prints for a statement, as superuser: rows of bare columns, or the command's tag.
  package nonisolated func query(_ sql: String, in database: String) async throws -> String {
    let outcome = try await ChildProcess.run(
      [
        "\(try Self.binaries())/psql", "-h", socketFolder, "-p", "\(port)", "-U", Self.user, "-d", database, "-X", "-A",
        "-t", "-c", sql,
      ])
    let said = outcome.exitCode == 0 ? outcome.stdout : outcome.stderr
    return said.split(separator: "\n").joined(separator: "\n")
  }

  // MARK: The system

  /// Ends the server with the tests, however they end, and then clears away what it kept.
  private func endWithTests(_ server: pid_t) throws {
    // In the background of a shell that ends at once: a child of the tests that nobody waited for would keep those tests
    // waiting for ever that run a process of their own.
    let script = """
      (
        while kill -0 $0 && kill -0 $1; do sleep 1; done 2>/dev/null
        if ! kill -0 $0 2>/dev/null; then
          kill -QUIT $1 2>/dev/null; while kill -0 $1 2>/dev/null; do sleep 0.1; done; rm -rf $2
        fi
      ) >/dev/null 2>&1 &
      """
    try TestProgram.run(["sh", "-c", script, "\(getpid())", "\(server)", folder], in: "/tmp")
  }

  /// The newest version that is installed.
  private static func binaries() throws -> String {
    let place = "/usr/lib/postgresql"
    var versions: [Int] = []
    if let folder = opendir(place) {
      defer { closedir(folder) }
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if let version = Int(name), access("\(place)/\(name)/bin/initdb", X_OK) == 0 { versions.append(version) }
      }
    }
    guard let newest = versions.max() else {
      throw TestProgram.Failure(
        description: "this test needs PostgreSQL in \(place); run .ci/install-packages test (Debian: postgresql)")
    }
    return "\(place)/\(newest)/bin"
  }

  private static let account = getpwnam("postgres") == nil ? "nobody" : "postgres"

  /// setpriv(1) keeps the process, so that signals reach the server itself.
  private static func asOrdinaryUser(_ command: [String]) -> [String] {
    guard getuid() == 0 else { return command }
    return ["setpriv", "--reuid", account, "--regid", account, "--clear-groups", "--inh-caps=-all"] + command
  }
}
