import Glibc

/// A real IRC server (ngircd) on a loopback port of its own, which wants its PING answered before it welcomes anybody.
package final class IRCServer: LocalPort {
  package let port: Int
  private let process: pid_t
  private let log: CInt

  /// Starts the server and returns once it listens.
  package init() throws {
    let folder = try TestProgram.temporaryFolder()
    // A port that was just free may be taken by somebody else before the server has it.
    for _ in 0..<5 {
      let port = try DeafPort().port
      if let (process, log) = try Self.start(in: folder, port: port) {
        self.port = port
        self.process = process
        self.log = log
        return
      }
    }
    throw TestProgram.Failure(description: "ngircd did not start; is the package ngircd installed?")
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(log)
  }

  private static func start(in folder: String, port: Int) throws -> (pid_t, CInt)? {
    try TestProgram.write(
      """
      [Global]
        Name = irc.example.test
        Info = a server for tests
        AdminEMail = admin@example.test
        Listen = 127.0.0.1
        Ports = \(port)
        MotdPhrase = hello
      [Options]
        DNS = no
        Ident = no
        PAM = no
        RequireAuthPing = yes
      """, to: "\(folder)/ngircd-\(port).conf")
    // As root it becomes nobody, who has to find its file.
    chmod(folder, 0o755)
    chmod("\(folder)/ngircd-\(port).conf", 0o644)
    let output = "\(folder)/log-\(port)"
    mkfifo(output, 0o600)
    // Opened for both directions, so that neither side waits for the other (fifo(7)).
    let log = open(output, O_RDWR | O_CLOEXEC)
    guard log >= 0 else { throw TestProgram.Failure(description: "\(output): \(errno)") }
    let process = try TestProgram.spawn(
      ["ngircd", "--nodaemon", "--config", "\(folder)/ngircd-\(port).conf"], in: folder, output: output)
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 1024)
    while case let count = read(log, &buffer, buffer.count), count > 0 {
      text += String(decoding: buffer[..<count], as: UTF8.self)
      if text.contains("ready.") { return (process, log) }
      // What env(1) says when there is no such program, and the server when the port is taken.
      if text.contains("No such file") || text.contains("Can't bind") || text.contains("exiting") { break }
    }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(log)
    return nil
  }
}
