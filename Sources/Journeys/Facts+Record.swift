import Model

extension Facts {
  /// How many bytes of a body stay in a record.
  private static let bodyLimit = 4096

  /// Forgets all that metrics do not need: what is not kept needs no memory and gives nothing away.
  mutating func dropTexts() {
    switch detail {
    case .http(let http):
      detail = .http(HTTPFacts(status: http.status, url: "", version: http.version))
    case .socket(let socket): detail = .socket(SocketFacts(isDatagram: socket.isDatagram))
    case .websocket(let web): detail = .websocket(WebSocketFacts(status: web.status, isUpgraded: web.isUpgraded))
    case .grpc(let grpc): detail = .grpc(GRPCFacts(status: grpc.status, serving: grpc.serving))
    case .exec(let exec): detail = .exec(ExecFacts(exitCode: exec.exitCode, metrics: exec.metrics))
    case .dns(let dns): detail = .dns(DNSFacts(rcode: dns.rcode, transport: dns.transport))
    case .tls, .icmp: break
    }
  }

  /// Masks secrets in everything that a target or a request may carry, and keeps the first bytes alone of what may be
  /// long. In one step, because a secret that is cut before it is looked for is not found.
  ///
  /// - Parameters:
  ///   - redactor: knows the secrets.
  ///   - keepsBodies: whether the first bytes of a body, and of what a socket received, stay.
  ///   - isSensitive: whether nothing stays of bodies, of what came over a socket, and of what a program wrote. Heads and
  ///     records are no bodies.
  mutating func show(with redactor: Redactor, keepsBodies: Bool, isSensitive: Bool) {
    let bodyLimit = keepsBodies && !isSensitive ? Self.bodyLimit : 0
    switch detail {
    case .http(var http):
      http.show(body: redactor.redact(http.body, upTo: bodyLimit))
      if !redactor.isEmpty {
        http.url = redactor.redact(http.url)
        http.statusText = redactor.redact(http.statusText)
        http.headers = http.headers.map { HeaderField(redactor.redact($0.name), redactor.redact($0.value)) }
        http.requestHeaders = http.requestHeaders.map {
          HeaderField(redactor.redact($0.name), redactor.redact($0.value))
        }
      }
      detail = .http(http)
    case .socket(var socket):
      socket.show(with: redactor, bodyLimit: bodyLimit, isSensitive: isSensitive)
      detail = .socket(socket)
    case .websocket(var web):
      web.socket.show(with: redactor, bodyLimit: bodyLimit, isSensitive: isSensitive)
      detail = .websocket(web)
    case .grpc(var grpc):
      grpc.statusMessage = isSensitive ? "" : redactor.redact(grpc.statusMessage)
      detail = .grpc(grpc)
    case .exec(var exec):
      // What a program says is its result: it stays when all is well too.
      exec.stdout = redactor.redact(exec.stdout, upTo: isSensitive ? 0 : Self.bodyLimit)
      exec.stderr = redactor.redact(exec.stderr, upTo: isSensitive ? 0 : Self.bodyLimit)
      if !redactor.isEmpty {
        exec.metrics = Dictionary(exec.metrics.map { (redactor.redact($0.key), $0.value) }) { first, _ in first }
      }
      detail = .exec(exec)
    case .dns(var dns):
      guard !redactor.isEmpty else { break }
      for list in [\DNSFacts.answers, \.authority, \.additional] {
        for index in dns[keyPath: list].indices {
          dns[keyPath: list][index].name = redactor.redact(dns[keyPath: list][index].name)
          dns[keyPath: list][index].data = redactor.redact(dns[keyPath: list][index].data)
        }
      }
      detail = .dns(dns)
    case .tls, .icmp: break
    }
  }
}

extension SocketFacts {
  /// Masks secrets and keeps the first bytes alone, as `Facts.show` does.
  fileprivate mutating func show(with redactor: Redactor, bodyLimit: Int, isSensitive: Bool) {
    received = redactor.redact(received, upTo: bodyLimit)
    // The words that a dialogue matched are parts of what was received.
    messages = isSensitive ? [] : messages.map(redactor.redact)
    matches = isSensitive ? [:] : matches.mapValues(redactor.redact)
    labels = isSensitive ? [] : labels.map { $0.map { HeaderField($0.name, redactor.redact($0.value)) } }
  }
}
