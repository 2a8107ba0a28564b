import Glibc

/// A real server of another language, in a few lines of Python over a library that its users run in production. It prints the
/// ports that it listens on, all of them on one line.
package final class PythonServer: LocalPort {
  /// The first of `ports`.
  package let port: Int
  /// Where it listens, in the order in which the script tells it.
  package let ports: [Int]
  private let process: ChildProcess
  private let script: String

  /// Starts a script and returns when it listens.
  package static func start(_ script: String, _ arguments: [String] = []) async throws -> PythonServer {
    let path = "\(try Certificates.shared.get().folder)/server-\(UInt64.random(in: 0 ... .max)).py"
    try TestProgram.write(followsParent + script, to: path)
    // Debian's own Python is the one that has its packages.
    let python = access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3"
    let process = try ChildProcess([python, path] + arguments, in: try Certificates.shared.get().folder)
    let ports: [Int] = try await eventually("a server in Python tells its ports") {
      if process.ended != nil { throw TestProgram.Failure(description: process.stderr) }
      guard let line = process.stdout.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first else {
        return nil
      }
      return line.split(separator: " ").compactMap { Int($0) }
    }
    return try PythonServer(ports, process, script: path)
  }

  /// Ends the server with the tests, however they end.
  private static let followsParent = """
    import os, threading, time
    def follow(parent=os.getppid()):
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)
    threading.Thread(target=follow, daemon=True).start()

    """

  private init(_ ports: [Int], _ process: ChildProcess, script: String) throws {
    guard let port = ports.first else { throw TestProgram.Failure(description: process.stdout) }
    self.port = port
    self.ports = ports
    self.process = process
    self.script = script
  }

  deinit { unlink(script) }

  /// A server of grpc.health.v1 over grpcio (Debian: python3-grpcio), which listens in the clear at 127.0.0.1 and at [::1], and
  /// with TLS at 127.0.0.1.
  ///
  /// It serves as a whole; `shop.Orders` serves, `shop.Stock` does not, and others are unknown. `secret` wants metadata, `late`
  /// tells by its state whether it was given a deadline, and `silent` never answers.
  package static func grpcHealth() async throws -> PythonServer {
    let certificates = try Certificates.shared.get()
    return try await start(
      #"""
      import sys, threading
      from concurrent import futures
      import grpc

      STATES = {"": 1, "shop.Orders": 1, "shop.Stock": 2, "shop.Lost": 3, "shop.Odd": 7}

      def check(request, context):
          name = request[2:].decode()
          metadata = dict(context.invocation_metadata())
          if name == "secret":
              if metadata.get("x-key") == "letters" and metadata.get("blob-bin") == b"\x00\xff":
                  return b"\x08\x01"
              context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
          if name == "late":
              left = context.time_remaining()
              return b"\x08\x01" if left is not None and 0 < left <= 60 else b"\x08\x02"
          if name == "silent":
              threading.Event().wait()
          if name == "traced":
              return b"\x08\x01" if metadata.get("traceparent") and "curlew" in metadata.get("user-agent") else b""
          if name not in STATES:
              context.abort(grpc.StatusCode.NOT_FOUND, "no such service: " + name + " (50 % Süd)")
          return b"\x08" + bytes([STATES[name]])

      server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
      server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
          "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}),))
      key, chain = (open(path, "rb").read() for path in sys.argv[1:])
      secure = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
      ports = [server.add_insecure_port("127.0.0.1:0"), server.add_insecure_port("[::1]:0"), secure]
      server.start()
      print(*ports, flush=True)
      server.wait_for_termination()
      """#, [certificates.path("good.key"), certificates.path("good.pem")])
  }

  /// A WebSocket server over websockets (Debian: python3-websockets), in the clear and with TLS at 127.0.0.1.
  ///
  /// `/echo` greets with "hello NAME", where the header X-Name says who, and sends back what it is sent; `/pieces` sends a
  /// message in fragments with a ping between, `/ping` waits for a pong and then says "ponged", `/bytes` sends bytes, `/close`
  /// closes with a code and a reason, `/silent` says nothing, and `/refuse` does not upgrade.
  package static func webSocket() async throws -> PythonServer {
    let certificates = try Certificates.shared.get()
    return try await start(
      #"""
      import asyncio, http, ssl, sys
      import websockets

      async def handle(connection, path):
          if path.startswith("/echo"):
              await connection.send("hello " + connection.request_headers.get("X-Name", "nobody") + " at " + path)
              async for message in connection:
                  await connection.send(message)
          elif path == "/pieces":
              async def pieces():
                  yield "one "
                  await connection.ping()
                  yield "two "
                  yield "three"
              await connection.send(pieces())
              await connection.wait_closed()
          elif path == "/ping":
              await (await connection.ping())
              await connection.send("ponged")
          elif path == "/bytes":
              await connection.send(b"\xff\x00abc")
              await connection.wait_closed()
          elif path == "/close":
              await connection.close(4001, "not today")
          else:
              await connection.wait_closed()

      async def refuse(path, headers):
          if path == "/refuse":
              return http.HTTPStatus.FORBIDDEN, [], b"no\n"

      async def main():
          context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
          context.load_cert_chain(sys.argv[2], sys.argv[1])
          ports = []
          for tls in (None, context):
              server = await websockets.serve(
                  handle, "127.0.0.1", 0, ssl=tls, process_request=refuse, subprotocols=["chat"])
              ports.append(server.sockets[0].getsockname()[1])
          print(*ports, flush=True)
          await asyncio.Future()

      asyncio.run(main())
      """#, [certificates.path("good.key"), certificates.path("good.pem")])
  }
}
