import Glibc

/// A real nginx of its own on loopback ports, with its files in a temporary folder.
///
/// It inherits sockets that listen already, the way nginx hands them over when its binary is replaced (the environment
/// variable NGINX, http://nginx.org/en/docs/control.html#upgrade): so its ports are free for certain, and no test waits
/// for it to start.
package final class HTTPNginx: Sendable {
  /// The ports at 127.0.0.1: `http` plain, `https` with TLS and HTTP/2.
  package let http: Int
  package let https: Int
  /// The temporary folder; `www` in it is what is served.
  package let folder: String
  /// The certificate of `https`, signed by itself, for "localhost" and 127.0.0.1.
  package let certificate: String
  private let process: pid_t

  /// Starts nginx.
  ///
  /// - Parameters:
  ///   - files: what is served, by path.
  ///   - locations: directives inside of both `server` blocks.
  ///   - plainHTTP2: whether the `http` port speaks HTTP/2, and nothing else.
  ///   - secureHTTP2: whether the `https` port offers HTTP/2.
  package init(
    files: [String: String] = [:], locations: String = "", plainHTTP2: Bool = false, secureHTTP2: Bool = true
  ) throws {
    folder = try Self.temporaryFolder()
    mkdir("\(folder)/www", 0o755)
    for (path, content) in files { try Self.write(content, to: "\(folder)/www/\(path)") }
    certificate = "\(folder)/certificate.pem"
    try Self.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
      "-subj", "/CN=localhost",
      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "\(folder)/key.pem", "-out", certificate,
    ])
    let plain = try Self.listen()
    let secure = try Self.listen()
    http = plain.port
    https = secure.port
    try Self.write(
      """
      \(geteuid() == 0 ? "user root root;" : "") daemon off; worker_processes 1;
      pid \(folder)/pid; error_log \(folder)/error.log warn;
      events { worker_connections 512; }
      http {
        access_log off; root \(folder)/www; default_type text/plain;
        client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy; fastcgi_temp_path \(folder)/fastcgi;
        uwsgi_temp_path \(folder)/uwsgi; scgi_temp_path \(folder)/scgi;
        gzip_types *; gzip_min_length 1;
        server { listen 127.0.0.1:\(http)\(plainHTTP2 ? " http2" : ""); \(locations) }
        server {
          listen 127.0.0.1:\(https) ssl\(secureHTTP2 ? " http2" : "");
          ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate \(certificate); ssl_certificate_key \(folder)/key.pem;
          \(locations)
        }
      }
      """, to: "\(folder)/nginx.conf")
    process = try Self.spawn(
      ["nginx", "-p", folder, "-c", "\(folder)/nginx.conf", "-e", "\(folder)/error.log"],
      environment: ["NGINX=\(plain.descriptor);\(secure.descriptor);"])
    close(plain.descriptor)
    close(secure.descriptor)
  }

  deinit {
    stop()
  }

  /// Ends nginx and removes its files.
  package func stop() {
    // A fast shutdown, worker included (http://nginx.org/en/docs/control.html).
    kill(process, SIGTERM)
    var status: CInt = 0
    waitpid(process, &status, 0)
    _ = try? Self.run(["rm", "-rf", folder])
  }

  /// A folder of its own for one test.
  package static func temporaryFolder() throws -> String {
    var template = Array("/tmp/curlew-test-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { throw HTTPTestError("no temporary folder: errno \(errno)") }
    return String(cString: path)
  }

  /// Writes a file.
  package static func write(_ content: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw HTTPTestError("\(path): errno \(errno)") }
    fputs(content, file)
    fclose(file)
  }

  /// Runs a program to its end.
  package static func run(_ arguments: [String]) throws {
    let process = try spawn(arguments, environment: [])
    var status: CInt = 0
    guard waitpid(process, &status, 0) == process, status == 0 else {
      throw HTTPTestError("\(arguments.joined(separator: " ")) ended with status \(status)")
    }
  }

  private static func spawn(_ arguments: [String], environment: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var pid = pid_t()
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    var envp: [UnsafeMutablePointer<CChar>?] = ([path] + environment).map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    // posix_spawnp looks in our own PATH, which may lack the system's folders.
    var code = posix_spawnp(&pid, arguments[0], &actions, nil, &argv, &envp)
    if code == ENOENT { code = posix_spawn(&pid, "/usr/sbin/\(arguments[0])", &actions, nil, &argv, &envp) }
    guard code == 0 else { throw HTTPTestError("\(arguments[0]) cannot be run: errno \(code)") }
    return pid
  }

  /// A listening socket that a child inherits. No close-on-exec: another test's child may hold it for its short life
  /// too, which only keeps the port taken.
  private static func listen() throws -> (descriptor: CInt, port: Int) {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 && Glibc.listen(descriptor, 512) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    guard descriptor >= 0, isBound else { throw HTTPTestError("no listening socket: errno \(errno)") }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }
}
