package import Glibc
import Synchronization

/// Runs programs for tests: to the end, or beside the test with their output in a fifo.
package enum TestProgram {
  /// A program that could not do what a test needs.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
      self.description = description
    }
  }

  /// Held wherever a descriptor exists that the next program must not inherit.
  static let inheritance = Mutex(())

  /// Runs a program to its end.
  ///
  /// - Throws: what it wrote to standard error, when its exit code is not 0.
  package static func run(_ command: [String], in folder: String) throws {
    let log = "\(folder)/errors-\(UInt64.random(in: 0 ... .max))"
    let process = try spawn(command, in: folder, output: log)
    var status: CInt = 0
    waitpid(process, &status, 0)
    defer { unlink(log) }
    guard status == 0 else {
      throw Failure(description: "\(command.joined(separator: " ")): \(try read(log))")
    }
  }

  /// Starts a program, with both its outputs in a file or a fifo(7).
  package static func spawn(_ command: [String], in folder: String, output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // The folder is changed by env(1), because posix_spawn_file_actions_addchdir_np(3) is not open to Swift.
    var arguments: [UnsafeMutablePointer<CChar>?] = (["env", "-C", folder] + command).map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let code = inheritance.withLock { _ in posix_spawnp(&process, "env", &actions, nil, arguments, environ) }
    guard code == 0 else { throw Failure(description: "\(command[0]): \(String(cString: strerror(code)))") }
    return process
  }

  /// A new folder under the system's temporary one.
  package static func temporaryFolder() throws -> String {
    var template = Array("/tmp/curlew-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: \(errno)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Writes a file.
  package static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw Failure(description: "\(path): \(errno)") }
    fputs(text, file)
    fclose(file)
  }

  /// The content of a file.
  package static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Failure(description: "\(path): \(errno)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var byte = fgetc(file)
    while byte >= 0 {
      bytes.append(UInt8(byte))
      byte = fgetc(file)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
