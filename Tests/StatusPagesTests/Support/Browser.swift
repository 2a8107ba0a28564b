import Foundation
import TestSupport

/// Looks at pages in a real Chromium (Debian: chromium), through its DevTools protocol: what overflows, what cannot be read, what
/// has no name, and what its console says.
struct Browser {
  /// One look at one page.
  struct Visit: Encodable {
    /// The name of the page's file; empty stays on the page before. Of `page` the file `first-page` is what is read first.
    var page: String
    /// In CSS pixels.
    var width: Int
    /// `light` or `dark`.
    var scheme = "light"
    /// Whether scripts run.
    var script = true
    /// Whether the system forces its own few colours.
    var forced = false
    /// Keys that are pressed.
    var keys: [String] = []
    /// An expression that becomes true within some seconds.
    var expect: String?
    /// The file that a picture of the page is written to.
    var picture: String?
  }

  /// Makes the visits, and tells what was found.
  ///
  /// - Parameters:
  ///   - files: pages by the names of their files, the script, and `events`: what a stream of events sends.
  ///   - keep: a folder that pictures are kept in.
  static func findings(_ visits: [Visit], files: [String: [UInt8]], keep: String? = nil) async throws -> [String] {
    let folder = try keep ?? TestProgram.temporaryFolder()
    defer { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }
    for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    try JSONEncoder().encode(visits).write(to: URL(fileURLWithPath: "\(folder)/plan.json"))
    try TestProgram.write(driver, to: "\(folder)/browser.py")
    let outcome = try await ChildProcess.run(
      ["/usr/bin/python3", "\(folder)/browser.py", folder], within: .seconds(240))
    guard outcome.exitCode == 0 else { throw TestProgram.Failure(description: outcome.stderr) }
    return outcome.stdout.split(separator: "\n").map(String.init)
  }

  private static let driver = #"""
    import base64, http.server, json, os, pathlib, shutil, subprocess, sys, tempfile, threading

    folder = pathlib.Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def do_GET(self):
            path = self.path.split("?")[0].split("#")[0]
            if path.endswith("/events"):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.write((folder / "events").read_bytes() if (folder / "events").exists() else b":\n\n")
                self.wfile.flush()
                done.wait()
                self.close_connection = True
                return
            name = "page.js" if path.endswith("page.js") else path.rsplit("/", 1)[-1]
            file = folder / name
            # What the document was when it was read first.
            if "text/html" in self.headers.get("Accept", "") and (folder / f"first-{name}").is_file():
                file = folder / f"first-{name}"
            if not file.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = file.read_bytes()
            self.send_response(200)
            kind = {".js": "text/javascript", ".svg": "image/svg+xml"}.get(file.suffix, "text/html")
            self.send_header("Content-Type", kind + "; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'nonce-n'; "
                "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
            self.end_headers()
            self.wfile.write(body)

    done = threading.Event()
    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"

    AUDIT = r"""
    (() => {
      const found = [];
      const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className.baseVal ?? e.className ? "." + (e.className.baseVal ?? e.className) : "");
      const add = (rule, e) => found.push(rule + ": " + name(e) + " " + (e.textContent || "").trim().slice(0, 40));
      const shown = e => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && getComputedStyle(e).visibility !== "hidden"; };
      const scroller = document.scrollingElement;
      if (scroller.scrollWidth > innerWidth) {
        found.push("overflow: " + scroller.scrollWidth + " > " + innerWidth);
        for (const e of document.querySelectorAll("body *")) {
          const r = e.getBoundingClientRect();
          if (r.right > innerWidth + 1 && shown(e)) { add("overflows", e); if (found.length > 12) break; }
        }
      }
      // Colours.
      const parse = text => { const n = text.match(/[\d.]+/g).map(Number); if (text.startsWith("color(srgb")) return [n[0]*255, n[1]*255, n[2]*255, n[3] ?? 1]; return [n[0], n[1], n[2], n[3] ?? 1]; };
      const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
      const base = getComputedStyle(document.body).backgroundColor;
      const behind = e => {
        const layers = [];
        for (let at = e; at && at.nodeType === 1; at = at.parentElement) {
          const c = parse(getComputedStyle(at).backgroundColor);
          if (c[3] > 0) layers.push(c);
          if (c[3] === 1) break;
        }
        let color = parse(base);
        for (const layer of layers.reverse()) color = over(layer, color);
        return color;
      };
      const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
      const contrast = (a, b) => { const [x, y] = [light(a.slice(0, 3)), light(b.slice(0, 3))]; return (Math.max(x, y) + .05) / (Math.min(x, y) + .05); };
      let texts = 0;
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, e = node.parentElement;
        if (!node.textContent.trim() || !shown(e) || e.closest("script,style,.hidden,.skip")) continue;
        const style = getComputedStyle(e);
        if (style.clipPath !== "none") continue;
        texts++;
        const color = e.closest("svg") ? style.fill : style.color;
        const back = behind(e), value = contrast(over(parse(color), back), back);
        if (value < 4.5) add("contrast " + value.toFixed(2), e);
      }
      if (texts < 3) found.push("texts: only " + texts);
      // Names, landmarks, headings, sizes.
      for (const e of document.querySelectorAll("a,button,summary,input")) {
        const label = e.labels?.[0]?.textContent || e.getAttribute("aria-label") || e.textContent || "";
        if (!label.trim() && !e.querySelector("img[alt]:not([alt=''])")) add("no name", e);
        const r = e.getBoundingClientRect();
        if (shown(e) && !e.closest(".skip") && !e.closest("p,td,th,small") && (r.width < 24 || r.height < 24)) add("target " + r.width.toFixed() + "x" + r.height.toFixed(), e);
      }
      for (const e of document.querySelectorAll("img:not([alt]),svg[role=img]:not([aria-label]),svg:not([role]):not([aria-hidden])")) if (!e.closest("svg[role],[aria-hidden=true]")) add("no text", e);
      const count = q => document.querySelectorAll(q).length;
      if (count("h1") !== 1) found.push("h1: " + count("h1"));
      if (count("main") !== 1 || count("header") !== 1 || count("footer") !== 1) found.push("landmarks");
      let level = 0;
      for (const e of document.querySelectorAll("h1,h2,h3,h4")) { const at = +e.tagName[1]; if (at > level + 1) add("heading order", e); level = at; }
      const ids = new Set();
      for (const e of document.querySelectorAll("[id]")) { if (ids.has(e.id)) add("id twice", e); ids.add(e.id); }
      for (const e of document.querySelectorAll("[aria-labelledby],[aria-describedby]")) for (const id of (e.getAttribute("aria-labelledby") || e.getAttribute("aria-describedby")).split(" ")) if (!ids.has(id)) add("refers to nothing", e);
      if (!document.documentElement.lang || !document.title) found.push("lang or title");
      for (const e of document.querySelectorAll("[style],[onclick]")) add("inline", e);
      return found;
    })()
    """

    class Chromium:
        def __init__(self):
            self.profile = tempfile.mkdtemp()
            to_read, self.write = os.pipe()
            self.read, to_write = os.pipe()
            def place():
                # Chromium reads commands from descriptor 3 and answers on 4.
                high_read, high_write = os.dup2(to_read, 30), os.dup2(to_write, 31)
                os.dup2(high_read, 3)
                os.dup2(high_write, 4)
            self.process = subprocess.Popen(
                [shutil.which("chromium") or "/usr/bin/chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + self.profile, "--no-first-run",
                 "--disable-background-networking", "--hide-scrollbars", "--force-color-profile=srgb", "about:blank"],
                preexec_fn=place, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.close(to_read); os.close(to_write)
            self.buffer, self.last, self.session = b"", 0, None
            self.events = []
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"): self.call(domain + ".enable")
            self.call("Emulation.setFocusEmulationEnabled", enabled=True)

        def message(self):
            while b"\0" not in self.buffer:
                piece = os.read(self.read, 1 << 20)
                if not piece: raise SystemExit("chromium went away")
                self.buffer += piece
            line, self.buffer = self.buffer.split(b"\0", 1)
            return json.loads(line)

        def call(self, method, **parameters):
            self.last += 1
            request = {"id": self.last, "method": method, "params": parameters}
            if self.session: request["sessionId"] = self.session
            os.write(self.write, json.dumps(request).encode() + b"\0")
            while True:
                answer = self.message()
                if answer.get("id") == self.last:
                    if "error" in answer: raise SystemExit(f"{method}: {answer['error']}")
                    return answer["result"]
                self.events.append(answer)

        def wait(self, method):
            while True:
                for place, event in enumerate(self.events):
                    if event.get("method") == method:
                        del self.events[place]
                        return event
                self.events.append(self.message())

        def evaluate(self, expression):
            answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
            if "exceptionDetails" in answer: return ["exception: " + json.dumps(answer["exceptionDetails"])[:600]]
            return answer["result"].get("value")

        def visit(self, path, width, scheme, height=900, script=True, forced=False):
            self.call("Emulation.setScriptExecutionDisabled", value=not script)
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
            self.call("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
                {"name": "forced-colors", "value": "active" if forced else "none"}])
            self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]
            self.call("Page.navigate", url=f"{origin}/status/{path}")
            self.wait("Page.loadEventFired")

        def picture(self, name, whole=True):
            data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
            (folder / name).write_bytes(base64.b64decode(data))

    browser = Chromium()
    findings = []
    try:
        for visit in plan:
            if visit["page"]: browser.visit(visit["page"], visit["width"], visit["scheme"], script=visit.get("script", True), forced=visit.get("forced", False))
            where = f"{visit['page']} {visit['width']} {visit['scheme']}"
            # A look from outside, which works where the page itself may run nothing.
            for finding in browser.evaluate(AUDIT) or []: findings.append(f"{where}: {finding}")
            for key in visit.get("keys", []):
                for kind in ("rawKeyDown", "keyUp"): browser.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9, "ArrowLeft": 37, "Escape": 27, "Home": 36}.get(key, 0))
            if "expect" in visit:
                value = browser.evaluate("new Promise(done => { const look = () => { const value = (" + visit["expect"] + "); "
                    "if (value === true || performance.now() > 20000) done(value); else setTimeout(look, 20); }; look(); })")
                if value is not True: findings.append(f"{where}: expected {visit['expect']}, found {value}")
            if visit.get("picture"): browser.picture(visit["picture"])
        for event in browser.events:
            if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
                findings.append("console: " + event["params"]["entry"]["text"][:300])
            if event.get("method") == "Runtime.exceptionThrown": findings.append("thrown: " + json.dumps(event["params"])[:300])
    finally:
        done.set()
        browser.process.kill()
        browser.process.wait()
        shutil.rmtree(browser.profile, ignore_errors=True)
    for finding in findings: print(finding)
    """#
}
