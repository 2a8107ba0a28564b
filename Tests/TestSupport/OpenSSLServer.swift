import Glibc

/// A real TLS server, `openssl s_server`, on a port of its own at 127.0.0.1. It sends each line back with its
/// characters in reverse.
package final class OpenSSLServer: LocalPort {
  /// Where it listens.
  package let port: Int
  private let process: pid_t
  private let lines: Output

  /// Starts a server and returns when it listens.
  ///
  /// - Parameters:
  ///   - name: which of the certificates it shows, with the chain; `NAME.leaf` without.
  ///   - key: whose key goes with it, where that has another name.
  ///   - arguments: what else openssl-s_server(1) takes.
  package init(_ name: String, key: String? = nil, _ arguments: [String] = []) throws {
    let certificates = try Certificates.shared.get()
    let output = certificates.path("server-\(UInt64.random(in: 0 ... .max))")
    mkfifo(output, 0o600)
    // Opened for both directions, so that neither side waits for the other (fifo(7)).
    guard let lines = fopen(output, "r+e") else { throw TestProgram.Failure(description: "\(output): \(errno)") }
    defer { unlink(output) }
    let leaf = name.hasSuffix(".leaf") ? String(name.dropLast(5)) : name
    let hasChain = leaf == name && access(certificates.path("\(leaf).chain.pem"), F_OK) == 0
    process = try TestProgram.spawn(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "\(leaf).leaf.pem", "-key", "\(key ?? leaf).key",
        "-rev",
      ]
        + (hasChain ? ["-cert_chain", "\(leaf).chain.pem"] : []) + arguments,
      in: certificates.folder, output: output)
    self.lines = Output(file: lines)
    var seen: [String] = []
    while let line = self.lines.next() {
      seen.append(line)
      if line.hasPrefix("ACCEPT "), let port = line.split(separator: ":").last.flatMap({ Int($0) }) {
        self.port = port
        return
      }
      if line.contains("error") { break }
    }
    throw TestProgram.Failure(description: "openssl s_server did not start: \(seen)")
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    fclose(lines.file)
  }

  private struct Output: @unchecked Sendable {
    // Sound: read while the server starts, and after that only closed.
    let file: UnsafeMutablePointer<FILE>

    func next() -> String? {
      var bytes: [UInt8] = []
      var byte = fgetc(file)
      while byte >= 0, byte != 10 {
        bytes.append(UInt8(byte))
        byte = fgetc(file)
      }
      return byte < 0 ? nil : String(decoding: bytes, as: UTF8.self)
    }
  }
}
