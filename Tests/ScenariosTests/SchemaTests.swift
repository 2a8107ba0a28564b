import Documents
import Foundation
import Model
import Scenarios
import TestSupport
import Testing

@Suite struct SchemaTests {
  /// Files that load without a word, between them using every key of the format.
  private static let good = [
    """
    version: 1
    defaults:
      {every: 30s, timeout: 10s, labels: {team: web}, trace: true, group: g, regions: [eu], quorum: 50%, enabled: true,
       retry: {attempts: 1}, objective: {window: 7d}, sensitive: true, variables: {n: 1}, open_after: 3, close_after: 1, expect: [n == 1],
       warn: [n == 1], until: [n == 1], measure: {bytes: size}}
    variables: {base: 'https://shop.example', list: [1, {a: b}]}
    secrets: {token: {env: TOKEN}, other: {file: secret.txt}}
    include: [common.yaml]
    fragments:
      login:
        parameters: [user]
        steps: [{step: ask, http: {url: 'https://shop.example/${user}'}, capture: {token: body}}]
        outputs: [token]
    checks:
      - id: front-page
        name: Front page
        moved_from: home
        labels: {tier: "1"}
        every: 10s
        timeout: 5s
        retry: {attempts: 2, delay: 1s, backoff: 1.5}
        sensitive: false
        measure: {bytes: size}
        trace: false
        group: shop
        regions: [eu, us]
        quorum: {down: 'size(down) > 1', votes: 2, consecutive: 3}
        enabled: true
        variables: {code: 200}
        expect: [status == code]
        until: [status < 500]
        warn: ['elapsed < duration("400ms")']
        objective: {availability: 99.5%, window: 30d, latency: {below: 1s, ratio: 95%}}
        open_after: 1
        close_after: 5
        depends_on: []
        http:
          url: ${base}/
          method: GET
          query: {a: b, c: [d, 1]}
          headers: {A: b, C: [d, e]}
          auth: {basic: {username: me, password: '${secrets.token}'}}
          follow_redirects: 3
          http_version: 1.1
          ip: 4
          address: 192.0.2.1:8080
          proxy: http://proxy.example:3128
          compressed: false
          max_body: 64KiB
          cookies: {a: b}
          tls: {verify: false, server_name: a.example, min_version: 1.2, max_version: TLSv1.3}
          expect: [status == 200]
    """,
    """
    version: 1
    fragments: {rest: {parameters: [a, b], steps: [{pause: 1s}]}}
    checks:
      - {id: j, http: {url: 'https://a.example/', json: {a: [1, null]}, http_version: "2", follow_redirects: false}}
      - {id: f, http: {url: 'https://a.example/', form: {a: b}, auth: {bearer: x}, max_body: 1000}}
      - {id: m, http: {url: 'https://a.example/', multipart: {a: b, c: {text: d, type: text/plain}}, auth: {digest: {username: a, password: b}}}}
      - {id: g, http: {url: 'https://a.example/', graphql: {query: '{a}', variables: {b: 1}, operation: c}}}
      - {id: o, http: {url: 'https://a.example/', body: x, auth: {oauth2: {token_url: 'https://a.example/t', client_id: a, client_secret: b, scopes: [c]}}}}
      - {id: t, tcp: {target: 'a.example:25', tls: true, starttls: smtp, send: a, receive: {until: b}, source_ip: 192.0.2.1, ip: 6}}
      - {id: d, tcp: {target: 'a.example:25', dialogue: [{expect: '^(.*)$'}, {send: '${1}'}, {starttls: true}]}}
      - {id: r, tcp: {target: 'a.example:25', tls: {verify: false}, receive: {bytes: 4}}}
      - {id: p, tcp: {target: 'a.example:25', receive: {pattern: a.c}}}
      - {id: s, tls: {target: 'a.example:443', server_name: b.example, starttls: imap, tls: {min_version: "1.2"}, ip: auto}}
      - {id: n, dns: {name: a.example, type: mx, class: IN, server: '192.0.2.1:53', transport: tcp, recursion: false, dnssec: true, ip: 4}}
      - {id: n2, dns: {name: a.example, server: 192.0.2.1, transport: tls, tls: {}}}
      - {id: i, icmp: {target: '::1', count: 3, spacing: 200ms, size: 56, ttl: 64, dont_fragment: true, ip: 6}}
      - {id: gr, grpc: {target: 'a.example:1', service: a.B, tls: true, metadata: {x-a: b, c-bin: [AA==, 12]}, ip: 4}}
      - {id: ws, websocket: {url: 'wss://a.example/', headers: {A: b, C: [d]}, dialogue: [{expect: a}, {send: b}], tls: {}, ip: 6}}
      - {id: u, unix: {path: /run/a.sock, send: a, receive: {until: b}, tls: false}}
      - {id: u2, unix: {path: /run/a.sock, dialogue: [{expect: a}]}}
      - {id: v, udp: {target: 'a.example:123', send: a, receive: {bytes: 48}, source_ip: 192.0.2.1, ip: 4}}
      - {id: v2, udp: {target: 'a.example:53', dialogue: [{send: a}, {expect: b}]}}
      - {id: mo, module: {name: page, target: a.example}}
      - {id: x, exec: {command: [ls, -l], env: {A: b}, directory: scripts, format: nagios}, enabled: '${1 == 1}'}
      - id: files
        http:
          url: https://a.example/
          file: body.json
          tls: {ca: ca.pem, cert: client.pem, key: client.pem}
      - id: parts
        http:
          url: https://a.example/
          multipart: {a: {file: body.json, type: application/json, filename: a.json}}
      - id: buy
        journey:
          variables: {n: 1}
          connections: fresh
          finally_timeout: 5s
          each: {rows: [{sku: a}, {sku: '${n}'}]}
          steps:
            - step: a
              when: n == 1
              http: {url: https://a.example/}
              expect: [status == 200]
              warn: [status == 200]
              until: [status == 200]
              retry: {attempts: 2}
              timeout: 3s
              capture: {id: json.id}
              measure: {bytes: size}
              continue: true
              sensitive: true
            - {step: b, tcp: {target: 'a.example:1'}}
            - {step: c, tls: {target: 'a.example:1'}}
            - {step: d, dns: {name: a.example}}
            - {step: e, icmp: {target: a.example}}
            - {step: e2, grpc: {target: 'a.example:1'}}
            - {step: e3, websocket: {url: 'ws://a.example/'}}
            - {step: f, unix: {path: /run/a.sock}}
            - {step: g, exec: {command: [ls]}}
            - {step: l, udp: {target: 'a.example:1', send: x}}
            - {step: m, module: {name: page, target: a.example}}
            - {step: h, when: 'true', pause: 2s}
            - {step: i, when: 'true', set: {x: '1'}, continue: true, sensitive: true}
            - {step: j, when: 'true', assert: [x == 1], continue: true, sensitive: true}
            - {use: rest, with: {a: 1, b: [c]}, as: k, when: 'true'}
          finally: [{pause: 1s}, {use: rest, with: {a: '${n}', b: c}}]
      - {id: table, journey: {steps: [{assert: [sku != ""]}], each: {file: rows.csv}}}
      - {id: judged-http, http: {url: 'https://a.example/', expect: [], warn: [], until: []}}
      - {id: judged-tcp, tcp: {target: 'a.example:1', expect: [], warn: [], until: []}}
      - {id: judged-tls, tls: {target: 'a.example:1', expect: [], warn: [], until: []}}
      - {id: judged-dns, dns: {name: a.example, expect: [], warn: [], until: []}}
      - {id: judged-icmp, icmp: {target: a.example, expect: [], warn: [], until: []}}
      - {id: judged-grpc, grpc: {target: 'a.example:1', expect: [], warn: [], until: []}}
      - {id: judged-websocket, websocket: {url: 'ws://a.example/', expect: [], warn: [], until: []}}
      - {id: judged-unix, unix: {path: /run/a.sock, expect: [], warn: [], until: []}}
      - {id: judged-udp, udp: {target: 'a.example:1', send: x, expect: [], warn: [], until: []}}
      - {id: judged-module, module: {name: page, target: a.example, expect: [], warn: [], until: []}}
      - {id: judged-exec, exec: {command: [ls], expect: [], warn: [], until: []}}
    """,
    """
    version: 1
    checks:
      - {id: web, icmp: {target: a.example}, group: shop, objective: {window: month, time_zone: Europe/Berlin}}
      - {id: api, icmp: {target: a.example}, labels: {team: data}, depends_on: [web]}
      - {id: backup, every: 1d, heartbeat: {grace: 5m, token: '${"abcd" + "efgh"}'}}
      - {id: other, heartbeat: {}}
    services:
      - id: shop
        name: Shop
        group: services
        labels: {tier: "1"}
        checks: [web, api]
        rule: {at_least: 1}
        every: 60s
        objective: {availability: 99.9%, window: quarter}
        open_after: 2
        close_after: 2
        depends_on: [backup]
      - {id: b, checks: {web: 3, api: 1}, rule: {weighted: {down_below: 40%}}}
      - {id: c, checks: {web: 3, api: 1}, rule: weighted}
      - {id: d, checks: [web], rule: any}
    maintenance:
      - id: once
        title: Once
        checks: [web, shop]
        groups: [shop]
        labels: {team: data}
        once: {from: 2026-12-01T22:00, until: 2026-12-02T02:00}
        time_zone: Europe/Berlin
      - {id: weekly, weekly: {days: [sunday], at: 03:00, for: 2h}}
      - {id: monthly, monthly: {days: [1, last, first monday, last sunday], at: "03:00", for: 2h}}
      - {id: cron, cron: {at: "0 3 * * 0", for: 2h}}
    """,
  ]

  /// What the files above name.
  private static let files = [
    "common.yaml": "version: 1\n", "secret.txt": "x", "body.json": "{}", "ca.pem": "", "client.pem": "",
    "scripts/a": "", "rows.csv": "sku\nA-1\n",
  ]

  @Test("every file that loads is valid by the schema", arguments: good)
  func goodFiles(text: String) throws {
    let files = Self.files.merging(["shop.yaml": text]) { $1 }
    let result = load(files, environment: ["TOKEN": "x"], capabilities: Capabilities(modules: PageModules()))
    #expect(result.diagnostics.map { $0.rendered() } == [])
    #expect(try Self.problems(of: text) == [])
  }

  @Test("between them the files above use every key of the schema")
  func everyKey() throws {
    let walk = """
      used = set()

      def walk(value, form, name):
          if "$ref" in form:
              name = form["$ref"].rsplit("/", 1)[1]
              return walk(value, schema["$defs"][name], name)
          for branch in form.get("anyOf", []):
              walk(value, branch, name)
          if isinstance(value, dict):
              for key, member in value.items():
                  if key in form.get("properties", {}):
                      used.add((name, key))
                      walk(member, form["properties"][key], name)
                  elif isinstance(form.get("additionalProperties"), dict):
                      walk(member, form["additionalProperties"], name)
          elif isinstance(value, list) and "items" in form:
              for item in value:
                  walk(item, form["items"], name)

      for file in sorted(folder.glob("file*.json")):
          walk(json.loads(file.read_text()), schema, "")
      for name, form in [("", schema), *schema["$defs"].items()]:
          for key in form["properties"]:
              if (name, key) not in used:
                  print(name, key)
      """
    #expect(try Self.said(by: walk, of: Self.good) == [])
  }

  @Test(
    "mistakes that a schema can tell are told by it too",
    arguments: [
      "checks: []", "version: 2\nchecks: []", "version: 1\ncheks: []",
      "version: 1\nchecks: [{id: A, icmp: {target: b}}]",
      "version: 1\nchecks: [{id: a}]", "version: 1\nchecks: [{id: a, icmp: {target: b}, http: {url: 'http://a/'}}]",
      "version: 1\nchecks: [{id: a, icmp: {}}]", "version: 1\nchecks: [{id: a, icmp: {target: b, count: 0}}]",
      "version: 1\nchecks: [{id: a, every: 30, icmp: {target: b}}]",
      "version: 1\nchecks: [{id: a, http: {url: 'http://a/', json: {}, body: x}}]",
      "version: 1\nchecks: [{id: a, http: {url: 'http://a/', expect: 'status == 200'}}]",
      "version: 1\nchecks: [{id: a, http: {url: 'http://a/', http_version: 4}}]",
      "version: 1\nchecks: [{id: a, journey: {}}]", "version: 1\nchecks: [{id: a, journey: {steps: []}}]",
      "version: 1\nchecks: [{id: a, journey: {steps: [{step: a}]}}]",
      "version: 1\nchecks: [{id: a, journey: {steps: [{icmp: {target: b}}]}}]",
      "version: 1\nchecks: [{id: a, journey: {steps: [{step: b, icmp: {target: b}, pause: 1s}]}}]",
      "version: 1\nchecks: [{id: a, journey: {steps: [{pause: 1s, expect: []}]}}]",
      "version: 1\nchecks: [{id: a, journey: {steps: [{pause: 1s}], each: {}}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {grace: 5}}]", "version: 1\nchecks: [{id: a, heartbeat: {token: a b}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}, open_after: 0}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}, objective: {window: monht}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}, objective: {window: month, time_zone: Berlin}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nservices: [{id: b}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nservices: [{id: b, checks: [a], rule: al}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nservices: [{id: b, checks: {a: 0}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nmaintenance: [{id: b}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nmaintenance: [{id: b, weekly: {days: [sun], at: '03:00', for: 1h}}]",
      "version: 1\nchecks: [{id: a, heartbeat: {}}]\nmaintenance: [{id: b, cron: {for: 1h}}]",
    ])
  func badFiles(text: String) throws {
    #expect(load(["shop.yaml": text]).scenario == nil)
    #expect(try Self.problems(of: text) != [])
  }

  @Test("the schema is a valid one of draft 2020-12")
  func valid() throws {
    #expect(try Self.problems(of: nil) == [])
  }

  /// What python3-jsonschema says; with no text, about the schema itself. The text is read by a YAML 1.2 subset of its
  /// own: ours, written as JSON by way of a variable.
  private static func problems(of text: String?) throws -> [String] {
    let script = """
      import jsonschema
      jsonschema.Draft202012Validator.check_schema(schema)
      for file in folder.glob("file*.json"):
          for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(file.read_text())):
              print(error.json_path, error.message[:200])
      """
    return try said(by: script, of: text.map { [$0] } ?? [])
  }

  /// What a script prints that finds the schema in `schema`, and the texts in files of `folder`.
  private static func said(by script: String, of texts: [String]) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try SchemaWriter.schema().write(to: folder.appending(path: "schema.json"), atomically: true, encoding: .utf8)
    for (index, text) in texts.enumerated() {
      try json(text).write(to: folder.appending(path: "file\(index).json"), atomically: true, encoding: .utf8)
    }
    let opening = """
      import json, pathlib, sys
      folder = pathlib.Path(sys.argv[1])
      schema = json.loads((folder / "schema.json").read_text())

      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", opening + script, folder.path()]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A YAML text as JSON, read by our own reader: it is put where a JSON body stands, templates taken literally.
  private static func json(_ text: String) throws -> String {
    let lines = text.split(separator: "\n").map { "          " + $0 }.joined(separator: "\n")
    let literal = lines.replacing("${", with: "$${")
    let check = try loadCheck("http:\n        url: http://a.example/\n        json:\n\(literal)")
    guard case .bytes(let bytes, contentType: _) = try check.httpSpec().body else { throw ScenarioCheck.Unexpected() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
