import Model
import TestSupport
import Testing
import curlew

@Suite("The live view")
struct LiveViewTests {
  private func id(_ text: String) throws -> CheckID { try #require(CheckID(text)) }

  private func attempt(_ check: String, _ step: String, _ number: Int) throws -> StepAttempt {
    StepAttempt(check: try id(check), step: step, number: number, spec: nil, traceparent: nil)
  }

  private func texts(_ view: LiveView, columns: Int = 80, rows: Int = 24, at seconds: Double) -> [String] {
    view.lines(columns: columns, rows: rows, at: .milliseconds(Int(seconds * 1000)), isColored: false).map(\.text)
  }

  @Test("has a line for each running check with step, attempt and time, and one for all")
  func lines() throws {
    var view = LiveView(total: 4, at: .zero)
    #expect(texts(view, at: 0) == ["0 of 4 checks · 0.0 s"])
    view.begin(try id("front-page"), at: .zero)
    view.begin(try id("checkout"), at: .seconds(1))
    view.begin(try attempt("front-page", "front-page", 1))
    view.begin(try attempt("checkout", "order", 2))
    #expect(
      texts(view, at: 2.34) == [
        "  front-page    2.3 s", "  checkout      1.3 s  order  attempt 2", "0 of 4 checks · 2 running · 2.3 s",
      ])
    view.end(try id("front-page"), verdict: .up)
    view.end(try id("checkout"), verdict: .down)
    #expect(texts(view, at: 3) == ["2 of 4 checks · 1 up, 1 down · 3.0 s"])
  }

  @Test("counts a check once however often it is repeated, and its time from the last repeat")
  func repeats() throws {
    var view = LiveView(total: 1, at: .zero)
    view.begin(try id("a"), at: .zero)
    view.begin(try id("a"), at: .seconds(5))
    #expect(texts(view, at: 6) == ["  a    1.0 s", "0 of 1 check · 1 running · 6.0 s"])
  }

  @Test(
    "never has more lines than the terminal, nor longer ones", arguments: [(10, 4), (30, 6), (80, 24), (1, 1), (5, 2)])
  func bounds(columns: Int, rows: Int) throws {
    var view = LiveView(total: 100, at: .zero)
    for number in 1...40 {
      view.begin(try id("check-\(number)"), at: .zero)
      view.begin(try attempt("check-\(number)", "a step with 漢字 and \u{1B}[2J in its name", 1))
    }
    let lines = view.lines(columns: columns, rows: rows, at: .seconds(1), isColored: false)
    #expect(lines.count < max(2, rows))
    for line in lines {
      #expect(line.width < max(2, columns))
      #expect(!line.text.contains("\u{1B}"))
    }
    if rows == 24 {
      #expect(lines.count == 23)
      #expect(lines[0].text.hasPrefix("  check-1 "))
      #expect(lines[21].text == "  and 19 more")
    }
  }

  /// Runs `curlew` in a pseudo-terminal of 60 columns and 12 lines, and gives what it wrote there, how often it drew, and
  /// what is on the screen at the end.
  private static let terminal = """
    import os, pty, sys, struct, fcntl, termios, re, json, select, time
    pid, fd = pty.fork()
    if pid == 0:
      os.environ.update(json.loads(sys.argv[1]))
      os.execv(sys.argv[2], sys.argv[2:])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
    raw = b""
    while True:
      try: data = os.read(fd, 65536)
      except OSError: break
      if not data: break
      raw += data
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    screen, row, column, deepest = [""], 0, 0, 0
    for part in re.findall(r"\\x1b\\[[0-9;]*[A-Za-z]|\\r|\\n|[^\\x1b\\r\\n]+", raw.decode()):
      if part == "\\r": column = 0
      elif part == "\\n":
        row += 1
        if row == len(screen): screen.append("")
      elif part.endswith("A") and part[0] == "\\x1b": row -= int(part[2:-1]); assert row >= 0
      elif part == "\\x1b[J": screen[row:] = [screen[row][:column]]
      elif part[0] == "\\x1b": assert part.endswith("m"), part
      else:
        screen[row] = screen[row][:column] + part + screen[row][column + len(part):]
        column += len(part)
    print(json.dumps({"status": status, "raw": raw.decode(), "screen": screen, "draws": raw.count(b"\\x1b[J")}))
    """

  private func inTerminal(
    _ arguments: [String], environment: String = "{\"TERM\": \"xterm-256color\"}", in workspace: Workspace
  ) async throws -> JSONValue {
    let outcome = try await ChildProcess.run(
      ["/usr/bin/python3", "-c", Self.terminal, environment, try CurlewProcess.binary.get()] + arguments,
      in: workspace.folder)
    #expect(outcome.exitCode == 0, "\(outcome.stderr)")
    return try JSONValue(outcome.stdout)
  }

  private func slowServer() throws -> HTTPTestServer {
    try HTTPTestServer { request in
      let wait: [HTTPTestServer.Action] = request.line.contains("/slow") ? [.wait(.milliseconds(700))] : []
      return wait + [.text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
  }

  private func workspace(_ port: Int) throws -> Workspace {
    let checks = ["quick", "slow-one", "slow-two"].map {
      "  - {id: \($0), http: {url: \"http://127.0.0.1:\(port)/\($0)\"}}\n"
    }
    return try Workspace(["a.yaml": "version: 1\nchecks:\n" + checks.joined()])
  }

  @Test("is drawn in place on a terminal at a bounded rate, and leaves results and summary alone behind")
  func terminal() async throws {
    let server = try slowServer()
    defer { server.stop() }
    let seen = try await inTerminal(["check", "a.yaml"], in: try workspace(server.port))
    #expect(seen.status.int == 0)
    let raw = try #require(seen.raw.text)
    #expect(raw.contains("2 running"), "\(raw)")
    let draws = try #require(seen.draws.int)
    #expect(draws >= 2)
    let screen = seen.screen.items.compactMap(\.text)
    #expect(screen.count == 5 && screen[4].isEmpty, "\(screen)")
    for (line, name) in zip(screen, ["quick", "slow-one", "slow-two"]) { #expect(line.hasPrefix("✓ \(name) ")) }
    #expect(screen[3].hasPrefix("3 checks: 3 up in "))
  }

  @Test(
    "is not there without colours",
    arguments: [
      (["--no-color"], #"{"TERM": "xterm"}"#), ([], #"{"TERM": "dumb"}"#), ([], #"{"TERM": "xterm", "NO_COLOR": "1"}"#),
    ])
  func plain(arguments: [String], environment: String) async throws {
    let server = try slowServer()
    defer { server.stop() }
    let seen = try await inTerminal(
      ["check", "a.yaml"] + arguments, environment: environment, in: try workspace(server.port))
    let raw = try #require(seen.raw.text)
    #expect(!raw.contains("\u{1B}"), "\(raw)")
    #expect(raw.split(separator: "\r\n").count == 4)
  }
}
